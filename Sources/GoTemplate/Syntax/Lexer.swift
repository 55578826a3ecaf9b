/// Splits a template into tokens. The last one is the end or an error.
struct Lexer {
    let input: [UInt8]
    /// Functions may be named as the words that only count within `range`.
    let breakIsWord: Bool
    let continueIsWord: Bool
    var position = 0
    var start = 0
    var line = 1
    var startLine = 1
    var parenthesisDepth = 0
    private(set) var tokens: [Token] = []

    static let leftDelimiter = Array("{{".utf8)
    static let rightDelimiter = Array("}}".utf8)
    private static let leftComment = Array("/*".utf8)
    private static let rightComment = Array("*/".utf8)

    init(_ input: [UInt8], breakIsWord: Bool, continueIsWord: Bool) {
        self.input = input
        self.breakIsWord = breakIsWord
        self.continueIsWord = continueIsWord
    }

    mutating func run() -> [Token] {
        while lexText(), lexAction() {}
        return tokens
    }

    // MARK: Text

    /// Reads text up to the next action, and the action's delimiter. False at the end.
    private mutating func lexText() -> Bool {
        while true {
            guard let found = find(Lexer.leftDelimiter, from: position) else {
                position = input.count
                if position > start { emit(.text) }
                emit(.end)
                return false
            }
            let isTrimmed = hasLeftTrimMark(found + 2)
            var end = found
            if isTrimmed { while end > start, Lexer.isSpace(input[end - 1]) { end -= 1 } }
            position = end
            if position > start { emit(.text) }
            position = found
            ignore()
            let marked = found + 2 + (isTrimmed ? 2 : 0)
            if hasPrefix(Lexer.leftComment, at: marked) {
                position = marked
                guard lexComment() else { return false }
                continue
            }
            position += 2
            emit(.leftDelimiter)
            position = marked
            ignore()
            parenthesisDepth = 0
            return true
        }
    }

    private mutating func lexComment() -> Bool {
        guard let close = find(Lexer.rightComment, from: position + 2) else { return fail("unclosed comment") }
        position = close + 2
        let (isDelimiter, isTrimmed) = atRightDelimiter()
        guard isDelimiter else { return fail("comment ends before closing delimiter") }
        position += isTrimmed ? 4 : 2
        if isTrimmed { while position < input.count, Lexer.isSpace(input[position]) { position += 1 } }
        ignore()
        return true
    }

    mutating func lexRightDelimiter(isTrimmed: Bool) {
        if isTrimmed {
            position += 2
            ignore()
        }
        position += 2
        emit(.rightDelimiter)
        if isTrimmed {
            while position < input.count, Lexer.isSpace(input[position]) { position += 1 }
            ignore()
        }
    }

    // MARK: Marks

    /// Whether `{{- ` stands before an index.
    private func hasLeftTrimMark(_ index: Int) -> Bool {
        index + 1 < input.count && input[index] == UInt8(ascii: "-") && Lexer.isSpace(input[index + 1])
    }

    func hasRightTrimMark(at index: Int) -> Bool {
        index + 1 < input.count && Lexer.isSpace(input[index]) && input[index + 1] == UInt8(ascii: "-")
    }

    func atRightDelimiter() -> (isDelimiter: Bool, isTrimmed: Bool) {
        if hasRightTrimMark(at: position), hasPrefix(Lexer.rightDelimiter, at: position + 2) { return (true, true) }
        return (hasPrefix(Lexer.rightDelimiter, at: position), false)
    }

    // MARK: Tools

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a }

    func hasPrefix(_ prefix: [UInt8], at index: Int) -> Bool {
        index <= input.count && input[index...].starts(with: prefix)
    }

    private func find(_ needle: [UInt8], from index: Int) -> Int? {
        guard index <= input.count else { return nil }
        var index = index
        while index + needle.count <= input.count {
            if input[index] == needle[0], hasPrefix(needle, at: index) { return index }
            index += 1
        }
        return nil
    }

    mutating func emit(_ kind: TokenKind) {
        let text = Array(input[start..<position])
        tokens.append(Token(kind: kind, position: start, text: text, line: startLine))
        ignore()
    }

    /// Leaves out what was read since the last token.
    mutating func ignore() {
        line += input[min(start, position)..<position].count { $0 == UInt8(ascii: "\n") }
        start = position
        startLine = line
    }

    /// Ends with an error.
    mutating func fail(_ message: String) -> Bool {
        tokens.append(Token(kind: .error, position: start, text: Array(message.utf8), line: startLine))
        return false
    }
}
