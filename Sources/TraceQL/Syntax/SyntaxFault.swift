internal import QueryModel

/// What the lexer or the parser objects to, and where, before line and column are put in front.
struct SyntaxFault: Error {
    let message: String
    let range: SourceRange

    init(_ message: String, at range: SourceRange) {
        self.message = message
        self.range = range
    }

    /// The fault as users see it: `parse error at line 1, col 7: …`; lines and columns counted from one, columns in characters.
    func error(in text: [UInt8]) -> QueryError {
        var line = 1
        var column = 1
        for byte in text[..<Swift.min(range.start, text.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                // Not the continuation of a character.
                column += 1
            }
        }
        return QueryError(.badInput, "parse error at line \(line), col \(column): \(message)", at: range)
    }
}
