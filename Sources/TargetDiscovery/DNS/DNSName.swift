/// Domain names in messages (RFC 1035, sections 3.1 and 4.1.4) and as text.
///
/// As text a name ends in a dot; a byte that would be mistaken is written as `\X`, one that does not print as `\DDD`.
enum DNSName {
    /// Bytes of a whole name on the wire.
    private static let bytesMax = 255
    private static let labelBytesMax = 63

    /// The bytes of a name; nil where the text is none.
    static func encoded(_ text: String) -> [UInt8]? {
        if text.isEmpty || text == "." { return [0] }
        var bytes: [UInt8] = []
        var label: [UInt8] = []
        var rest = Array(text.utf8)[...]
        func append() -> Bool {
            guard (1...labelBytesMax).contains(label.count) else { return false }
            bytes.append(UInt8(label.count))
            bytes += label
            label = []
            return true
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "."): guard append() else { return nil }
            case UInt8(ascii: "\\"):
                guard let escaped = takeEscaped(&rest) else { return nil }
                label.append(escaped)
            default: label.append(byte)
            }
        }
        if !label.isEmpty, !append() { return nil }
        bytes.append(0)
        return bytes.count <= bytesMax ? bytes : nil
    }

    /// What stands behind a backslash: three decimal digits, or the byte itself.
    private static func takeEscaped(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        let digits = rest.prefix(3)
        if digits.count == 3, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            rest = rest.dropFirst(3)
            return UInt8(exactly: digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
        }
        return rest.popFirst()
    }

    /// Reads a name of a message and goes on behind it.
    ///
    /// Pointers lead backwards only, and not too often, so that no name goes round in circles or takes long.
    ///
    /// - Returns: nil where there is no name.
    static func decode(_ message: [UInt8], at position: inout Int) -> String? {
        var text = ""
        var length = 1
        var current = position
        // Where the first pointer was met, the name goes on elsewhere, and what comes behind the name is behind the pointer.
        var end: Int?
        var pointersBelow = position
        var pointerCount = 0
        while true {
            guard message.indices.contains(current) else { return nil }
            let count = Int(message[current])
            switch count {
            case 0:
                position = end ?? current + 1
                return text.isEmpty ? "." : text
            case 1...labelBytesMax:
                guard current + count < message.count else { return nil }
                length += count + 1
                if length > bytesMax { return nil }
                for byte in message[(current + 1)...(current + count)] { append(byte, to: &text) }
                text += "."
                current += count + 1
            case 0xc0...0xff:
                guard current + 1 < message.count else { return nil }
                let target = (count & 0x3f) << 8 | Int(message[current + 1])
                pointerCount += 1
                guard target < pointersBelow, pointerCount <= bytesMax / 2 else { return nil }
                if end == nil { end = current + 2 }
                pointersBelow = target
                current = target
            default: return nil
            }
        }
    }

    private static func append(_ byte: UInt8, to text: inout String) {
        switch byte {
        case _ where ".' @;()\"\\".utf8.contains(byte):
            text += "\\"
            text.unicodeScalars.append(UnicodeScalar(byte))
        case 0x21...0x7e: text.unicodeScalars.append(UnicodeScalar(byte))
        default:
            text += "\\"
            for divisor in [100, 10, 1] as [UInt8] { text.unicodeScalars.append(UnicodeScalar(UInt8(ascii: "0") + byte / divisor % 10)) }
        }
    }
}
