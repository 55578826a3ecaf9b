internal import TelemetryModel

/// Text made fit for other languages.
public enum Escaping {
    /// What `print` makes of the arguments.
    static func text(_ call: TemplateCall) throws(TemplateFault) -> [UInt8] {
        if call.arguments.count == 1, case .string(let bytes) = call.arguments[0] { return bytes }
        guard case .string(let bytes) = try GoPrinter.print(call.bytesMax, { $0.print(call.arguments) }) else { return [] }
        return bytes
    }

    /// For HTML, also within attributes.
    public static func html(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case 0: result += "\u{fffd}".utf8
            case UInt8(ascii: "\""): result += "&#34;".utf8
            case UInt8(ascii: "'"): result += "&#39;".utf8
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            default: result.append(byte)
            }
        }
        return result
    }

    /// For strings of JavaScript.
    public static func javaScript(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        UTF8Characters.forEach(text[...]) { scalar, range in
            switch scalar {
            case "\\": result += "\\\\".utf8
            case "'": result += "\\'".utf8
            case "\"": result += "\\\"".utf8
            case "<": result += "\\u003C".utf8
            case ">": result += "\\u003E".utf8
            case "&": result += "\\u0026".utf8
            case "=": result += "\\u003D".utf8
            case let scalar? where scalar.isASCII ? scalar.value >= 0x20 : GoQuoting.isPrintable(scalar): result += text[range]
            default:
                let digits = String(scalar?.value ?? 0xfffd, radix: 16, uppercase: true)
                result += "\\u".utf8
                result += repeatElement(UInt8(ascii: "0"), count: max(0, 4 - digits.utf8.count))
                result += digits.utf8
            }
        }
        return result
    }

    /// For the query of an address: a blank becomes `+`.
    public static func query(_ text: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                result.append(byte)
            case 0x20: result.append(UInt8(ascii: "+"))
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return result
    }
}
