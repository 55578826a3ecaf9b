public import TelemetryModel

/// One line of Graphite's plaintext protocol: a path, with tags or not, a value, and a time in seconds.
///
///     servers.web1.load;rack=a 0.25 1700000000
public struct GraphiteLine: Sendable, Hashable {
    public struct Tag: Sendable, Hashable {
        public var name: [UInt8]
        public var value: [UInt8]
    }

    public var path: [UInt8] = []
    public var tags: [Tag] = []
    public var value: Double = 0
    /// Milliseconds; nil where the line leaves it to the receiver.
    public var timestamp: Timestamp?
    /// The bytes of path and tags.
    public var series: [UInt8] = []

    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// Reads a line, without its end; nil where it is blank.
    public init?(_ line: some Collection<UInt8>) throws(Fault) {
        let parts = Array(line).split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        if parts.isEmpty { return nil }
        guard parts.count == 2 || parts.count == 3 else {
            throw Fault(description: "expected a path, a value and a time, found \(parts.count) parts")
        }
        series = Array(parts[0])
        let names = parts[0].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        path = Array(names[0])
        if path.isEmpty { throw Fault(description: "there is no path") }
        for tag in names.dropFirst() {
            guard let equals = tag.firstIndex(of: UInt8(ascii: "=")), equals > tag.startIndex, equals + 1 < tag.endIndex else {
                throw Fault(description: "a tag needs a name and a value")
            }
            tags.append(Tag(name: Array(tag[..<equals]), value: Array(tag[(equals + 1)...])))
        }
        guard let value = Double(String(decoding: parts[1], as: UTF8.self)) else {
            throw Fault(description: "invalid value \"\(String(decoding: parts[1].prefix(40), as: UTF8.self))\"")
        }
        self.value = value
        guard parts.count == 3 else { return }
        let text = String(decoding: parts[2], as: UTF8.self)
        if text == "N" || text == "-1" { return }
        guard let seconds = Double(text), seconds >= 0, seconds < 1e12 else {
            throw Fault(description: "invalid time \"\(text.prefix(40))\"")
        }
        timestamp = Timestamp(seconds * 1000)
    }
}
