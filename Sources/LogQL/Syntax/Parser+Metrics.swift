internal import LinearRegex
internal import QueryModel

extension Parser {
    // MARK: Operators

    /// How tightly an operator binds, and whether it groups to the right.
    private static func binding(_ binaryOperator: BinaryOperation.Operator) -> (least: Int, right: Int) {
        switch binaryOperator {
        case .or: (1, 2)
        case .and, .unless: (2, 3)
        case .equal, .notEqual, .greater, .greaterOrEqual, .less, .lessOrEqual: (3, 4)
        case .add, .subtract: (4, 5)
        case .multiply, .divide, .modulo: (5, 6)
        case .power: (6, 6)
        }
    }

    mutating func parseExpression(_ leastBinding: Int = 0) throws(SyntaxFault) -> LogQuery.Root {
        var left = try parseOperand()
        while case .word(let word) = token, let binaryOperator = BinaryOperation.Operator(rawValue: word.rawValue) {
            let binding = Parser.binding(binaryOperator)
            if binding.least < leastBinding { break }
            try countOperator()
            try advance()
            let (returnsBool, matching) = try parseModifiers()
            let right = try nested { (parser: inout Parser) throws(SyntaxFault) in try parser.parseExpression(binding.right) }
            left = combine(binaryOperator, left, right, returnsBool, matching)
        }
        return left
    }

    private mutating func combine(
        _ binaryOperator: BinaryOperation.Operator, _ left: LogQuery.Root, _ right: LogQuery.Root, _ returnsBool: Bool,
        _ matching: VectorMatching
    ) -> LogQuery.Root {
        guard case .metric(let leftSide) = left else { return misfit("left leg of binary operation (\(binaryOperator.rawValue))", left) }
        guard case .metric(let rightSide) = right else {
            return misfit("right leg of binary operation (\(binaryOperator.rawValue))", right)
        }
        if binaryOperator.isSetOperator {
            for (side, name) in [(leftSide, "left"), (rightSide, "right")] {
                guard case .literal(let value) = side else { continue }
                let shown = QueryNumber.fixed(value)
                deferFault("unexpected literal for \(name) leg of logical/set binary operation (\(binaryOperator.rawValue)): \(shown)")
            }
        }
        if case .literal(let leftValue) = leftSide, case .literal(let rightValue) = rightSide, !binaryOperator.isSetOperator {
            return .metric(.literal(binaryOperator.fold(leftValue, rightValue)))
        }
        return .metric(.binary(BinaryOperation(binaryOperator, leftSide, rightSide, returnsBool: returnsBool, matching: matching)))
    }

    private mutating func misfit(_ place: String, _ operand: LogQuery.Root) -> LogQuery.Root {
        var kind = "*syntax.MatchersExpr"
        if case .logs(let selector) = operand, !selector.stages.isEmpty { kind = "*syntax.PipelineExpr" }
        deferFault("unexpected type for \(place): \(kind)")
        return .metric(.literal(0))
    }

    private mutating func parseModifiers() throws(SyntaxFault) -> (Bool, VectorMatching) {
        let returnsBool = try take(.bool)
        var matching = VectorMatching()
        guard isAt(.on) || isAt(.ignoring) else { return (returnsBool, matching) }
        matching.isWritten = true
        matching.isOn = isAt(.on)
        try advance()
        try expect(.openParenthesis)
        matching.labels = try parseLabels()
        guard isAt(.groupLeft) || isAt(.groupRight) else { return (returnsBool, matching) }
        matching.cardinality = isAt(.groupLeft) ? .manyToOne : .oneToMany
        try advance()
        if try take(.openParenthesis) {
            let labels = try parseLabels()
            if !labels.isEmpty { matching.included = labels }
        }
        return (returnsBool, matching)
    }

    // MARK: Operands

    private mutating func parseOperand() throws(SyntaxFault) -> LogQuery.Root {
        switch token {
        case .word(.openBrace):
            let matchers = try parseMatchers()
            let (stages, isAtUnwrap) = try parseStages()
            if isAtUnwrap { throw unexpected() }
            return .logs(LogSelector(matchers: matchers, stages: stages))
        case .word(.openParenthesis):
            try advance()
            let inner = try nested { (parser: inout Parser) throws(SyntaxFault) in try parser.parseExpression() }
            try expect(.closeParenthesis)
            return inner
        case .word(.vector): return .metric(try parseConstantVector())
        case .word(.labelReplace): return .metric(try parseLabelReplace())
        case .word(let word):
            if let operation = RangeAggregation.Operation(rawValue: word.rawValue) { return .metric(try parseRangeAggregation(operation)) }
            if let operation = VectorAggregation.Operation(rawValue: word.rawValue) { return .metric(try parseAggregation(operation)) }
        default: break
        }
        guard let number = try parseSignedNumber() else { throw unexpected() }
        switch number {
        case .success(let number): return .metric(.literal(number))
        case .failure(let fault):
            deferFault(fault.message)
            return .metric(.literal(0))
        }
    }

