internal import QueryModel
internal import TelemetryModel

/// Splits the text of a query into tokens, one at a time, over its UTF-8 bytes.
///
/// What a byte means depends on where it stands: inside braces words are never keywords, and inside brackets a colon divides range and step.
struct Lexer {
    private enum Mode {
        case statement
        /// From a left bracket up to the first number.
        case duration
        case braces
    }

    let text: [UInt8]
    var position = 0
    /// Where the token that is being read began.
    var tokenStart = 0

    private var mode = Mode.statement
    private var openParentheses = 0
    private var isBracketOpen = false
    private var sawColon = false
    private var sawDuration = false

    init(_ text: [UInt8]) { self.text = text }

    /// The next token; at the end of the text, and after it, `endOfInput`.
    mutating func next() throws(SyntaxFault) -> Token {
        skipSpace()
        tokenStart = position
        switch mode {
        case .braces: return try nextInBraces()
        case .duration: return try nextInDuration()
        case .statement: return try nextInStatement()
        }
    }

    /// The text of a run of bytes.
    func text(_ range: SourceRange) -> String { String(decoding: text[range.start..<range.end], as: UTF8.self) }

    // MARK: Modes

    private mutating func nextInStatement() throws(SyntaxFault) -> Token {
        guard let byte = peek() else {
            if openParentheses != 0 { throw fault("unclosed left parenthesis") }
            if isBracketOpen { throw fault("unclosed left bracket") }
            return token(.endOfInput)
        }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try numberOrDuration()
        case UInt8(ascii: "."):
            if let following = peek(1), isDigit(following) { return try numberOrDuration() }
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return try string(quote: byte)
        case UInt8(ascii: ","): return advanced(.comma)
        case UInt8(ascii: "@"): return advanced(.at)
        case UInt8(ascii: "("), UInt8(ascii: ")"): return try parenthesis(byte)
        case UInt8(ascii: "{"):
            mode = .braces
            return advanced(.leftBrace)
        case UInt8(ascii: "["):
            if isBracketOpen { throw fault("unexpected left bracket \(GoQuoting.scalar("["))") }
            sawColon = false
            isBracketOpen = true
            mode = .duration
            return advanced(.leftBracket)
        case UInt8(ascii: "]"):
            if !isBracketOpen { throw fault("unexpected right bracket \(GoQuoting.scalar("]"))") }
            isBracketOpen = false
            return advanced(.rightBracket)
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): return try comparison(byte)
        default:
            if let kind = arithmetic(byte) { return advanced(kind) }
            if isAlpha(byte) || byte == UInt8(ascii: ":") { return try isBracketOpen ? wordInBrackets(byte) : word() }
        }
        throw fault("unexpected character: \(GoQuoting.scalar(peekScalar()))")
    }

    private mutating func nextInDuration() throws(SyntaxFault) -> Token {
        guard let byte = peek() else { throw fault("unexpected end of input in duration expression") }
        switch byte {
        case UInt8(ascii: "]"):
            isBracketOpen = false
            sawColon = false
            mode = .statement
            return advanced(.rightBracket)
        case UInt8(ascii: ":"):
            position += 1
            tokenStart += 1
            if !sawDuration { throw fault("unexpected colon before duration in duration expression") }
            if sawColon { throw fault("unexpected repeated colon in duration expression") }
            sawColon = true
            return Token(kind: .colon, start: position - 1, end: position)
        case UInt8(ascii: "("), UInt8(ascii: ")"): return try parenthesis(byte)
        case UInt8(ascii: ","): return advanced(.comma)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try firstDuration()
        case UInt8(ascii: "."):
            if let following = peek(1), isDigit(following) { return try firstDuration() }
        default:
            if let kind = arithmetic(byte) { return advanced(kind) }
            if let kind = durationWord(byte) {
                sawDuration = true
                return token(kind)
            }
        }
        throw fault("unexpected character in duration expression: \(GoQuoting.scalar(scalar(at: tokenStart)))")
    }

    private mutating func nextInBraces() throws(SyntaxFault) -> Token {
        guard let byte = peek() else { throw fault("unexpected end of input inside braces") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return try string(quote: byte)
        case UInt8(ascii: ","): return advanced(.comma)
        case UInt8(ascii: "}"):
            mode = .statement
            return advanced(.rightBrace)
        case UInt8(ascii: "{"): throw fault("unexpected left brace \(GoQuoting.scalar("{"))")
        case UInt8(ascii: "="):
            position += 1
            return accept(UInt8(ascii: "~")) ? token(.matches) : token(.assign)
        case UInt8(ascii: "!"):
            position += 1
            if accept(UInt8(ascii: "~")) { return token(.notMatches) }
            if accept(UInt8(ascii: "=")) { return token(.notEqual) }
            throw fault("unexpected character after '!' inside braces: \(GoQuoting.scalar(peekScalar()))")
        default:
            guard isAlpha(byte) else { throw fault("unexpected character inside braces: \(GoQuoting.scalar(peekScalar()))") }
            while let byte = peek(), isAlphanumeric(byte) { position += 1 }
            return token(.identifier)
        }
    }

    // MARK: Tokens

    private mutating func parenthesis(_ byte: UInt8) throws(SyntaxFault) -> Token {
        if byte == UInt8(ascii: "(") {
            openParentheses += 1
            return advanced(.leftParenthesis)
        }
        openParentheses -= 1
        if openParentheses < 0 {
            tokenStart += 1
            throw fault("unexpected right parenthesis \(GoQuoting.scalar(")"))")
        }
        return advanced(.rightParenthesis)
    }

    private mutating func comparison(_ byte: UInt8) throws(SyntaxFault) -> Token {
        position += 1
        switch byte {
        case UInt8(ascii: "="):
            if accept(UInt8(ascii: "=")) { return token(.equal) }
            if peek() == UInt8(ascii: "~") { throw fault("unexpected character after '=': \(GoQuoting.scalar("~"))") }
            return token(.assign)
        case UInt8(ascii: "!"):
            if accept(UInt8(ascii: "=")) { return token(.notEqual) }
            throw fault("unexpected character after '!': \(GoQuoting.scalar(peekScalar()))")
        case UInt8(ascii: "<"):
            if accept(UInt8(ascii: "=")) { return token(.lessOrEqual) }
            return accept(UInt8(ascii: "/")) ? token(.trimUpper) : token(.less)
        default:
            if accept(UInt8(ascii: "=")) { return token(.greaterOrEqual) }
            return accept(UInt8(ascii: "/")) ? token(.trimLower) : token(.greater)
        }
    }

    private func arithmetic(_ byte: UInt8) -> TokenKind? {
        switch byte {
        case UInt8(ascii: "+"): .add
        case UInt8(ascii: "-"): .subtract
        case UInt8(ascii: "*"): .multiply
        case UInt8(ascii: "/"): .divide
        case UInt8(ascii: "%"): .modulo
        case UInt8(ascii: "^"): .power
        default: nil
        }
    }

    private mutating func word() throws(SyntaxFault) -> Token {
        var hasColon = false
        while let byte = peek(), isAlphanumeric(byte) || byte == UInt8(ascii: ":") {
            if byte == UInt8(ascii: ":") { hasColon = true }
            position += 1
        }
        if hasColon { return token(.metricIdentifier) }
        guard let kind = TokenKind(word: text[tokenStart..<position]) else { return token(.identifier) }
        switch kind {
        case .fill, .fillLeft, .fillRight: return token(isParenthesisNext ? kind : .identifier)
        default: return token(kind)
        }
    }

    /// Whether a left parenthesis is the next byte that is no space: what tells the fill modifiers from metrics of that name.
    private var isParenthesisNext: Bool {
        var offset = position
        while offset < text.count, isSpace(text[offset]) { offset += 1 }
        return offset < text.count && text[offset] == UInt8(ascii: "(")
    }

    private mutating func wordInBrackets(_ byte: UInt8) throws(SyntaxFault) -> Token {
        if byte == UInt8(ascii: ":") {
            if sawColon { throw fault("unexpected colon \(GoQuoting.scalar(":"))") }
            sawColon = true
            return advanced(.colon)
        }
        if let kind = durationWord(byte) { return token(kind) }
        throw fault("unexpected character: \(GoQuoting.scalar(Unicode.Scalar(byte))), expected \(GoQuoting.scalar(":"))")
    }

    /// Reads one of the words that may stand in a duration expression.
    private mutating func durationWord(_ byte: UInt8) -> TokenKind? {
        switch byte | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "r"), UInt8(ascii: "m"): break
        default: return nil
        }
        while let byte = peek(), isAlpha(byte) { position += 1 }
        switch TokenKind(word: text[tokenStart..<position]) {
        case .step: return .step
        case .range: return .range
        case .maxOf: return .maxOf
        case .minOf: return .minOf
        default: return nil
        }
    }

    private mutating func numberOrDuration() throws(SyntaxFault) -> Token {
        if scanNumber() { return token(.number) }
        if scanRestOfDuration() { return token(.duration) }
        throw fault("bad number or duration syntax: \(GoQuoting.string(text(SourceRange(tokenStart, position))))")
    }

    private mutating func firstDuration() throws(SyntaxFault) -> Token {
        sawDuration = true
        mode = .statement
        return try numberOrDuration()
    }

    // MARK: Reading

    /// Skips white space and, outside duration expressions, comments.
    private mutating func skipSpace() {
        while let byte = peek() {
            if isSpace(byte) {
                position += 1
            } else if byte == UInt8(ascii: "#"), mode != .duration {
                while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { position += 1 }
            } else {
                return
            }
        }
    }

    private func token(_ kind: TokenKind) -> Token { Token(kind: kind, start: tokenStart, end: position) }

    private mutating func advanced(_ kind: TokenKind) -> Token {
        position += 1
        return token(kind)
    }

    func peek(_ distance: Int = 0) -> UInt8? {
        let offset = position + distance
        return offset < text.count ? text[offset] : nil
    }

    mutating func accept(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    func peekScalar() -> Unicode.Scalar? { scalar(at: position) }

    private func scalar(at offset: Int) -> Unicode.Scalar? {
        guard offset < text.count else { return nil }
        return String(decoding: text[offset..<min(offset + 4, text.count)], as: UTF8.self).unicodeScalars.first
    }

    func fault(_ message: String) -> SyntaxFault { SyntaxFault(message, at: SourceRange(tokenStart, text.count)) }

    private mutating func string(quote: UInt8) throws(SyntaxFault) -> Token {
        try scanString(quote: quote)
        return token(.string)
    }
}

func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isAlpha(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
}

func isAlphanumeric(_ byte: UInt8) -> Bool { isAlpha(byte) || isDigit(byte) }
