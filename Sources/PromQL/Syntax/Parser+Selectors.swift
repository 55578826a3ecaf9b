internal import LabelMatching
internal import LinearRegex
internal import QueryModel
internal import TelemetryModel

extension Parser {
    /// A selector whose name, if it has one before the braces, has been read.
    mutating func selector(named name: Token?) throws(SyntaxFault) -> Operand {
        var matchers: [LabelMatcher] = []
        var position = name?.range ?? SourceRange(0, 0)
        let opening = try peek()
        if opening.kind == .leftBrace {
            advance()
            let end = try labelMatchers(&matchers)
            position = SourceRange(name?.start ?? opening.start, end)
        } else if name == nil {
            throw unexpected(opening)
        }
        let text = name.map { lexer.text($0.range) }
        if let text { matchers.append(LabelMatcher(LabelName.metricName, equals: text)) }
        let node = VectorSelector(name: text, matchers: matchers, position: position)
        return Operand(expression: .selector(node), type: .vector, height: 1)
    }

    /// The whole text as one selector.
    mutating func parseSelector() throws(SyntaxFault) -> VectorSelector {
        let first = try peek()
        let operand: Operand
        if first.kind == .leftBrace {
            operand = try selector(named: nil)
        } else {
            guard first.kind.isMetricName else { throw unexpected(first) }
            advance()
            operand = try selector(named: first)
        }
        try expectEnd()
        guard case .selector(let node) = operand.expression else { preconditionFailure("BUG: a selector parsed as something else") }
        return node
    }

    /// The matchers up to the right brace; a comma may follow the last. Returns the end of the brace.
    private mutating func labelMatchers(_ matchers: inout [LabelMatcher]) throws(SyntaxFault) -> Int {
        let outer = context
        defer { context = outer }
        if let closing = try accept(.rightBrace) { return closing.end }
        while true {
            context = Context(place: "label matching", expected: "identifier or \"}\"")
            matchers.append(try labelMatcher())
            context = Context(place: "label matching", expected: "\",\" or \"}\"")
            if let closing = try accept(.rightBrace) { return closing.end }
            _ = try expect(.comma)
            if let closing = try accept(.rightBrace) { return closing.end }
        }
    }

    /// `name="value"`, with any operator and the name quoted or not, or a quoted metric name.
    private mutating func labelMatcher() throws(SyntaxFault) -> LabelMatcher {
        let nameToken = try peek()
        guard nameToken.kind == .identifier || nameToken.kind == .string else { throw unexpected(nameToken) }
        advance()
        let isQuoted = nameToken.kind == .string
        let name = isQuoted ? String(decoding: try unquoted(nameToken), as: UTF8.self) : lexer.text(nameToken.range)
        let operatorToken = try peek()
        guard let `operator` = operatorToken.kind.matchOperator else {
            if isQuoted { return LabelMatcher(LabelName.metricName, equals: name) }
            context.expected = "label matching operator"
            throw unexpected(operatorToken)
        }
        advance()
        context.expected = "string"
        let valueToken = try expect(.string)
        let value = String(decoding: try unquoted(valueToken), as: UTF8.self)
        do throws(LinearPatternError) {
            return try LabelMatcher(name, `operator`, value)
        } catch {
            throw SyntaxFault("\(error)", at: SourceRange(nameToken.start, valueToken.end))
        }
    }

    // MARK: Series

    /// The whole text as the name and labels of one series: `foo`, `foo{a="b"}`, `{"foo", a="b"}`; no text is the empty set.
    mutating func parseMetric() throws(SyntaxFault) -> LabelSet {
        var builder = LabelSetBuilder()
        let first = try peek()
        if first.kind.isMetricName { advance() }
        if try peek().kind == .leftBrace {
            advance()
            try labelSet(&builder)
        }
        if first.kind.isMetricName { builder.set(LabelName.metricName, lexer.text(first.range)) }
        context = Context()
        try expectEnd()
        return builder.build()
    }

    /// The labels after a left brace, up to the right one.
    mutating func labelSet(_ builder: inout LabelSetBuilder) throws(SyntaxFault) {
        if try accept(.rightBrace) != nil { return }
        while true {
            context = Context(place: "label set", expected: "identifier or \"}\"")
            try label(&builder)
            context = Context(place: "label set", expected: "\",\" or \"}\"")
            if try accept(.rightBrace) != nil { return }
            _ = try expect(.comma)
            if try accept(.rightBrace) != nil { return }
        }
    }

    private mutating func label(_ builder: inout LabelSetBuilder) throws(SyntaxFault) {
        let nameToken = try peek()
        guard nameToken.kind == .identifier || nameToken.kind == .string else { throw unexpected(nameToken) }
        advance()
        let isQuoted = nameToken.kind == .string
        let name = isQuoted ? String(decoding: try unquoted(nameToken), as: UTF8.self) : lexer.text(nameToken.range)
        let sign = try peek()
        guard sign.kind == .assign else {
            if isQuoted { return builder.set(LabelName.metricName, name) }
            context.expected = "\"=\""
            throw unexpected(sign)
        }
        advance()
        context.expected = "string"
        let value = try unquoted(try expect(.string))
        builder.set(name, String(decoding: value, as: UTF8.self))
    }
}

extension TokenKind {
    /// The operators of label matchers.
    fileprivate var matchOperator: LabelMatcher.Operator? {
        switch self {
        case .assign: .equal
        case .notEqual: .notEqual
        case .matches: .matches
        case .notMatches: .notMatches
        default: nil
        }
    }
}
