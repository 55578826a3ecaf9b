internal import QueryModel

/// What stands between two bars, in parentheses, or beside an operator, before it is known what becomes of it.
enum QueryPiece {
    /// Filters, joined by operators. In parentheses it may stand beside pipelines in parentheses as well.
    case spanset(SpansetExpression, isClosed: Bool)
    /// Pipelines in parentheses, joined by operators.
    case wrapped(SpansetExpression)
    case number(TraceValue)
    case aggregate(SpansetAggregate)
    case stage(PipelineStage)
    case metrics(MetricsExpression)
}

/// What a whole query, or the inside of parentheses, turns out to be.
enum QuerySequence {
    /// Filters alone, joined by operators.
    case selector([PipelineStage])
    case stages([PipelineStage])
    case metrics(MetricsExpression)
    case number(TraceValue)
    case aggregate(SpansetAggregate)
}

extension Parser {
    /// Reads stages with bars between, up to the end or a closing parenthesis.
    mutating func parseSequence(isInParentheses: Bool) throws(SyntaxFault) -> QuerySequence {
        if isAt(word: "coalesce") { throw unexpected("a query cannot begin with coalesce(): put a selector and a bar in front") }
        let start = range.start
        var stages: [PipelineStage]
        switch try parsePiece() {
        case .metrics(let expression):
            if isInParentheses && !isAt(.closeParenthesis) {
                throw unexpected("in parentheses only a single metrics query may be filtered: close them before")
            }
            return .metrics(try parseSecondStages(expression))
        case .number(let value): return .number(value)
        case .aggregate(let aggregate): return .aggregate(aggregate)
        case .wrapped(let expression):
            if isAt(.pipe) { throw unexpected("nothing can follow pipelines in parentheses: put the stage inside of them") }
            return .stages([.spanset(expression)])
        case .spanset(let expression, _):
            stages = [.spanset(expression)]
            if !isAt(.pipe) { return .selector(stages) }
        case .stage(let stage): stages = [stage]
        }
        while try take(.pipe) {
            if case .word(let word) = token, Parser.metricsWords.contains(word) {
                let aggregate = try parseMetricsAggregate()
                return .metrics(try parseSecondStages(.aggregate(stages, aggregate)))
            }
            let pieceStart = range.start
            switch try parsePiece() {
            case .spanset(let expression, _): stages.append(.spanset(expression))
            case .stage(let stage): stages.append(stage)
            case .wrapped, .metrics:
                throw SyntaxFault(
                    "behind a bar stands a single stage, not a query in parentheses", at: SourceRange(pieceStart, previousEnd))
            case .number, .aggregate:
                let advice = "a number alone is no stage: compare an aggregate with it, such as count() > 2"
                throw SyntaxFault(advice, at: SourceRange(isInParentheses ? start : pieceStart, previousEnd))
            }
        }
        return .stages(stages)
    }

    // MARK: Pieces

    private static func power(_ symbol: Token.Symbol) -> Int? {
        switch symbol {
        case .and, .or: 1
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .matches, .notMatches, .descendant, .ancestor, .sibling,
            .notChild, .notParent, .notDescendant, .notAncestor, .unionSibling, .unionChild, .unionParent, .unionDescendant, .unionAncestor:
            2
        case .add, .subtract: 3
        case .multiply, .divide, .modulo: 5
        case .power: 6
        default: nil
        }
    }

    /// A piece without comparisons.
    mutating func parseNumberPiece() throws(SyntaxFault) -> QueryPiece { try parsePiece(3) }

    private mutating func parsePiece(_ power: Int = 0) throws(SyntaxFault) -> QueryPiece {
        try nested { parser throws(SyntaxFault) in
            let start = parser.range.start
            var left = try parser.parsePieceOperand()
            var depth = 1
            while case .symbol(let symbol) = parser.token, let strength = Parser.power(symbol), strength >= power {
                if case .stage = left { break }
                // Comparisons of series are stages of their own.
                if case .metrics = left, strength == 2 { break }
                let place = parser.range
                try parser.advance()
                let right = try parser.parsePiece(symbol == .power ? strength : strength + 1)
                left = try parser.join(symbol, left, right, operatorAt: place, SourceRange(start, parser.previousEnd))
                depth += 1
                if depth > Parser.depthMax {
                    throw SyntaxFault("more than \(Parser.depthMax) operators in a row: make the query simpler", at: place)
                }
            }
            return left
        }
    }

