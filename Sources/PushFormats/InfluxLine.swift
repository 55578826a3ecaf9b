/// One line of InfluxDB's line protocol: a measurement, tags, fields, and a time (InfluxDB documentation, "Line protocol").
///
///     weather,place=Bonn\ am\ Rhein temperature=23.5,wet=f 1700000000000000000
public struct InfluxLine: Sendable, Hashable {
    /// A field with a number.
    public struct Field: Sendable, Hashable {
        public var name: [UInt8]
        /// Booleans are 1 and 0.
        public var value: Double
    }

    public struct Tag: Sendable, Hashable {
        public var name: [UInt8]
        public var value: [UInt8]
    }

    public private(set) var measurement: [UInt8] = []
    public private(set) var tags: [Tag] = []
    /// Fields with texts are left out: there is no place for them.
    public private(set) var fields: [Field] = []
    /// In the unit of the request; nil where the line has none.
    public private(set) var timestamp: Int64?
    /// The bytes that say measurement and tags.
    public private(set) var series: Range<Int> = 0..<0

    /// What is wrong with a line.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    public init() {}

    /// Reads a line, without its end; false where it is blank or a comment.
    public mutating func read(_ line: some RandomAccessCollection<UInt8>) throws(Fault) -> Bool {
        measurement.removeAll(keepingCapacity: true)
        tags.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        timestamp = nil
        let bytes = Array(line)
        var index = 0
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        guard index < bytes.count, bytes[index] != UInt8(ascii: "#") else { return false }
        let start = index
        measurement = unescaped(bytes, &index, until: ", ", escapable: ", ")
        if measurement.isEmpty { throw Fault(description: "missing measurement") }
        while index < bytes.count, bytes[index] == UInt8(ascii: ",") {
            index += 1
            let name = unescaped(bytes, &index, until: "=, ", escapable: ",= ")
            guard index < bytes.count, bytes[index] == UInt8(ascii: "="), !name.isEmpty else {
                throw Fault(description: "missing tag value")
            }
            index += 1
            let value = unescaped(bytes, &index, until: ", ", escapable: ",= ")
            if value.isEmpty { throw Fault(description: "missing tag value") }
            tags.append(Tag(name: name, value: value))
        }
        series = start..<index
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        if index >= bytes.count { throw Fault(description: "missing fields") }
        try readFields(bytes, &index)
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
        try readTime(bytes, index)
        return true
    }

    private mutating func readFields(_ bytes: [UInt8], _ index: inout Int) throws(Fault) {
        while true {
            let name = unescaped(bytes, &index, until: "=, ", escapable: ",= ")
            guard index < bytes.count, bytes[index] == UInt8(ascii: "="), !name.isEmpty else {
                throw Fault(description: "invalid field format")
            }
            index += 1
            guard index < bytes.count else { throw Fault(description: "missing field value") }
            if bytes[index] == UInt8(ascii: "\"") {
                try skipText(bytes, &index)
            } else {
                let start = index
                while index < bytes.count, bytes[index] != UInt8(ascii: ","), !isBlank(bytes[index]) { index += 1 }
                guard let value = InfluxLine.number(bytes[start..<index]) else {
                    throw Fault(description: "invalid number \"\(String(decoding: bytes[start..<index].prefix(40), as: UTF8.self))\"")
                }
                fields.append(Field(name: name, value: value))
            }
            guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { break }
            index += 1
        }
        if index < bytes.count, !isBlank(bytes[index]) { throw Fault(description: "invalid field format") }
    }

    private func skipText(_ bytes: [UInt8], _ index: inout Int) throws(Fault) {
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        if index >= bytes.count { throw Fault(description: "unbalanced quotes") }
        index += 1
    }

    private mutating func readTime(_ bytes: [UInt8], _ start: Int) throws(Fault) {
        var end = bytes.count
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        if start == end { return }
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        guard let time = Int64(text) else { throw Fault(description: "bad timestamp \"\(text.prefix(40))\"") }
        timestamp = time
    }

    /// The number of a field: a float, an integer with `i` or `u` behind it, or a boolean.
    private static func number(_ text: ArraySlice<UInt8>) -> Double? {
        switch String(decoding: text, as: UTF8.self) {
        case "t", "T", "true", "True", "TRUE": return 1
        case "f", "F", "false", "False", "FALSE": return 0
        default: break
        }
        guard let last = text.last else { return nil }
        if last == UInt8(ascii: "i") { return Int64(String(decoding: text.dropLast(), as: UTF8.self)).map { Double($0) } }
        if last == UInt8(ascii: "u") { return UInt64(String(decoding: text.dropLast(), as: UTF8.self)).map { Double($0) } }
        // Words for what is no number are refused, as InfluxDB does.
        guard text.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
        return Double(String(decoding: text, as: UTF8.self))
    }

    /// Reads up to one of some bytes that no backslash stands before.
    private func unescaped(_ bytes: [UInt8], _ index: inout Int, until ends: StaticString, escapable: StaticString) -> [UInt8] {
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count, contains(escapable, bytes[index + 1]) {
                text.append(bytes[index + 1])
                index += 2
                continue
            }
            if contains(ends, byte) { break }
            text.append(byte)
            index += 1
        }
        return text
    }

    private func contains(_ bytes: StaticString, _ byte: UInt8) -> Bool { bytes.withUTF8Buffer { $0.contains(byte) } }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") }
}
