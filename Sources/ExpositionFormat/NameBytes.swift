/// The bytes of names that need no quotes.
enum NameBytes {
    static func startsMetricName(_ byte: UInt8) -> Bool { startsLabelName(byte) || byte == UInt8(ascii: ":") }

    static func continuesMetricName(_ byte: UInt8) -> Bool { startsMetricName(byte) || isDigit(byte) }

    static func startsLabelName(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
    }

    static func continuesLabelName(_ byte: UInt8) -> Bool { startsLabelName(byte) || isDigit(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

/// Backslash escapes of the text formats.
enum Escapes {
    /// Appends bytes with `\\`, `\n` and, where asked for, `\"` undone; other backslashes stay as they are.
    static func appendUnescaped(_ bytes: [UInt8], _ range: Range<Int>, quotes: Bool, to output: inout [UInt8]) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < range.upperBound else {
                output.append(byte)
                continue
            }
            switch bytes[index] {
            case UInt8(ascii: "n"): output.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\\"): output.append(byte)
            case UInt8(ascii: "\"") where quotes: output.append(UInt8(ascii: "\""))
            default:
                output.append(byte)
                output.append(bytes[index])
            }
            index += 1
        }
    }
}
