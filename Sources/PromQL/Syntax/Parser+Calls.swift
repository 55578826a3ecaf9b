internal import QueryModel
internal import TelemetryModel

extension Parser {
    // MARK: Functions

    /// A call of the function that `name` names; the next token is its left parenthesis.
    mutating func call(_ name: Token) throws(SyntaxFault) -> Operand {
        let (arguments, end, height) = try arguments()
        let text = lexer.text(name.range)
        guard let function = FunctionSignature.named(text) else {
            throw SyntaxFault("unknown function with name \(GoQuoting.string(text))", at: name.range)
        }
        if function.isExperimental && !features.contains(.experimentalFunctions) {
            throw SyntaxFault("function \(GoQuoting.string(text)) is not enabled", at: name.range)
        }
        let call = FunctionCall(function: function, arguments: arguments.map(\.expression), position: SourceRange(name.start, end))
        return try grown(Operand(expression: .call(call), type: function.result, height: height))
    }

    /// The arguments of a call in their parentheses.
    ///
    /// - Returns: the arguments, the end of the closing parenthesis, and the height of the highest argument.
    private mutating func arguments() throws(SyntaxFault) -> (arguments: [Operand], end: Int, height: Int) {
        _ = try expect(.leftParenthesis)
        if let closing = try accept(.rightParenthesis) { return ([], closing.end, 0) }
        var arguments = [try expression(above: .lowest)]
        while let comma = try accept(.comma) {
            guard try peek().kind.startsExpression else {
                throw SyntaxFault("trailing commas not allowed in function call args", at: comma.range)
            }
            arguments.append(try expression(above: .lowest))
        }
        let closing = try expect(.rightParenthesis)
        return (arguments, closing.end, arguments.reduce(0) { max($0, $1.height) })
    }

    // MARK: Aggregations

    /// An aggregation, whose name has been read; a grouping may stand before or after the arguments.
    mutating func aggregation(_ operator: AggregationOperator, at name: Token) throws(SyntaxFault) -> Operand {
        let outer = context
        context = Context(place: "aggregation")
        var grouping = try self.grouping()
        let (arguments, argumentsEnd, height) = try arguments()
        var end = argumentsEnd
        if grouping == nil, let after = try self.grouping() {
            grouping = after
            end = after.end
        }
        context = outer
        let position = SourceRange(name.start, end)
        if arguments.isEmpty { throw SyntaxFault("no arguments for aggregate expression provided", at: position) }
        if `operator`.isExperimental && !features.contains(.experimentalFunctions) {
            let advice = "is experimental and must be enabled with --enable-feature=promql-experimental-functions"
            throw SyntaxFault("\(`operator`.rawValue)() \(advice)", at: position)
        }
        let wanted = `operator`.takesParameter ? 2 : 1
        if arguments.count != wanted {
            let counts = "expected \(wanted), got \(arguments.count)"
            throw SyntaxFault("wrong number of arguments for aggregate expression provided, \(counts)", at: position)
        }
        let node = Aggregation(
            operator: `operator`, expression: arguments[wanted - 1].expression,
            parameter: wanted == 2 ? arguments[0].expression : nil,
            grouping: grouping?.labels ?? [], isWithout: grouping?.isWithout ?? false, position: position)
        return try grown(Operand(expression: .aggregation(node), type: .vector, height: height))
    }

    /// `by (…)` or `without (…)`, if the next token is one of them.
    private mutating func grouping() throws(SyntaxFault) -> (labels: [String], isWithout: Bool, end: Int)? {
        let keyword = try peek()
        guard keyword.kind == .by || keyword.kind == .without else { return nil }
        advance()
        let (labels, end) = try labelNames()
        return (labels, keyword.kind == .without, end)
    }

    /// Label names in parentheses; a comma may follow the last. Words that are keywords elsewhere are names here.
    mutating func labelNames() throws(SyntaxFault) -> (names: [String], end: Int) {
        let outer = context
        defer { context = outer }
        context = Context(place: "grouping opts", expected: "\"(\"")
        _ = try expect(.leftParenthesis)
        if let closing = try accept(.rightParenthesis) { return ([], closing.end) }
        var names: [String] = []
        while true {
            context.expected = "label"
            names.append(try labelName())
            context.expected = "\",\" or \")\""
            if let closing = try accept(.rightParenthesis) { return (names, closing.end) }
            _ = try expect(.comma)
            if let closing = try accept(.rightParenthesis) { return (names, closing.end) }
        }
    }

    private mutating func labelName() throws(SyntaxFault) -> String {
        let token = try peek()
        if token.kind == .string {
            advance()
            let bytes = try unquoted(token)
            let name = String(decoding: bytes, as: UTF8.self)
            if bytes.isEmpty || !isUTF8(bytes) {
                throw SyntaxFault("invalid label name for grouping: \(GoQuoting.string(name))", at: token.range)
            }
            return name
        }
        guard token.kind.isLabelName else { throw unexpected(token) }
        advance()
        return lexer.text(token.range)
    }
}

extension AggregationOperator {
    /// Whether it needs the feature `promql-experimental-functions`.
    public var isExperimental: Bool { self == .limitk || self == .limitRatio }
}
