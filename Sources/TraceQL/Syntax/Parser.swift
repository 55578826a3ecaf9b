internal import QueryModel

/// Reads tokens and builds the query of them, checking types as it goes. One token is looked ahead.
struct Parser {
    private var lexer: Lexer
    private(set) var token = Token.end
    private(set) var range = SourceRange(0, 0)
    /// Where the token before this one ended.
    private(set) var previousEnd = 0
    private var depth = 0

    /// How deep expressions may stand in each other. Long lists of `&&` and `||` in a filter do not count.
    static let depthMax = 200

    init(_ text: [UInt8]) throws(SyntaxFault) {
        lexer = Lexer(text)
        (token, range) = try lexer.next()
    }

    // MARK: Tokens

    mutating func advance() throws(SyntaxFault) {
        previousEnd = range.end
        (token, range) = try lexer.next()
    }

    func isAt(_ symbol: Token.Symbol) -> Bool { token == .symbol(symbol) }

    func isAt(word: String) -> Bool { token == .word(word) }

    /// Steps over a symbol where it is next.
    mutating func take(_ symbol: Token.Symbol) throws(SyntaxFault) -> Bool {
        guard isAt(symbol) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ symbol: Token.Symbol, _ purpose: String) throws(SyntaxFault) {
        guard isAt(symbol) else { throw unexpected("expecting `\(symbol.rawValue)` \(purpose)") }
        try advance()
    }

    /// That the token at hand cannot stand here.
    func unexpected(_ advice: String) -> SyntaxFault { SyntaxFault("unexpected \(token.words): \(advice)", at: range) }

    mutating func nested<Result>(_ body: (inout Parser) throws(SyntaxFault) -> Result) throws(SyntaxFault) -> Result {
        if depth >= Parser.depthMax {
            throw SyntaxFault("the query nests deeper than \(Parser.depthMax) levels: make it simpler", at: range)
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    // MARK: Queries

    mutating func parseQuery(_ text: String) throws(SyntaxFault) -> TraceQuery {
        let root = try parseRoot()
        var hints: [QueryHint] = []
        while isAt(word: "with") { hints = try parseHints() }
        if token != .end { throw unexpected("the query should end here, or go on with `|`, an operator or with(…)") }
        return TraceQuery(text: text, root: root, hints: hints)
    }

    private mutating func parseRoot() throws(SyntaxFault) -> TraceQuery.Root {
        if token == .end { throw SyntaxFault("the query is empty: write a selector such as { status = error }", at: range) }
        let start = range.start
        switch try parseSequence(isInParentheses: false) {
        case .stages(let stages), .selector(let stages): return .search(stages)
        case .metrics(let expression): return .metrics(expression)
        case .number, .aggregate:
            let range = SourceRange(start, previousEnd)
            throw SyntaxFault("a number alone is no query: compare an aggregate with it, such as { } | count() > 2", at: range)
        }
    }

    private mutating func parseHints() throws(SyntaxFault) -> [QueryHint] {
        try advance()
        try expect(.openParenthesis, "behind `with`")
        var hints: [QueryHint] = []
        repeat {
            guard case .word(let name) = token, !Parser.isReserved(name) else {
                throw unexpected("expecting the name of a hint, such as with(most_recent=true)")
            }
            try advance()
            try expect(.equal, "behind the name of a hint")
            guard let value = try parseStatic() else { throw unexpected("expecting the value of the hint") }
            hints.append(QueryHint(name, value))
        } while try take(.comma)
        try expect(.closeParenthesis, "at the end of the hints")
        return hints
    }

    mutating func parseLoneField() throws(SyntaxFault) -> TraceField {
        guard let field = try parseFieldName() else {
            throw unexpected("expecting a field, such as resource.service.name, .http.method or name")
        }
        if token != .end { throw unexpected("the field should end here") }
        return field
    }
}
