internal import QueryModel

/// Lengths of time in brackets and after `offset`: a number or duration, or with the feature `promql-duration-expr` arithmetic over them.
extension Parser {
    /// A part of a duration expression. Until it is complete, a plain number stays one, so that a sign can apply to it.
    struct DurationOperand {
        var value: DurationValue
        var position: SourceRange
        var height = 1
    }

    /// A range or step: greater than zero where that is known.
    mutating func positiveDuration() throws(SyntaxFault) -> DurationValue {
        let operand = try duration(above: .lowest)
        // The token after it belongs to the decision that it is complete, and its own faults come first.
        _ = try peek()
        if case .number(let literal) = operand.value, literal.value <= 0 {
            throw SyntaxFault("duration must be greater than 0", at: literal.position)
        }
        return operand.value.resolved
    }

    /// What follows `offset`. A plain value with a sign ends it, so that `foo offset -2 ^ 2` is `(foo offset -2) ^ 2`.
    mutating func offsetDuration() throws(SyntaxFault) -> (value: DurationValue, end: Int) {
        let first = try peek()
        guard first.kind == .add || first.kind == .subtract else {
            let operand = first.kind == .leftParenthesis ? try duration(above: .lowest) : try durationPrimary()
            return (operand.value.resolved, operand.position.end)
        }
        advance()
        switch try peek().kind {
        case .add, .subtract:
            let signed = try signed(first, try duration(above: .power))
            let operand = try durationOperators(signed, above: .lowest)
            return (operand.value.resolved, operand.position.end)
        case .leftParenthesis:
            advance()
            let inner = try duration(above: .lowest)
            let closing = try expect(.rightParenthesis)
            var operand = inner
            operand.value = .parenthesized(inner.value)
            operand.position.end = closing.end
            operand = try signed(first, operand)
            return (operand.value.resolved, operand.position.end)
        default:
            let operand = try signed(first, try durationPrimary())
            return (operand.value.resolved, operand.position.end)
        }
    }

    private mutating func duration(above least: Precedence) throws(SyntaxFault) -> DurationOperand {
        try enter()
        defer { leave() }
        return try durationOperators(try durationOperand(), above: least)
    }

    private mutating func durationOperators(_ first: DurationOperand, above least: Precedence) throws(SyntaxFault) -> DurationOperand {
        var left = first
        while true {
            let token = try peek()
            guard let `operator` = token.kind.durationOperator, `operator`.precedence >= least else { return left }
            advance()
            let right = try duration(above: `operator`.precedence.ofRightSide)
            try requireDurationExpressions(at: left.position)
            if case .number(let literal) = right.value, literal.value == 0, `operator` == .divide || `operator` == .modulo {
                throw SyntaxFault(`operator` == .divide ? "division by zero" : "modulo by zero", at: token.range)
            }
            let position = SourceRange(left.position.start, right.position.end)
            let height = max(left.height, right.height) + 1
            try checkHeight(height)
            left = DurationOperand(value: .binary(`operator`, left.value, right.value, position), position: position, height: height)
        }
    }

    private mutating func durationOperand() throws(SyntaxFault) -> DurationOperand {
        let sign = try peek()
        guard sign.kind == .add || sign.kind == .subtract else { return try durationPrimary() }
        advance()
        return try signed(sign, try duration(above: .power))
    }

    private mutating func durationPrimary() throws(SyntaxFault) -> DurationOperand {
        let token = try peek()
        switch token.kind {
        case .number, .duration:
            advance()
            let literal = try number(token)
            try checkRange(literal, at: token.range)
            return DurationOperand(value: .number(literal), position: token.range)
        case .step, .range:
            advance()
            _ = try expect(.leftParenthesis)
            let position = SourceRange(token.start, try expect(.rightParenthesis).end)
            try requireDurationExpressions(at: position)
            return DurationOperand(value: token.kind == .step ? .step(position) : .range(position), position: position)
        case .minOf, .maxOf:
            advance()
            _ = try expect(.leftParenthesis)
            let first = try duration(above: .lowest)
            _ = try expect(.comma)
            let second = try duration(above: .lowest)
            let position = SourceRange(token.start, try expect(.rightParenthesis).end)
            try requireDurationExpressions(at: position)
            let value: DurationValue =
                token.kind == .minOf ? .minimum(first.value, second.value, position) : .maximum(first.value, second.value, position)
            let height = max(first.height, second.height) + 1
            try checkHeight(height)
            return DurationOperand(value: value, position: position, height: height)
        case .leftParenthesis:
            advance()
            var operand = try duration(above: .lowest)
            let closing = try expect(.rightParenthesis)
            try requireDurationExpressions(at: operand.position)
            operand.value = .parenthesized(operand.value)
            operand.position = SourceRange(token.start, closing.end)
            operand.height += 1
            return operand
        default: throw unexpected(token)
        }
    }

    /// Applies a sign: to a plain number at once, to all else as an operation. A plus leaves no trace.
    private func signed(_ sign: Token, _ operand: DurationOperand) throws(SyntaxFault) -> DurationOperand {
        var operand = operand
        operand.position.start = sign.start
        if case .number(var literal) = operand.value {
            if sign.kind == .subtract { literal.value = -literal.value }
            literal.position.start = sign.start
            try checkRange(literal, at: sign.range)
            operand.value = .number(literal)
        } else if sign.kind == .subtract {
            operand.value = .negated(operand.value, operand.position)
            operand.height += 1
            try checkHeight(operand.height)
        }
        return operand
    }

    /// A literal has to fit 2^63 nanoseconds.
    private func checkRange(_ literal: NumberLiteral, at range: SourceRange) throws(SyntaxFault) {
        if literal.value.magnitude > 0x1p63 / 1e9 { throw SyntaxFault("duration out of range", at: range) }
    }

    private func requireDurationExpressions(at range: SourceRange) throws(SyntaxFault) {
        if !features.contains(.durationExpressions) {
            throw SyntaxFault("experimental duration expression is not enabled", at: range)
        }
    }
}

extension DurationValue {
    /// A plain number as milliseconds, all else as it is.
    fileprivate var resolved: DurationValue {
        guard case .number(let literal) = self else { return self }
        // Through whole nanoseconds, as Prometheus counts: 0.0015 is 1 ms.
        let nanoseconds = (literal.value * 1e9).rounded(.toNearestOrAwayFromZero)
        let bounded = Int64(exactly: nanoseconds) ?? (nanoseconds < 0 ? .min : nanoseconds.isNaN ? 0 : .max)
        return .milliseconds(bounded / 1_000_000)
    }
}

extension TokenKind {
    /// The operators that duration expressions have.
    fileprivate var durationOperator: BinaryOperator? {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power: binaryOperator
        default: nil
        }
    }
}
