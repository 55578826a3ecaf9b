internal import ByteCoding

/// Strings of JSON without their escapes.
enum JSONEscapes {
    /// Appends a string, given without quotes, with its escapes replaced; false where one of them is none, and `output` is then as it was.
    static func append(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) -> Bool {
        let start = output.count
        var index = text.startIndex
        while index < text.endIndex {
            guard let backslash = text[index...].firstIndex(of: UInt8(ascii: "\\")) else {
                output.append(contentsOf: text[index...])
                return true
            }
            output.append(contentsOf: text[index..<backslash])
            guard let end = appendEscape(text, at: backslash, to: &output) else {
                output.removeSubrange(start...)
                return false
            }
            index = end
        }
        return true
    }

    /// Appends what the escape at an index stands for; gives the index behind it.
    private static func appendEscape(_ text: ArraySlice<UInt8>, at index: Int, to output: inout [UInt8]) -> Int? {
        guard index + 1 < text.endIndex else { return nil }
        switch text[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(text[index + 1])
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0c)
        case UInt8(ascii: "n"): output.append(0x0a)
        case UInt8(ascii: "r"): output.append(0x0d)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(text, at: index) else { return nil }
            guard (0xd800...0xdfff).contains(unit) else {
                append(Unicode.Scalar(unit), to: &output)
                return index + 6
            }
            guard let low = codeUnit(text, at: index + 6), low >= 0xdc00 else { return nil }
            append(unit < 0xdc00 ? Unicode.Scalar(0x10000 &+ (unit &- 0xd800) << 10 &+ (low &- 0xdc00)) : nil, to: &output)
            return index + 12
        default: return nil
        }
        return index + 2
    }

    private static func append(_ scalar: Unicode.Scalar?, to output: inout [UInt8]) {
        UTF8.encode(scalar ?? "\u{fffd}").map { output.append(contentsOf: $0) }
    }

    /// The number behind `\u` at an index.
    private static func codeUnit(_ text: ArraySlice<UInt8>, at index: Int) -> UInt32? {
        guard index + 6 <= text.endIndex, text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt32 = 0
        for digit in text[index + 2..<index + 6] {
            guard let value = Hexadecimal.value(of: digit) else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return unit
    }

    /// Appends the value of a string as a label has it: empty where an escape is wrong, and blanks for what is no UTF-8.
    ///
    /// - Parameter scratch: is overwritten.
    static func appendValue(_ text: ArraySlice<UInt8>, hasEscapes: Bool, scratch: inout [UInt8], to output: inout [UInt8]) {
        guard hasEscapes else { return UTF8Text.appendCleaned(text, to: &output) }
        scratch.removeAll(keepingCapacity: true)
        if append(text, to: &scratch) { UTF8Text.appendCleaned(scratch[...], to: &output) }
    }
}
