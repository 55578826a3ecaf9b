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
                token = .word(.dot)
            }
        case UInt8(ascii: "["): token = try range()
        case UInt8(ascii: "-"): token = minus()
        default: token = try wordOrSymbol()
        }
        return (token, SourceRange(start, position))
    }

    func peek(_ distance: Int = 0) -> UInt8? { position + distance < text.count ? text[position + distance] : nil }

    mutating func move(to position: Int) { self.position = position }

    // MARK: Space

    private mutating func skipSpace() throws(SyntaxFault) {
        while let byte = peek() {
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"): skipLine()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): try skipComment()
            default: return
            }
        }
    }

    private mutating func skipLine() { while let byte = peek(), byte != UInt8(ascii: "\n") { position += 1 } }

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
        throw SyntaxFault("comment not terminated", at: SourceRange(start, position))
    }

    /// Where the white space from a position on ends.
    private func spaceEnd(from start: Int) -> Int {
        var end = start
        while end < text.count, [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d].contains(text[end]) { end += 1 }
        return end
    }

    // MARK: Words and symbols

    /// The character at the position; nil at the end and where it is no UTF-8.
    private func scalar() -> Unicode.Scalar? {
        guard position < text.count else { return nil }
        var decoder = UTF8()
        var iterator = text[position..<Swift.min(position + 4, text.count)].makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return nil
    }

    private mutating func wordOrSymbol() throws(SyntaxFault) -> Token {
        let start = position
        guard let first = scalar() else {
            throw SyntaxFault("invalid UTF-8 encoding", at: SourceRange(start, start + 1))
        }
        if first == "\0" { throw SyntaxFault("invalid character NUL", at: SourceRange(start, start + 1)) }
        if first == "_" || first.isLetter { return name() }
        for length in [2, 1] where position + length <= text.count {
            let symbol = String(decoding: text[position..<(position + length)], as: UTF8.self)
            if let word = Token.Word.byText[symbol] {
                position += length
                return .word(word)
            }
        }
        position += UTF8.width(first)
        return .unknown(String(first))
    }

    private mutating func name() -> Token {
        let start = position
        while let scalar = scalar(), scalar == "_" || scalar.isLetter || scalar.isDecimalDigit { position += UTF8.width(scalar) }
        let name = String(decoding: text[start..<position], as: UTF8.self)
        guard let word = Token.Word.byText[name.lowercased()] else { return .identifier(name) }
        if word.isFunction && !isCall() { return .identifier(name) }
        return .word(word)
    }

    /// Whether an opening parenthesis follows, or a grouping in front of one.
    private func isCall() -> Bool {
        let next = spaceEnd(from: position)
        if next < text.count, text[next] == UInt8(ascii: "(") { return true }
        for word in ["by", "without"] where next + word.utf8.count <= text.count {
            let end = next + word.utf8.count
            guard text[next..<end].elementsEqual(word.utf8, by: { $0 | 0x20 == $1 }) else { continue }
            let open = spaceEnd(from: end)
            return open < text.count && text[open] == UInt8(ascii: "(")
        }
        return false
    }

    /// A flag, a negative duration, or the symbol.
    private mutating func minus() -> Token {
        if peek(1) == UInt8(ascii: "-") {
            var end = position + 1
            while end < text.count, text[end].isLetter || text[end] == UInt8(ascii: "-") { end += 1 }
            let flag = String(decoding: text[position..<end], as: UTF8.self)
            if flag == "--strict" || flag == "--keep-empty" {
                position = end
                return .flag(flag)
            }
        }
        if let duration = durationLiteral(numberEnd: position + 1) { return .duration(duration) }
        position += 1
        return .word(.subtract)
    }
}

extension Unicode.Scalar {
    /// Whether it is a letter as Go sees them.
    var isLetter: Bool {
        if isASCII { return (value | 0x20) >= 0x61 && (value | 0x20) <= 0x7a }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    var isDecimalDigit: Bool {
        if isASCII { return value >= 0x30 && value <= 0x39 }
        return properties.generalCategory == .decimalNumber
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    var isHexadecimalDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
}
