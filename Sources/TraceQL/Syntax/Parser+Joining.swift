internal import QueryModel

extension Parser {
    /// Joins two pieces by an operator, if they go together.
    func join(
        _ symbol: Token.Symbol, _ left: QueryPiece, _ right: QueryPiece, operatorAt place: SourceRange, _ whole: SourceRange
    ) throws(SyntaxFault) -> QueryPiece {
        switch (left, right) {
        case (.spanset(let a, _), .spanset(let b, _)):
            return .spanset(.operation(try spansetOperator(symbol, place), a, b), isClosed: false)
        case (.wrapped(let a), .wrapped(let b)), (.wrapped(let a), .spanset(let b, isClosed: true)),
            (.spanset(let a, isClosed: true), .wrapped(let b)):
            return .wrapped(.operation(try spansetOperator(symbol, place), a, b))
        case (.wrapped, .spanset), (.spanset, .wrapped):
            throw SyntaxFault("beside a pipeline in parentheses the other side stands in parentheses as well", at: whole)
        case (.number(let a), .number(let b)): return .number(try constant(symbol, a, b, place, whole))
        case (.aggregate(let aggregate), .number(let value)):
            guard let comparison = ComparisonOperator(rawValue: symbol.rawValue), !comparison.isPattern else {
                throw SyntaxFault(
                    "arithmetic on aggregates is not supported: compare the aggregate with a number, such as count() > 2", at: whole)
            }
            return .stage(.filter(aggregate, comparison, value))
        case (.number, .aggregate):
            throw SyntaxFault("the number stands on the right of the aggregate, such as count() > 2", at: whole)
        case (.aggregate, .aggregate):
            throw SyntaxFault(
                "two aggregates together are not supported: compare an aggregate with a number, such as count() > 2", at: whole)
        case (.metrics(let a), .metrics(let b)):
            try refuseCompare(a, whole)
            try refuseCompare(b, whole)
            return .metrics(.arithmetic(try seriesOperator(symbol, place), a, b))
        case (.metrics(let a), .number(let value)):
            try refuseCompare(a, whole)
            return .metrics(.scalar(try seriesOperator(symbol, place), a, try scalar(value, whole), isScalarLeft: false))
        case (.number(let value), .metrics(let b)):
            try refuseCompare(b, whole)
            return .metrics(.scalar(try seriesOperator(symbol, place), b, try scalar(value, whole), isScalarLeft: true))
        default: throw SyntaxFault("`\(symbol.rawValue)` cannot stand between these two", at: whole)
        }
    }

    private func spansetOperator(_ symbol: Token.Symbol, _ place: SourceRange) throws(SyntaxFault) -> SpansetOperator {
        // `!~` is the same token as the one for patterns.
        if let operation = SpansetOperator.allCases.first(where: { $0.symbol == symbol.rawValue }) { return operation }
        throw SyntaxFault(
            "`\(symbol.rawValue)` does not join sets of spans: use &&, ||, or a structural operator such as > for children and >> for descendants",
            at: place)
    }

    private func seriesOperator(_ symbol: Token.Symbol, _ place: SourceRange) throws(SyntaxFault) -> ArithmeticOperator {
        switch symbol {
        case .add: return .add
        case .subtract: return .subtract
        case .multiply: return .multiply
        case .divide: return .divide
        default: throw SyntaxFault("`\(symbol.rawValue)` is not for series: they have +, -, * and /", at: place)
        }
    }

    private func scalar(_ value: TraceValue, _ place: SourceRange) throws(SyntaxFault) -> Double {
        switch value {
        case .int(let number): return Double(number)
        case .float(let number): return number
        default: throw SyntaxFault("a duration cannot be reckoned with series: write a number", at: place)
        }
    }

    private func constant(
        _ symbol: Token.Symbol, _ left: TraceValue, _ right: TraceValue, _ place: SourceRange, _ whole: SourceRange
    ) throws(SyntaxFault) -> TraceValue {
        guard let operation = ArithmeticOperator(rawValue: symbol.rawValue), operation != .modulo, operation != .power else {
            throw SyntaxFault("`\(symbol.rawValue)` cannot stand between two numbers here: they have +, -, * and /", at: place)
        }
        if left.type == .duration || right.type == .duration {
            throw SyntaxFault("durations cannot be reckoned with here: write the result", at: whole)
        }
        let value = Arithmetic.apply(operation, left, right)
        guard let number = value.number, number.isFinite else {
            throw SyntaxFault("this is no number: division by zero, or out of range", at: whole)
        }
        return value
    }

    func refuseCompare(_ expression: MetricsExpression, _ place: SourceRange) throws(SyntaxFault) {
        if case .aggregate(_, let aggregate) = expression, case .compare = aggregate.function {
            throw SyntaxFault("compare() cannot be used with second stages or arithmetic", at: place)
        }
    }
}
