/// An address of a mail with the name of who has it (RFC 5322, section 3.4).
struct MailAddress: Sendable, Hashable {
    /// Empty for none.
    var name: String
    /// `local@domain`.
    var address: String

    /// As it stands in a header: names in any language as encoded words, in quotes where they need it.
    var header: String {
        if name.isEmpty { return "<\(address)>" }
        return "\(MailText.phrase(name)) <\(address)>"
    }
}

/// Why a list of addresses cannot be read.
struct MailAddressFault: Error, Hashable {
    var message: String
}

/// Reads lists of addresses: `a@x.example, Ann <b@x.example>, "Last, First" <c@x.example>`.
struct MailAddressParser {
    private var rest: ArraySlice<UInt8>

    static func list(_ text: String) throws(MailAddressFault) -> [MailAddress] {
        var parser = MailAddressParser(rest: Array(text.utf8)[...])
        var addresses: [MailAddress] = []
        while true {
            parser.skipBlanks()
            if parser.take(",") { continue }
            if parser.rest.isEmpty { break }
            try parser.mailboxOrGroup(&addresses)
            parser.skipBlanks()
            if parser.rest.isEmpty { break }
            guard parser.take(",") else { throw MailAddressFault(message: "expected a comma between addresses") }
        }
        if addresses.isEmpty { throw MailAddressFault(message: "no address") }
        return addresses
    }

    private mutating func mailboxOrGroup(_ addresses: inout [MailAddress]) throws(MailAddressFault) {
        let start = rest
        if let address = try? addressSpecification() {
            let behind = rest
            skipBlanks()
            if rest.isEmpty || rest.first == UInt8(ascii: ",") || rest.first == UInt8(ascii: ";") {
                addresses.append(MailAddress(name: "", address: address))
                return
            }
            rest = behind
        }
        rest = start
        let name = try phrase()
        skipBlanks()
        if take(":") { return try group(&addresses) }
        guard take("<") else { throw MailAddressFault(message: "missing @ or angle-addr") }
        let address = try addressSpecification()
        guard take(">") else { throw MailAddressFault(message: "unclosed angle-addr") }
        addresses.append(MailAddress(name: name, address: address))
    }

    /// `name: a@x.example, b@x.example;`
    private mutating func group(_ addresses: inout [MailAddress]) throws(MailAddressFault) {
        while true {
            skipBlanks()
            if take(";") { return }
            if take(",") { continue }
            if rest.isEmpty { throw MailAddressFault(message: "unclosed group") }
            try mailboxOrGroup(&addresses)
        }
    }

    private mutating func addressSpecification() throws(MailAddressFault) -> String {
        skipBlanks()
        let local = rest.first == UInt8(ascii: "\"") ? try quoted(keepsQuotes: true) : try dotAtom()
        guard take("@") else { throw MailAddressFault(message: "missing @ in address") }
        skipBlanks()
        var domain: String
        if take("[") {
            let literal = rest.prefix { $0 != UInt8(ascii: "]") }
            rest = rest.dropFirst(literal.count)
            guard take("]"), literal.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw MailAddressFault(message: "unclosed domain literal")
            }
            domain = "[" + String(decoding: literal, as: UTF8.self) + "]"
        } else {
            domain = try dotAtom()
        }
        skipBlanks()
        domain = domain.hasSuffix(".") ? String(domain.dropLast()) : domain
        return local + "@" + domain
    }

    private mutating func phrase() throws(MailAddressFault) -> String {
        var words: [String] = []
        while true {
            skipBlanks()
            guard let first = rest.first else { break }
            if first == UInt8(ascii: "\"") {
                words.append(try quoted(keepsQuotes: false))
            } else {
                let word = rest.prefix { MailAddressParser.isAtom($0) || $0 == UInt8(ascii: ".") }
                if word.isEmpty { break }
                rest = rest.dropFirst(word.count)
                words.append(String(decoding: word, as: UTF8.self))
            }
        }
        if words.isEmpty, rest.first != UInt8(ascii: "<") { throw MailAddressFault(message: "no address") }
        return words.joined(separator: " ")
    }

    private mutating func dotAtom() throws(MailAddressFault) -> String {
        let atom = rest.prefix { MailAddressParser.isAtom($0) || $0 == UInt8(ascii: ".") }
        rest = rest.dropFirst(atom.count)
        let text = String(decoding: atom, as: UTF8.self)
        if atom.isEmpty || text.hasPrefix(".") || text.contains("..") { throw MailAddressFault(message: "invalid string") }
        return text
    }

    private mutating func quoted(keepsQuotes: Bool) throws(MailAddressFault) -> String {
        var bytes: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                if !keepsQuotes { return String(decoding: bytes, as: UTF8.self) }
                let escaped = bytes.flatMap { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), $0] : [$0] }
                return "\"" + String(decoding: escaped, as: UTF8.self) + "\""
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), next >= 0x20 else { throw MailAddressFault(message: "bad character in quoted-string") }
                bytes.append(next)
            case 0x20..., 0x09: bytes.append(byte)
            default: throw MailAddressFault(message: "bad character in quoted-string")
            }
        }
        throw MailAddressFault(message: "unclosed quoted-string")
    }

    private mutating func take(_ character: Character) -> Bool {
        guard let byte = character.asciiValue, rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Blanks and comments.
    private mutating func skipBlanks() {
        while let first = rest.first {
            if first == 0x20 || first == 0x09 {
                rest = rest.dropFirst()
            } else if first == UInt8(ascii: "(") {
                var depth = 0
                while let byte = rest.popFirst() {
                    if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == UInt8(ascii: ")") { depth -= 1 }
                    if depth == 0 { break }
                }
            } else {
                return
            }
        }
    }

    private static func isAtom(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte >= 0x80 || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }
}
