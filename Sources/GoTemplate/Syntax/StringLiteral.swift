internal import TelemetryModel

/// Strings and characters as Go writes them.
package enum StringLiteral {
    /// What a literal in quotes stands for; nil where an escape is wrong.
    ///
    /// - Parameter quote: the quote that it has; a raw one takes no escapes, and drops carriage returns.
    package static func unquote(_ literal: [UInt8], quote: UInt8) -> [UInt8]? {
        guard literal.count >= 2, literal.first == quote, literal.last == quote else { return nil }
        let text = literal[1..<literal.count - 1]
        if quote == UInt8(ascii: "`") { return text.filter { $0 != UInt8(ascii: "\r") } }
        var result: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == quote || byte == UInt8(ascii: "\n") { return nil }
            if byte != UInt8(ascii: "\\") {
                result.append(byte)
                index += 1
                continue
            }
            guard let end = appendEscape(text, at: index + 1, quote: quote, to: &result) else { return nil }
            index = end
        }
        return result
    }

    /// Appends what the escape stands for whose letter is at an index; gives the index behind it.
    private static func appendEscape(_ text: ArraySlice<UInt8>, at index: Int, quote: UInt8, to result: inout [UInt8]) -> Int? {
        guard index < text.endIndex else { return nil }
        switch text[index] {
        case UInt8(ascii: "a"): result.append(0x07)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0c)
        case UInt8(ascii: "n"): result.append(0x0a)
        case UInt8(ascii: "r"): result.append(0x0d)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "v"): result.append(0x0b)
        case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
        case quote: result.append(quote)
        case UInt8(ascii: "x"):
            guard let value = number(text, index + 1, digits: 2, radix: 16) else { return nil }
            result.append(UInt8(truncatingIfNeeded: value))
            return index + 3
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            guard let value = number(text, index, digits: 3, radix: 8), value < 256 else { return nil }
            result.append(UInt8(truncatingIfNeeded: value))
            return index + 3
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let digits = text[index] == UInt8(ascii: "u") ? 4 : 8
            guard let value = number(text, index + 1, digits: digits, radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
            UTF8Characters.append(scalar, to: &result)
            return index + 1 + digits
        default: return nil
        }
        return index + 1
    }

    private static func number(_ text: ArraySlice<UInt8>, _ start: Int, digits: Int, radix: Int) -> UInt32? {
        guard start + digits <= text.endIndex else { return nil }
        let digits = String(decoding: text[start..<start + digits], as: UTF8.self)
        guard digits.utf8.first != UInt8(ascii: "-"), digits.utf8.first != UInt8(ascii: "+") else { return nil }
        return UInt32(digits, radix: radix)
    }
}
