internal import QueryModel

/// Splits the text of a query into tokens, one at a time, over its UTF-8 bytes.
struct Lexer {
    let text: [UInt8]
    /// Where the next token is looked for.
    private(set) var position = 0

    init(_ text: [UInt8]) { self.text = text }

    /// The next token and where it stands; at the end of the text, and after it, `end`.
    mutating func next() throws(SyntaxFault) -> (Token, SourceRange) {
        try skipSpace()
        let start = position
        guard let byte = peek() else { return (.end, SourceRange(start, start)) }
        let token: Token
        switch byte {
        case UInt8(ascii: "\""): token = .string(try quotedString())
        case UInt8(ascii: "`"): token = .string(try rawString())
        case UInt8(ascii: "0")...UInt8(ascii: "9"): token = try number()
        case UInt8(ascii: "."):
            if let next = peek(1), next.isDigit {
                token = try number()
            } else {
                position += 1
                token = .attribute(nil, isParent: false, try attributeName(after: start))
            }
        default:
            if startsWord() {
                token = try wordOrAttribute()
            } else if let symbol = symbol() {
                token = .symbol(symbol)
            } else {
                throw unexpectedCharacter()
            }
        }
        return (token, SourceRange(start, position))
    }

    func peek(_ distance: Int = 0) -> UInt8? { position + distance < text.count ? text[position + distance] : nil }

    mutating func skip(_ count: Int) { position += count }

    // MARK: Space and symbols

