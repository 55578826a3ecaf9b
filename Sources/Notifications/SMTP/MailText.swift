/// Texts in mails: encoded words (RFC 2047) in headers, quoted-printable (RFC 2045) in bodies, and the dots of SMTP's DATA.
enum MailText {
    private static let digits = Array("0123456789ABCDEF".utf8)

    // MARK: Headers

    /// A value of a header. Lines cannot be broken by what is in it.
    static func header(_ text: String) -> String {
        // Longer lines than 998 characters are not allowed.
        let isPlain = text.utf8.count <= 900 && text.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7f) || $0 == 0x09 }
        return isPlain ? text : encodedWords(text)
    }

    /// A name in front of an address.
    static func phrase(_ text: String) -> String {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else { return encodedWords(text) }
        let isAtoms = text.utf8.allSatisfy {
            (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || " !#$%&'*+-/=?^_`{|}~".utf8.contains($0)
        }
        if isAtoms { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Words of at most 75 characters, each on a line of its own but the first.
    private static func encodedWords(_ text: String) -> String {
        let (start, end) = ("=?utf-8?q?", "?=")
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars {
            var encoded: [UInt8] = []
            for byte in String(scalar).utf8 {
                switch byte {
                case 0x20: encoded.append(UInt8(ascii: "_"))
                case _ where (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "!*+-/".utf8.contains(byte):
                    encoded.append(byte)
                default: encoded += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            // A character is not cut in two.
            if start.utf8.count + word.count + encoded.count + end.utf8.count > 75 {
                words.append(String(decoding: word, as: UTF8.self))
                word = []
            }
            word += encoded
        }
        words.append(String(decoding: word, as: UTF8.self))
        return words.map { start + $0 + end }.joined(separator: "\r\n ")
    }

    // MARK: Bodies

    /// A text in quoted-printable, lines ended by CR LF and at most 76 characters long.
    static func quotedPrintable(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        var length = 0
        let bytes = Array(text.utf8)
        var index = 0
        func endsLine(_ index: Int) -> Bool {
            index >= bytes.count || bytes[index] == 0x0a || (bytes[index] == 0x0d && index + 1 < bytes.count && bytes[index + 1] == 0x0a)
        }
        while index < bytes.count {
            let byte = bytes[index]
            if endsLine(index) {
                output += [0x0d, 0x0a]
                length = 0
                index += byte == 0x0d ? 2 : 1
                continue
            }
            let isBlank = byte == 0x20 || byte == 0x09
            let isPlain = (byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "=")) || (isBlank && !endsLine(index + 1))
            let width = isPlain ? 1 : 3
            if length + width > (endsLine(index + 1) ? 76 : 75) {
                output += [UInt8(ascii: "="), 0x0d, 0x0a]
                length = 0
            }
            if isPlain { output.append(byte) } else { output += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
            length += width
            index += 1
        }
        return output
    }

    /// A message as DATA sends it: a dot at the start of a line is doubled, and the end is marked.
    static func data(_ message: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(message.count + 16)
        var isLineStart = true
        for byte in message {
            if isLineStart, byte == UInt8(ascii: ".") { output.append(byte) }
            output.append(byte)
            isLineStart = byte == 0x0a
        }
        if !isLineStart { output += [0x0d, 0x0a] }
        return output + Array(".\r\n".utf8)
    }
}
