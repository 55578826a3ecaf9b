/// Values made fit for the places of an HTML document, as Go's `html/template` does it.
enum HTMLEscaping {
    /// What takes the place of a value that would change the meaning of what is around it.
    private static let refused = Array("ZgotmplZ".utf8)

    /// For text, and within quotes.
    ///
    /// - Parameter keepsAmpersands: for what is markup already, so that its references to characters stay.
    static func text(_ value: [UInt8], keepsAmpersands: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(value.count)
        for byte in value { append(byte, keepsAmpersand: keepsAmpersands, to: &result) }
        return result
    }

    /// Markup where no markup may stand: without its tags, with its references to characters.
    static func markupAsText(_ value: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isInTag = false
        for byte in value {
            if byte == UInt8(ascii: "<") { isInTag = true }
            if !isInTag { append(byte, keepsAmpersand: true, to: &result) }
            if byte == UInt8(ascii: ">") { isInTag = false }
        }
        return result
    }

    private static func append(_ byte: UInt8, keepsAmpersand: Bool, to result: inout [UInt8]) {
        switch byte {
        case 0: result += "\u{fffd}".utf8
        case UInt8(ascii: "\""): result += "&#34;".utf8
        case UInt8(ascii: "'"): result += "&#39;".utf8
        case UInt8(ascii: "+"): result += "&#43;".utf8
        case UInt8(ascii: "&") where !keepsAmpersand: result += "&amp;".utf8
        case UInt8(ascii: "<"): result += "&lt;".utf8
        case UInt8(ascii: ">"): result += "&gt;".utf8
        default: result.append(byte)
        }
    }

    /// For the value of an attribute without quotes.
    static func unquoted(_ value: [UInt8]) -> [UInt8] {
        if value.isEmpty { return refused }
        var result: [UInt8] = []
        for byte in value {
            switch byte {
            case 0x09...0x0d, 0x20, UInt8(ascii: "="), UInt8(ascii: "`"): result += "&#\(byte);".utf8
            default: append(byte, keepsAmpersand: false, to: &result)
            }
        }
        return result
    }

    /// For a name of a tag or an attribute.
    static func name(_ value: [UInt8]) -> [UInt8] {
        let isName = value.allSatisfy { (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        guard isName, !value.isEmpty, HTMLContext.kind(ofAttribute: String(decoding: value.map { $0 | 0x20 }, as: UTF8.self)) == .plain
        else { return refused }
        return value
    }

    /// For a string of a script, within quotes.
    static func scriptString(_ value: [UInt8]) -> [UInt8] { script(value, escaping: "\"'&+/<>`\\", isJSON: false) }

    /// For a script, as a string with its quotes.
    static func scriptValue(_ value: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "\"")] + script(value, escaping: "\"&<>\\", isJSON: true) + [UInt8(ascii: "\"")]
    }

    private static func script(_ value: [UInt8], escaping special: String, isJSON: Bool) -> [UInt8] {
        var result: [UInt8] = []
        func escape(_ code: Int) {
            let digits = String(code, radix: 16)
            result += ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8
        }
        var index = 0
        while index < value.count {
            let byte = value[index]
            let isSeparator = byte == 0xe2 && value[index...].prefix(3).dropFirst().elementsEqual([0x80, 0xa8])
            let isParagraph = byte == 0xe2 && value[index...].prefix(3).dropFirst().elementsEqual([0x80, 0xa9])
            switch byte {
            case _ where isSeparator || isParagraph:
                escape(isSeparator ? 0x2028 : 0x2029)
                index += 2
            case 0x0a: result += "\\n".utf8
            case 0x0d: result += "\\r".utf8
            case 0x09: result += "\\t".utf8
            case UInt8(ascii: "\\"): result += "\\\\".utf8
            case UInt8(ascii: "/") where !isJSON: result += "\\/".utf8
            case UInt8(ascii: "\"") where isJSON: result += "\\\"".utf8
            case _ where byte < 0x20 || special.utf8.contains(byte): escape(Int(byte))
            default: result.append(byte)
            }
            index += 1
        }
        return result
    }

    /// For the value of a property in CSS.
    static func style(_ value: [UInt8]) -> [UInt8] {
        let dangerous = Array("\"'()/;@[\\]`{}<>".utf8)
        guard !value.contains(where: { $0 == 0 || dangerous.contains($0) }) else { return refused }
        let letters = value.filter { (0x61...0x7a).contains($0 | 0x20) }.map { $0 | 0x20 }
        let text = String(decoding: letters, as: UTF8.self)
        return text.contains("expression") || text.contains("mozbinding") || String(decoding: value, as: UTF8.self).contains("--")
            ? refused : value
    }

    /// Whether an address has no scheme, or one that does nothing but lead somewhere.
    static func isSafeAddress(_ value: [UInt8]) -> Bool {
        guard let colon = value.firstIndex(of: UInt8(ascii: ":")), !value[..<colon].contains(UInt8(ascii: "/")) else { return true }
        let scheme = String(decoding: value[..<colon].map { $0 | 0x20 }, as: UTF8.self)
        return ["http", "https", "mailto"].contains(scheme)
    }

    /// With everything in percent form that may not stand in an address; where reserved characters are kept, so are percent forms.
    static func address(_ value: [UInt8], keepsReserved: Bool) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        let reserved = Array("!#$&*+,/:;=?@[]".utf8)
        func isDigit(_ index: Int) -> Bool {
            index < value.count && ((0x30...0x39).contains(value[index]) || (0x61...0x66).contains(value[index] | 0x20))
        }
        var result: [UInt8] = []
        for (index, byte) in value.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                result.append(byte)
            case _ where keepsReserved && reserved.contains(byte): result.append(byte)
            case UInt8(ascii: "%") where keepsReserved && isDigit(index + 1) && isDigit(index + 2): result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return result
    }
}