    private mutating func skipSpace() throws(SyntaxFault) {
        while let byte = peek() {
            if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
                while let byte = peek(), byte != UInt8(ascii: "\n") { position += 1 }
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                try skipComment()
            } else if let width = spaceWidth() {
                position += width
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(SyntaxFault) {
        let start = position
        position += 2
        while position < text.count {
            if text[position] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                position += 2
                return
            }
            position += 1
        }
        throw SyntaxFault("the comment has no end: close it with `*/`", at: SourceRange(start, position))
    }

    /// The bytes of the white space at the position; nil where there is none.
    private func spaceWidth() -> Int? {
        guard let byte = peek() else { return nil }
        if byte < 0x80 { return byte == 0x20 || (0x09...0x0d).contains(byte) ? 1 : nil }
        guard let scalar = scalar(), scalar.properties.isWhitespace else { return nil }
        return UTF8.width(scalar)
    }

    /// The character at the position; nil at the end and where it is no UTF-8.
    private func scalar() -> Unicode.Scalar? {
        var decoder = UTF8()
        var iterator = text[position..<Swift.min(position + 4, text.count)].makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return nil
    }

    /// The longest symbol at the position of which every beginning is a symbol too, or stands alone for nothing (`&`, `!`, `|`).
    private mutating func symbol() -> Token.Symbol? {
        var found: Token.Symbol?
        for length in 1...3 where position + length <= text.count {
            if let symbol = Token.Symbol(rawValue: String(decoding: text[position..<(position + length)], as: UTF8.self)) { found = symbol }
        }
        if let found { position += found.rawValue.utf8.count }
        return found
    }

    private func unexpectedCharacter() -> SyntaxFault {
        let name = scalar().map { "`\($0)`" } ?? "a byte that is no UTF-8"
        let range = SourceRange(position, position + (scalar().map { UTF8.width($0) } ?? 1))
        let byte = text[position]
        if byte == UInt8(ascii: "'") { return SyntaxFault("unexpected `'`: texts stand in double quotes or in backticks", at: range) }
        if byte == UInt8(ascii: "[") {
            return SyntaxFault("unexpected `[`: a selector stands in braces, such as { name = \"x\" }", at: range)
        }
        if byte == UInt8(ascii: "&") { return SyntaxFault("unexpected `&`: write `&&` for and", at: range) }
        return SyntaxFault("unexpected \(name)", at: range)
    }

    // MARK: Words

    private func startsWord() -> Bool {
        guard let byte = peek() else { return false }
        if byte < 0x80 { return byte.isLetter || byte == UInt8(ascii: "_") }
        return scalar()?.properties.isAlphabetic ?? false
    }

    private mutating func word() -> String {
        let start = position
        while let byte = peek() {
            if byte < 0x80 {
                guard byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") else { break }
                position += 1
            } else {
                guard let scalar = scalar(), scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal else { break }
                position += UTF8.width(scalar)
            }
        }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func wordOrAttribute() throws(SyntaxFault) -> Token {
        let start = position
        let word = word()
        if peek() == UInt8(ascii: ":"), Intrinsic.byScopedName[word] != nil {
            position += 1
            return .scope(word)
        }
        guard peek() == UInt8(ascii: ".") else { return .word(word) }
        if word == "parent" {
            position += 1
            for scope in [AttributeScope.resource, .span] {
                let prefix = Array((scope.rawValue + ".").utf8)
                if text[position...].starts(with: prefix) {
                    position += prefix.count
                    return .attribute(scope, isParent: true, try attributeName(after: start))
                }
            }
            return .attribute(nil, isParent: true, try attributeName(after: start))
        }
        if let scope = AttributeScope(rawValue: word) {
            position += 1
            return .attribute(scope, isParent: false, try attributeName(after: start))
        }
        return .word(word)
    }

    // MARK: Attributes

    private mutating func attributeName(after start: Int) throws(SyntaxFault) -> String {
        var name: [UInt8] = []
        let nameStart = position
        while let byte = peek() {
            if byte == UInt8(ascii: "\"") {
                try quotedName(into: &name)
            } else if Lexer.endsAttribute(byte) || spaceWidth() != nil {
                break
            } else {
                name.append(byte)
                position += 1
            }
        }
        if position == nameStart {
            let range = SourceRange(start, position)
            throw SyntaxFault("the name of an attribute is missing: write one right behind the point, such as .http.method", at: range)
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// Whether an ASCII character cannot stand in the name of an attribute outside of quotes.
    static func endsAttribute(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "="), UInt8(ascii: "~"),
            UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "^"),
            UInt8(ascii: ","), 0x20, 0x09...0x0d:
            true
        default: false
        }
    }

    private mutating func quotedName(into name: inout [UInt8]) throws(SyntaxFault) {
        let start = position
        position += 1
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"):
                guard let escaped = peek(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    let range = SourceRange(position - 1, Swift.min(position + 1, text.count))
                    throw SyntaxFault("in the name of an attribute a backslash stands before a quote or a backslash only", at: range)
                }
                name.append(escaped)
                position += 1
            default: name.append(byte)
            }
        }
        throw SyntaxFault("the quoted name has no end: close it with a double quote", at: SourceRange(start, position))
    }

    // MARK: Texts

    private mutating func rawString() throws(SyntaxFault) -> String {
        let start = position
        position += 1
        guard let end = text[position...].firstIndex(of: UInt8(ascii: "`")) else {
            position = text.count
            throw SyntaxFault("the text has no end: close it with a backtick", at: SourceRange(start, position))
        }
        defer { position = end + 1 }
        return String(decoding: text[position..<end].filter { $0 != 0x0d }, as: UTF8.self)
    }

    private mutating func quotedString() throws(SyntaxFault) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while let byte = peek(), byte != UInt8(ascii: "\n") {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
            if byte != UInt8(ascii: "\\") {
                content.append(byte)
            } else if !appendEscape(to: &content) {
                let range = SourceRange(position - 1, Swift.min(position + 1, text.count))
                throw SyntaxFault("no such escape: write `\\\\` for a backslash, or put the text in backticks", at: range)
            }
        }
        throw SyntaxFault("the text has no end: close it with a double quote", at: SourceRange(start, position))
    }

    /// Reads what follows a backslash. False where that is no escape; the position is then where it was.
    private mutating func appendEscape(to content: inout [UInt8]) -> Bool {
        guard let kind = peek() else { return false }
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d,
            UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0b, UInt8(ascii: "\\"): kind, UInt8(ascii: "\""): kind,
        ]
        if let byte = simple[kind] {
            content.append(byte)
            position += 1
            return true
        }
        let form: (skipped: Int, digits: Int, base: Int)
        switch kind {
        case UInt8(ascii: "0")...UInt8(ascii: "7"): form = (0, 3, 8)
        case UInt8(ascii: "x"): form = (1, 2, 16)
        case UInt8(ascii: "u"): form = (1, 4, 16)
        case UInt8(ascii: "U"): form = (1, 8, 16)
        default: return false
        }
        let start = position + form.skipped
        guard start + form.digits <= text.count else { return false }
        let digits = text[start..<(start + form.digits)]
        guard digits.allSatisfy({ $0.isHexadecimalDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: form.base)
        else { return false }
        if form.digits <= 3 {
            guard let byte = UInt8(exactly: value) else { return false }
            content.append(byte)
        } else {
            guard let scalar = Unicode.Scalar(value) else { return false }
            content.append(contentsOf: String(Character(scalar)).utf8)
        }
        position = start + form.digits
        return true
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    var isHexadecimalDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
}