    /// A number with or without sign; nil where there is none.
    mutating func parseSignedNumber() throws(SyntaxFault) -> Result<Double, SyntaxFault>? {
        let isNegative = isAt(.subtract)
        if isNegative || isAt(.add) {
            try advance()
            guard case .number = token else { throw unexpected(expecting: ["NUMBER"]) }
        }
        guard case .number(let text) = token else { return nil }
        try advance()
        return QueryNumber.parse(text).map { isNegative ? -$0 : $0 }.mapError { SyntaxFault("unable to parse literal as a float: \($0)") }
    }

    private mutating func parseConstantVector() throws(SyntaxFault) -> MetricExpression {
        try advance()
        try expect(.openParenthesis)
        guard case .number(let text) = token else { throw unexpected(expecting: ["NUMBER"]) }
        try advance()
        try expect(.closeParenthesis)
        switch QueryNumber.parse(text) {
        case .success(let value): return .constantVector(value)
        case .failure(let fault):
            deferFault("unable to parse vectorExpr as a float: \(fault)")
            return .constantVector(0)
        }
    }

    /// An expression that gives numbers, up to a token that must follow it.
    private mutating func parseMetric(until end: Token.Word) throws(SyntaxFault) -> MetricExpression {
        let expression = try nested { (parser: inout Parser) throws(SyntaxFault) in try parser.parseExpression() }
        guard case .metric(let metric) = expression else { throw unexpected() }
        if !isAt(end) { throw unexpected() }
        try advance()
        return metric
    }

    private mutating func parseLabelReplace() throws(SyntaxFault) -> MetricExpression {
        try advance()
        try expect(.openParenthesis)
        let operand = try parseMetric(until: .comma)
        var texts = [try expectString()]
        for _ in 0..<3 {
            try expect(.comma)
            texts.append(try expectString())
        }
        try expect(.closeParenthesis)
        do throws(LinearPatternError) {
            let pattern = try LinearPattern(texts[3], anchored: true)
            return .labelReplace(
                LabelReplacement(operand, destination: texts[0], replacement: texts[1], source: texts[2], pattern: pattern))
        } catch {
            deferFault("invalid regex in label_replace: \(error)")
            return .literal(0)
        }
    }

    // MARK: Aggregations

    private mutating func parseAggregation(_ operation: VectorAggregation.Operation) throws(SyntaxFault) -> MetricExpression {
        try advance()
        var grouping = try parseGrouping()
        try expect(.openParenthesis)
        var parameter: String?
        let operand: MetricExpression
        if case .number(let text) = token, try isFollowedByComma() {
            parameter = text
            try advance()
            try advance()
        }
        operand = try parseMetric(until: .closeParenthesis)
        if grouping == nil { grouping = try parseGrouping() }
        let count = checkedParameter(operation, parameter, isGrouped: grouping != nil)
        return .vector(VectorAggregation(operation, parameter: count, operand, grouping: grouping ?? Grouping()))
    }

    private mutating func checkedParameter(_ operation: VectorAggregation.Operation, _ text: String?, isGrouped: Bool) -> Int {
        let name = operation.rawValue
        guard operation.takesParameter else {
            if let text { deferFault("unsupported parameter for operation \(name)(\(text),") }
            return 0
        }
        guard let text else {
            deferFault("parameter required for operation \(name)")
            return 0
        }
        guard let count = Int(text) else {
            deferFault("invalid parameter \(name)(\(text),")
            return 0
        }
        if count <= 0 { deferFault("invalid parameter (must be greater than 0) \(name)(\(text)") }
        if operation == .approximateTopK && isGrouped { deferFault("grouping not allowed for \(name) aggregation") }
        return count
    }

    /// Whether a comma stands behind the number at hand, which is a parameter then.
    private func isFollowedByComma() throws(SyntaxFault) -> Bool {
        var ahead = self
        try ahead.advance()
        return ahead.isAt(.comma)
    }

    mutating func parseGrouping() throws(SyntaxFault) -> Grouping? {
        guard isAt(.by) || isAt(.without) else { return nil }
        let isWithout = isAt(.without)
        try advance()
        try expect(.openParenthesis)
        return Grouping(labels: try parseLabels(), isWithout: isWithout)
    }
}
