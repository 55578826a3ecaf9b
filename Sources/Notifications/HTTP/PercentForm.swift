internal import OutboundHTTP

/// Text within addresses and forms.
enum PercentForm {
    /// For the query of an address and the body of a form: a blank becomes `+`.
    static func query(_ text: String) -> [UInt8] { Array(FormEncoding.text(text).utf8) }

    /// For one segment of a path.
    static func segment(_ text: String) -> [UInt8] { Array(FormEncoding.text(text).replacing("+", with: "%20").utf8) }

    /// What the text of a query stands for, as Go's `url.QueryUnescape`; nil where a percent sign is not followed by two digits.
    static func decodeQuery(_ text: [UInt8]) -> [UInt8]? {
        func digit(_ index: Int) -> UInt8? {
            guard index < text.count else { return nil }
            switch text[index] {
            case 0x30...0x39: return text[index] - 0x30
            case 0x61...0x66, 0x41...0x46: return (text[index] | 0x20) - 0x61 + 10
            default: return nil
            }
        }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "+"): result.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = digit(index + 1), let low = digit(index + 2) else { return nil }
                result.append(high << 4 | low)
                index += 2
            default: result.append(text[index])
            }
            index += 1
        }
        return result
    }
}
