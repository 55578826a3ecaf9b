internal import ByteCoding
internal import TelemetryModel

/// Walks the pairs of a logfmt line: `level=info msg="it is so" done`. Never fails as a whole: what cannot be read is stepped over, and the last
/// fault is kept.
struct LogfmtDecoder {
    private let line: [UInt8]
    private let start: Int
    private let end: Int
    private var position: Int

    /// The name of the pair that was read last.
    private(set) var key: Range<Int> = 0..<0
    /// Its value in the line; where it had escapes, ``unescaped`` has it.
    private(set) var value: Range<Int> = 0..<0
    private(set) var isUnescaped = false
    private(set) var unescaped: [UInt8] = []
    /// What could not be read last.
    private(set) var fault: String?

    init(_ line: LineText) {
        self.line = line.bytes
        start = line.range.lowerBound
        end = line.range.upperBound
        position = start
    }

    var isAtEnd: Bool { position >= end }

    /// The value of the pair, without quotes and escapes.
    var valueBytes: ArraySlice<UInt8> { isUnescaped ? unescaped[...] : line[value] }

    var keyBytes: ArraySlice<UInt8> { line[key] }

    /// Steps to the next pair. False where there is none at this place, though there may be one behind it.
    mutating func next() -> Bool {
        key = 0..<0
        value = 0..<0
        isUnescaped = false
        while position < end, line[position] <= 0x20 { position += 1 }
        guard position < end else { return false }

        let keyStart = position
        while position < end {
            let byte = line[position]
            if byte == UInt8(ascii: "=") {
                guard position > keyStart else { return skip(faultAtByte()) }
                guard takeKey(from: keyStart) else { return skip(note("invalid key")) }
                position += 1
                return readValue()
            }
            if byte == UInt8(ascii: "\"") { return skip(faultAtByte()) }
            if byte <= 0x20 { break }
            position += 1
        }
        return takeKey(from: keyStart) || note("invalid key")
    }

    private mutating func takeKey(from start: Int) -> Bool {
        key = start..<position
        return !UTF8Text.hasReplacement(line[key])
    }

    private mutating func readValue() -> Bool {
        guard position < end, line[position] > 0x20 else { return true }
        if line[position] == UInt8(ascii: "\"") { return readQuoted() }
        let valueStart = position
        while position < end {
            let byte = line[position]
            if byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\"") { return skip(faultAtByte()) }
            if byte <= 0x20 { break }
            position += 1
        }
        value = valueStart..<position
        return true
    }

    private mutating func readQuoted() -> Bool {
        let valueStart = position + 1
        var index = valueStart
        var hasEscapes = false
        while index < end, line[index] != UInt8(ascii: "\"") {
            if line[index] == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        guard index < end else {
            position = end
            return note("unterminated quoted value")
        }
        position = index + 1
        value = valueStart..<index
        guard hasEscapes else { return true }
        unescaped.removeAll(keepingCapacity: true)
        guard LogfmtEscapes.append(line[value], to: &unescaped) else { return note("invalid quoted value") }
        isUnescaped = true
        return true
    }

    /// Steps over the rest of a word.
    private mutating func skip(_ result: Bool) -> Bool {
        while position < end, line[position] > 0x20 { position += 1 }
        return result
    }

    private mutating func faultAtByte() -> Bool {
        note("unexpected " + GoQuoting.scalar(Unicode.Scalar(line[position])))
    }

    private mutating func note(_ what: String) -> Bool {
        fault = "logfmt syntax error at pos \(position - start + 1) : \(what)"
        return false
    }
}

/// Quoted values of logfmt without their escapes: those of JSON and `\'`.
enum LogfmtEscapes {
    /// Appends a value; false where an escape is none. Text that is no UTF-8, and halves of surrogate pairs, become U+FFFD.
    static func append(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) -> Bool {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte != UInt8(ascii: "\\") {
                let (scalar, width) = UTF8Characters.decode(text, at: index)
                append(scalar, to: &output)
                index += width
                continue
            }
            guard index + 1 < text.endIndex else { return false }
            index += 2
            switch text[index - 1] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"): output.append(text[index - 1])
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0c)
            case UInt8(ascii: "n"): output.append(0x0a)
            case UInt8(ascii: "r"): output.append(0x0d)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                guard let unit = codeUnit(text, at: index) else { return false }
                index += 4
                var scalar = Unicode.Scalar(unit)
                if (0xd800..<0xdc00).contains(unit), index + 2 <= text.endIndex, text[index] == UInt8(ascii: "\\"),
                    text[index + 1] == UInt8(ascii: "u"), let low = codeUnit(text, at: index + 2), (0xdc00..<0xe000).contains(low)
                {
                    scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
                    index += 6
                }
                append(scalar, to: &output)
            default: return false
            }
        }
        return true
    }

    private static func append(_ scalar: Unicode.Scalar?, to output: inout [UInt8]) {
        if let scalar, scalar.isASCII { return output.append(UInt8(scalar.value)) }
        if let encoded = UTF8.encode(scalar ?? "\u{fffd}") { output.append(contentsOf: encoded) }
    }

    private static func codeUnit(_ text: ArraySlice<UInt8>, at index: Int) -> UInt32? {
        guard index + 4 <= text.endIndex else { return nil }
        var unit: UInt32 = 0
        for digit in text[index..<index + 4] {
            guard let value = Hexadecimal.value(of: digit) else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return unit
    }
}
