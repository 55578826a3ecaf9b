internal import LabelMatching
internal import LinearRegex

/// The language of Alertmanager's `matcher/parse`.
enum UTF8MatcherParser {
    /// Exactly one matcher; braces around it are taken.
    static func matcher(_ text: String) throws(MatcherSyntaxError) -> LabelMatcher {
        let matchers = try matchers(text)
        guard let first = matchers.first else { throw MatcherSyntaxError("no matchers") }
        guard matchers.count == 1 else { throw MatcherSyntaxError("expected 1 matcher, found \(matchers.count)") }
        return first
    }

    /// Any number of matchers with commas between them, in braces or not; a comma may follow the last.
    static func matchers(_ text: String) throws(MatcherSyntaxError) -> [LabelMatcher] {
        var lexer = UTF8MatcherLexer(text)
        if try lexer.peek().kind == .end { return [] }
        let isBraced = try lexer.peek().kind == .openBrace
        if isBraced { _ = try lexer.next() }
        var matchers: [LabelMatcher] = []
        let first = try lexer.peek().kind
        // A close brace at once means that there are no matchers; the end of the text is found out below where a brace is open.
        if first != .closeBrace, first != .end {
            repeat { matchers.append(try matcher(&lexer)) } while try takeComma(&lexer)
        }
        try takeEnd(&lexer, isBraced: isBraced)
        return matchers
    }

    private static func matcher(_ lexer: inout UTF8MatcherLexer) throws(MatcherSyntaxError) -> LabelMatcher {
        let name = try expect([.quoted, .unquoted], &lexer, or: "expected label name").unquoted()
        let comparison = try expect(
            [.equals, .notEquals, .matches, .notMatches], &lexer, or: "expected an operator such as '=', '!=', '=~' or '!~'")
        let value = try expect([.unquoted, .quoted], &lexer, or: "expected label value").unquoted()
        let operation: LabelMatcher.Operator =
            switch comparison.kind {
            case .notEquals: .notEqual
            case .matches: .matches
            case .notMatches: .notMatches
            default: .equal
            }
        do {
            return try LabelMatcher(name, operation, value)
        } catch {
            throw MatcherSyntaxError("failed to create matcher: \(error)")
        }
    }

    /// Takes the comma behind a matcher; whether another matcher follows.
    private static func takeComma(_ lexer: inout UTF8MatcherLexer) throws(MatcherSyntaxError) -> Bool {
        let separator = try lexer.peek()
        switch separator.kind {
        case .end, .closeBrace: return false
        case .comma: _ = try lexer.next()
        default: throw MatcherSyntaxError("\(separator.place): unexpected \(separator.text): expected a comma or close brace")
        }
        let next = try lexer.peek()
        switch next.kind {
        case .end, .closeBrace: return false
        case .quoted, .unquoted: return true
        default:
            throw MatcherSyntaxError("\(next.place): unexpected \(next.text): expected a matcher or close brace after comma")
        }
    }

    private static func takeEnd(_ lexer: inout UTF8MatcherLexer, isBraced: Bool) throws(MatcherSyntaxError) {
        let brace = try lexer.peek()
        if isBraced {
            let column = lexer.position
            switch brace.kind {
            case .closeBrace: _ = try lexer.next()
            case .end: throw MatcherSyntaxError("0:\(column): end of input: expected close brace")
            default:
                throw MatcherSyntaxError("0:\(column): \(brace.place): unexpected \(brace.text): expected close brace")
            }
        } else if brace.kind == .closeBrace {
            _ = try lexer.next()
            throw MatcherSyntaxError("0:\(lexer.position): }: expected opening brace")
        }
        let end = try lexer.next()
        guard end.kind == .end else { throw MatcherSyntaxError("\(end.place): \(end.text): expected end of input") }
    }

    private static func expect(
        _ kinds: [MatcherToken.Kind], _ lexer: inout UTF8MatcherLexer, or message: String
    ) throws(MatcherSyntaxError) -> MatcherToken {
        let token = try lexer.peek()
        if token.kind == .end { throw MatcherSyntaxError("end of input: \(message)") }
        guard kinds.contains(token.kind) else { throw MatcherSyntaxError("\(token.place): unexpected \(token.text): \(message)") }
        return try lexer.next()
    }
}