    private mutating func parsePieceOperand() throws(SyntaxFault) -> QueryPiece {
        let start = range.start
        switch token {
        case .symbol(.openBrace): return .spanset(.filter(try parseFilter()), isClosed: false)
        case .symbol(.openParenthesis): return try parseParentheses()
        case .symbol(.subtract):
            try advance()
            let operand = try nested { parser throws(SyntaxFault) in try parser.parsePieceOperand() }
            guard case .number(let value) = operand else { throw SyntaxFault("`-` wants a number", at: SourceRange(start, previousEnd)) }
            return .number(Arithmetic.negative(value))
        case .int(let value):
            try advance()
            return .number(.int(value))
        case .float(let value):
            try advance()
            return .number(.float(value))
        case .duration(let value):
            try advance()
            return .number(.duration(value))
        case .word(let word): return try parseCall(word)
        case .end: throw unexpected("expecting a selector such as { status = error }")
        default:
            if case .attribute = token { throw unexpected("a condition stands in braces, such as { .http.method = \"GET\" }") }
            throw unexpected("expecting a selector, such as { status = error }, or a stage, such as count() > 2")
        }
    }

    private mutating func parseParentheses() throws(SyntaxFault) -> QueryPiece {
        let start = range.start
        try advance()
        let inner = try nested { parser throws(SyntaxFault) in try parser.parseSequence(isInParentheses: true) }
        try expect(.closeParenthesis, "to close the parenthesis at byte \(start + 1)")
        switch inner {
        case .selector(let stages):
            if case .spanset(let expression)? = stages.first { return .spanset(expression, isClosed: true) }
            return .wrapped(.pipeline(stages))
        case .stages(let stages):
            // Parentheses around pipelines that have some already say nothing.
            if stages.count == 1, case .spanset(let expression) = stages[0], !expression.isFilters { return .wrapped(expression) }
            return .wrapped(.pipeline(stages))
        case .metrics(let expression): return .metrics(expression)
        case .number(let value): return .number(value)
        case .aggregate(let aggregate): return .aggregate(aggregate)
        }
    }

    mutating func parseFilter() throws(SyntaxFault) -> FieldExpression {
        let start = range.start
        try expect(.openBrace, "at the start of a selector")
        if try take(.closeBrace) { return .literal(.bool(true)) }
        let condition = try parseFieldExpression()
        try expect(.closeBrace, "to close the selector at byte \(start + 1)")
        guard condition.type == .bool || condition.type == .attribute else {
            throw SyntaxFault(
                "a selector holds a condition, and this is \(condition.type.words): compare it with something", at: condition.range)
        }
        return condition.expression
    }

    private mutating func parseCall(_ word: String) throws(SyntaxFault) -> QueryPiece {
        let start = range.start
        switch word {
        case "count":
            try parseNoArguments()
            return .aggregate(.count)
        case "max", "min", "sum", "avg":
            guard let function = SpansetAggregate.Function(rawValue: word) else { throw unexpected("no such aggregate") }
            try advance()
            try expect(.openParenthesis, "behind `\(word)`")
            let argument = try parseFieldExpression()
            try expect(.closeParenthesis, "behind the argument of `\(word)`")
            guard argument.type == .attribute || argument.type.isNumeric else {
                throw SyntaxFault("\(word)() is of numbers and durations, and this is \(argument.type.words)", at: argument.range)
            }
            guard argument.expression.readsSpan else {
                throw SyntaxFault("\(word)() is of something of the span, such as duration or .http.response_size", at: argument.range)
            }
            return .aggregate(.of(function, argument.expression))
        case "by":
            try advance()
            try expect(.openParenthesis, "behind `by`")
            let key = try parseFieldExpression()
            try expect(.closeParenthesis, "behind the argument of `by`")
            guard key.expression.readsSpan else {
                throw SyntaxFault("spans are grouped by something of the span, such as by(resource.service.name)", at: key.range)
            }
            return .stage(.group(key.expression))
        case "coalesce":
            try parseNoArguments()
            return .stage(.coalesce)
        case "select":
            try advance()
            try expect(.openParenthesis, "behind `select`")
            let fields = try parseFieldList()
            try expect(.closeParenthesis, "behind the fields of `select`")
            return .stage(.select(fields))
        default:
            if Parser.metricsWords.contains(word) || word == "topk" || word == "bottomk" {
                let advice = word.hasSuffix("k") ? "{ } | rate() by (name) | \(word)(5)" : "{ status = error } | \(word)(…)"
                throw SyntaxFault("`\(word)` comes behind a bar: write \(advice)", at: SourceRange(start, range.end))
            }
            throw unexpected("expecting a selector, such as { name = \"\(word)\" }, or a stage, such as count() > 2")
        }
    }

    mutating func parseNoArguments() throws(SyntaxFault) {
        guard case .word(let word) = token else { throw unexpected("expecting a function") }
        try advance()
        try expect(.openParenthesis, "behind `\(word)`")
        try expect(.closeParenthesis, "behind `\(word)(`, which takes no arguments here")
    }
}

extension SpansetExpression {
    /// Whether it consists of filters and operators only.
    var isFilters: Bool {
        switch self {
        case .filter: true
        case .operation(_, let left, let right): left.isFilters && right.isFilters
        case .pipeline: false
        }
    }
}
