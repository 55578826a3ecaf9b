/// Names of the headers of mails.
enum MailHeader {
    /// A name with each word's first letter large, the others small: `reply-to` becomes `Reply-To`. What is no name stays as it is.
    static func canonical(_ name: String) -> String {
        guard isName(name) else { return name }
        var isFirst = true
        return String(
            decoding: name.utf8.map { byte in
                defer { isFirst = byte == UInt8(ascii: "-") }
                guard (0x61...0x7a).contains(byte | 0x20) else { return byte }
                return isFirst ? byte & 0xdf : byte | 0x20
            }, as: UTF8.self)
    }

    /// Whether it can stand in front of the colon of a header (RFC 5322, section 2.2).
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }
    }
}
