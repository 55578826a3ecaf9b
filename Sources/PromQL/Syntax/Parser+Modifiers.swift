internal import QueryModel

extension Parser {
    // MARK: Ranges

    /// `[range]` or `[range:step]` after an operand; the next token is the left bracket.
    mutating func rangeOrSubquery(of operand: Operand) throws(SyntaxFault) -> Operand {
        let outer = context
        let opening = try expect(.leftBracket)
        context = Context(place: "subquery or range selector", expected: "number, duration, step(), or range()")
        let range = try positiveDuration()
        context = Context(place: "subquery or range", expected: "\":\" or \"]\"")
        let divider = try peek()
        guard divider.kind == .colon || divider.kind == .rightBracket else { throw unexpected(divider) }
        advance()
        if divider.kind == .rightBracket {
            context = outer
            let node = try rangeSelector(of: operand.expression, range, brackets: SourceRange(opening.start, divider.end))
            return try grown(Operand(expression: .range(node), type: .matrix, height: operand.height))
        }
        context = Context(place: "subquery selector", expected: "number, duration, step(), range(), or \"]\"")
        var step: DurationValue?
        if try peek().kind != .rightBracket {
            step = try positiveDuration()
            context = Context(place: "subquery selector", expected: "\"]\"")
        }
        let closing = try expect(.rightBracket)
        context = outer
        let position = SourceRange(operand.expression.position.start, closing.end)
        let node = Subquery(expression: operand.expression, range: range, step: step, position: position)
        return try grown(Operand(expression: .subquery(node), type: .matrix, height: operand.height))
    }

    private func rangeSelector(
        of expression: Expression, _ range: DurationValue, brackets: SourceRange
    ) throws(SyntaxFault) -> RangeSelector {
        guard case .selector(let selector) = expression else {
            throw SyntaxFault("ranges only allowed for vector selectors", at: brackets)
        }
        if selector.offset != nil { throw SyntaxFault("no offset modifiers allowed before range", at: brackets) }
        if selector.anchor != nil { throw SyntaxFault("no @ modifiers allowed before range", at: brackets) }
        return RangeSelector(selector: selector, range: range, position: SourceRange(selector.position.start, brackets.end))
    }

    // MARK: Offset

    /// `offset` after an expression; the next token is the keyword.
    mutating func offset(of expression: Expression) throws(SyntaxFault) -> Expression {
        let outer = context
        advance()
        context = Context(place: "offset", expected: "number, duration, step(), or range()")
        let (value, end) = try offsetDuration()
        context = outer
        let refused = SyntaxFault("offset may not be set multiple times", at: expression.position)
        // An offset of zero is no offset.
        let offset = value == .milliseconds(0) ? nil : value
        switch expression {
        case .selector(var node):
            if node.offset != nil { throw refused }
            node.offset = offset
            node.position.end = end
            return .selector(node)
        case .range(var node):
            if node.selector.offset != nil { throw refused }
            node.selector.offset = offset
            node.position.end = end
            return .range(node)
        case .subquery(var node):
            if node.offset != nil { throw refused }
            node.offset = offset
            node.position.end = end
            return .subquery(node)
        default:
            let message = "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"
            throw SyntaxFault(message, at: expression.position)
        }
    }

    // MARK: Anchor

    /// `@` after an expression; the next token is the sign.
    mutating func anchor(of expression: Expression) throws(SyntaxFault) -> Expression {
        let outer = context
        advance()
        context = Context(place: "@", expected: "timestamp")
        let first = try peek()
        let anchor: TimeAnchor
        let end: Int
        if first.kind == .start || first.kind == .end {
            advance()
            _ = try expect(.leftParenthesis)
            end = try expect(.rightParenthesis).end
            anchor = first.kind == .start ? .start : .end
        } else {
            let literal = try signedNumber()
            end = literal.position.end
            anchor = .timestamp(try timestamp(literal.value, of: expression))
        }
        context = outer
        let refused = SyntaxFault("@ <timestamp> may not be set multiple times", at: expression.position)
        switch expression {
        case .selector(var node):
            if node.anchor != nil { throw refused }
            node.anchor = anchor
            node.position.end = end
            return .selector(node)
        case .range(var node):
            if node.selector.anchor != nil { throw refused }
            node.selector.anchor = anchor
            node.position.end = end
            return .range(node)
        case .subquery(var node):
            if node.anchor != nil { throw refused }
            node.anchor = anchor
            node.position.end = end
            return .subquery(node)
        default:
            let message = "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery"
            throw SyntaxFault(message, at: expression.position)
        }
    }

    private func timestamp(_ seconds: Double, of expression: Expression) throws(SyntaxFault) -> Int64 {
        guard seconds.isFinite, seconds.magnitude < 0x1p63 else {
            throw SyntaxFault("timestamp out of bounds for @ modifier: \(NumberSyntax.inFull(seconds))", at: expression.position)
        }
        let milliseconds = (seconds * 1000).rounded(.toNearestOrAwayFromZero)
        return Int64(exactly: milliseconds) ?? (seconds < 0 ? .min : .max)
    }

    // MARK: Boundaries

    /// `anchored` or `smoothed` after an expression; the next token is the keyword.
    mutating func boundary(_ boundary: RangeBoundary, of expression: Expression) throws(SyntaxFault) -> Expression {
        let name = boundary == .anchored ? "anchored" : "smoothed"
        let keyword = try peek()
        advance()
        if !features.contains(.extendedRangeSelectors) {
            throw SyntaxFault("\(name) modifier is experimental and not enabled", at: expression.position)
        }
        let both = SyntaxFault("anchored and smoothed modifiers cannot be used together", at: expression.position)
        switch expression {
        case .selector(var node):
            if node.boundary != .plain && node.boundary != boundary { throw both }
            node.boundary = boundary
            node.position.end = keyword.end
            return .selector(node)
        case .range(var node):
            if node.selector.boundary != .plain && node.selector.boundary != boundary { throw both }
            node.selector.boundary = boundary
            node.position.end = keyword.end
            return .range(node)
        case .subquery: throw SyntaxFault("\(name) modifier is not supported for subqueries", at: expression.position)
        default: throw SyntaxFault("\(name) modifier not implemented", at: expression.position)
        }
    }
}
