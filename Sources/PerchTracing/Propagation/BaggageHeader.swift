internal import PerchWire

/// The `baggage` header (W3C Baggage, section 3.2).
enum BaggageHeader {
    static let name = "baggage"

    /// Reads what is well formed, within the limits.
    static func parse(_ text: String, into baggage: inout Baggage) {
        guard text.utf8.count <= Baggage.bytesMax else { return }
        for member in text.split(separator: ",") {
            let parts = member.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
            let sides = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            let name = String(TraceContextHeader.trimmed(sides[0]))
            let value = decoded(TraceContextHeader.trimmed(sides[1]))
            let properties = parts.count > 1 ? String(TraceContextHeader.trimmed(parts[1])) : ""
            baggage.set(name, Baggage.Entry(value, properties: properties))
        }
    }

    /// The header, or nil where there is nothing to say. Entries that would make it too long are left out.
    static func text(_ baggage: Baggage) -> String? {
        var header: [UInt8] = []
        for (name, entry) in baggage.all {
            var member: [UInt8] = Array(name.utf8)
            member.append(UInt8(ascii: "="))
            appendEncoded(entry.value, to: &member)
            if !entry.properties.isEmpty && entry.properties.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ",") }) {
                member.append(UInt8(ascii: ";"))
                member.append(contentsOf: entry.properties.utf8)
            }
            if header.count + member.count + 1 > Baggage.bytesMax { continue }
            if !header.isEmpty { header.append(UInt8(ascii: ",")) }
            header.append(contentsOf: member)
        }
        return header.isEmpty ? nil : String(decoding: header, as: UTF8.self)
    }

    /// Whether a name is a token (RFC 9110, section 5.6.2).
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func appendEncoded(_ value: String, to bytes: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            // Commas, semicolons, quotes, backslashes, per cent signs and what is not printable ASCII are written as their codes.
            case 0x21, 0x23...0x24, 0x26...0x2b, 0x2d...0x3a, 0x3c...0x5b, 0x5d...0x7e: bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                let upper = { (digit: UInt8) in digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "A") }
                bytes.append(upper(byte >> 4))
                bytes.append(upper(byte & 15))
            }
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let code = HexDigits.number(digits) {
                bytes.append(UInt8(code))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
