internal import LabelMatching
internal import LinearRegex
internal import QueryModel

/// Reads a query by recursive descent, one token ahead.
struct Parser {
    private var lexer: Lexer
    private(set) var token = Token.end
    /// Where ``token`` stands.
    private(set) var range = SourceRange(0, 0)
    private var depth = 0
    private var operatorCount = 0
    /// What is wrong though the grammar allows it: the first of it is reported where the text is well formed otherwise.
    private var deferred: SyntaxFault?

    /// So deep may parentheses nest.
    private static let depthMax = 200
    /// So many operators may a query have, since each may make its tree deeper.
    private static let operatorsMax = 2000

    init(_ text: [UInt8]) throws(SyntaxFault) {
        lexer = Lexer(text)
        try advance()
    }

    // MARK: Tokens

    mutating func advance() throws(SyntaxFault) { (token, range) = try lexer.next() }

    func isAt(_ word: Token.Word) -> Bool { token == .word(word) }

    /// Goes on behind a word if it is at hand.
    mutating func take(_ word: Token.Word) throws(SyntaxFault) -> Bool {
        if !isAt(word) { return false }
        try advance()
        return true
    }

    mutating func expect(_ word: Token.Word, orElse others: String...) throws(SyntaxFault) {
        if !isAt(word) { throw unexpected(expecting: [word.name] + others) }
        try advance()
    }

    mutating func expectString() throws(SyntaxFault) -> String {
        guard case .string(let text) = token else { throw unexpected(expecting: ["STRING"]) }
        try advance()
        return text
    }

    mutating func expectIdentifier(orElse others: String...) throws(SyntaxFault) -> String {
        guard case .identifier(let name) = token else { throw unexpected(expecting: ["IDENTIFIER"] + others) }
        try advance()
        return name
    }

    /// That the token at hand cannot stand here; `expecting` says what could, where that is little.
    func unexpected(expecting: [String] = []) -> SyntaxFault {
        let advice = expecting.isEmpty ? "" : ", expecting " + expecting.joined(separator: " or ")
        return SyntaxFault("syntax error: unexpected \(token.name)\(advice)", at: range)
    }

    mutating func deferFault(_ message: String) { if deferred == nil { deferred = SyntaxFault(message) } }

    mutating func nested<Result>(_ body: (inout Parser) throws(SyntaxFault) -> Result) throws(SyntaxFault) -> Result {
        if depth >= Parser.depthMax { throw SyntaxFault("the query nests deeper than \(Parser.depthMax) levels", at: range) }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    mutating func countOperator() throws(SyntaxFault) {
        operatorCount += 1
        if operatorCount > Parser.operatorsMax { throw SyntaxFault("the query has more than \(Parser.operatorsMax) operators", at: range) }
    }

    // MARK: Queries

    mutating func parseQuery() throws(SyntaxFault) -> LogQuery.Root {
        let root = try parseExpression()
        if token != .end { throw unexpected() }
        if let deferred { throw deferred }
        return root
    }

    // MARK: Matchers

    /// `{a="b", c=~"d"}`
    mutating func parseMatchers() throws(SyntaxFault) -> [LabelMatcher] {
        try advance()
        if try take(.closeBrace) { return [] }
        var matchers: [LabelMatcher] = []
        if case .identifier = token {} else { throw unexpected(expecting: ["IDENTIFIER", "}"]) }
        while true {
            let name = try expectIdentifier()
            guard let matchOperator = matchOperator else { throw unexpected(expecting: ["=", "=~", "!~", "!="]) }
            try advance()
            let value = try expectString()
            matchers.append(try matcher(name, matchOperator, value))
            if try take(.closeBrace) { return matchers }
            if !isAt(.comma) { throw unexpected(expecting: ["}", ","]) }
            try advance()
        }
    }

    var matchOperator: LabelMatcher.Operator? {
        switch token {
        case .word(.equal): .equal
        case .word(.notEqual): .notEqual
        case .word(.matches): .matches
        case .word(.notMatches): .notMatches
        default: nil
        }
    }

    func matcher(_ name: String, _ operator: LabelMatcher.Operator, _ value: String) throws(SyntaxFault) -> LabelMatcher {
        do throws(LinearPatternError) {
            return try LabelMatcher(name, `operator`, value)
        } catch {
            throw SyntaxFault(error.description)
        }
    }

    /// `a, b` up to the closing parenthesis, the opening one being read.
    mutating func parseLabels() throws(SyntaxFault) -> [String] {
        if try take(.closeParenthesis) { return [] }
        var labels = [try expectIdentifier(orElse: ")")]
        while try take(.comma) { labels.append(try expectIdentifier()) }
        if !isAt(.closeParenthesis) { throw unexpected(expecting: [",", ")"]) }
        try advance()
        return labels
    }
}
