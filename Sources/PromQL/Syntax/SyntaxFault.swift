internal import QueryModel

/// What the lexer, the parser or the type checker objects to, and where, before line and column are put in front.
struct SyntaxFault: Error {
    let message: String
    let range: SourceRange

    init(_ message: String, at range: SourceRange) {
        self.message = message
        self.range = range
    }

    /// The fault as users see it: `1:7: parse error: …`, lines and columns counted from one, columns in bytes.
    func error(in text: [UInt8]) -> QueryError {
        QueryError(.badInput, "\(position(in: text)): parse error: \(message)", at: range)
    }

    private func position(in text: [UInt8]) -> String {
        if text.isEmpty { return "unknown position" }
        if range.start < 0 || range.start > text.count { return "invalid position" }
        var line = 1
        var lineStart = 0
        for offset in 0..<range.start where text[offset] == UInt8(ascii: "\n") {
            line += 1
            lineStart = offset + 1
        }
        return "\(line):\(range.start - lineStart + 1)"
    }
}
