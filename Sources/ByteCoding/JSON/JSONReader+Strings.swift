extension JSONReader {
    /// A string of the text without its quotes.
    public enum Text: Sendable, Hashable {
        /// It stands in ``JSONReader/bytes`` as it is.
        case range(Range<Int>)
        /// It had escapes or was no UTF-8.
        case unescaped([UInt8])
    }

    /// Reads a string.
    public mutating func readString() throws(JSONError) -> String {
        switch try readText() {
        case .range(let range): String(decoding: bytes[range], as: UTF8.self)
        case .unescaped(let text): String(decoding: text, as: UTF8.self)
        }
    }

    /// Reads a string without making one: its UTF-8, in place where that can be.
    public mutating func readText() throws(JSONError) -> Text {
        guard peek() == UInt8(ascii: "\"") else { throw failure("expected a string") }
        let start = position + 1
        var index = start
        var isASCII = true
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                position = index + 1
                needsComma = true
                if isASCII || String(validating: bytes[start..<index], as: UTF8.self) != nil { return .range(start..<index) }
                return .unescaped(Array(String(decoding: bytes[start..<index], as: UTF8.self).utf8))
            }
            if byte == UInt8(ascii: "\\") { return .unescaped(try unescape(from: start, firstEscape: index)) }
            guard byte >= 0x20 else { throw failure("a control character must be escaped", at: index) }
            if byte >= 0x80 { isASCII = false }
            index += 1
        }
        throw failure("the quote is never closed", at: start - 1)
    }

    private mutating func unescape(from start: Int, firstEscape: Int) throws(JSONError) -> [UInt8] {
        var text = Array(bytes[start..<firstEscape])
        var index = firstEscape
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                position = index
                needsComma = true
                if String(validating: text, as: UTF8.self) != nil { return text }
                return Array(String(decoding: text, as: UTF8.self).utf8)
            case UInt8(ascii: "\\"): try appendEscape(&index, to: &text)
            case 0..<0x20: throw failure("a control character must be escaped", at: index - 1)
            default: text.append(byte)
            }
        }
        throw failure("the quote is never closed", at: start - 1)
    }

    private func appendEscape(_ index: inout Int, to text: inout [UInt8]) throws(JSONError) {
        guard index < bytes.count else { throw failure("the text ends early", at: index) }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "u"):
            var unit = try hexadecimal(&index)
            if (0xd800..<0xdc00).contains(unit), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                var behind = index + 2
                let low = try hexadecimal(&behind)
                if (0xdc00..<0xe000).contains(low) {
                    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                    index = behind
                }
            }
            text.append(contentsOf: String(Character(Unicode.Scalar(unit) ?? "\u{fffd}")).utf8)
        default: throw failure("unknown escape", at: index - 1)
        }
    }

    private func hexadecimal(_ index: inout Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = Hexadecimal.value(of: bytes[index]) else {
                throw failure("expected four hexadecimal digits", at: index)
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }
}
