internal import QueryModel

/// Why a text is no query.
struct SyntaxFault: Error {
    var message: String
    /// Where it lies; nil where it is a matter of the query as a whole.
    var range: SourceRange?

    init(_ message: String, at range: SourceRange? = nil) {
        self.message = message
        self.range = range
    }

    /// The error as users of Loki know it, with line and column (in characters) where there is a place.
    func error(in text: [UInt8]) -> QueryError {
        guard let range else { return QueryError(.badInput, "parse error : " + message) }
        let before = text[..<Swift.min(range.start, text.count)]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        let column = before[lineStart...].count { $0 & 0xc0 != 0x80 } + 1
        return QueryError(.badInput, "parse error at line \(line), col \(column): \(message)", at: range)
    }
}
