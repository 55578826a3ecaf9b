internal import QueryModel

extension Parser {
    static let metricsWords: Set<String> = [
        "rate", "count_over_time", "min_over_time", "max_over_time", "sum_over_time", "avg_over_time", "quantile_over_time",
        "histogram_over_time", "compare",
    ]

    /// Tempo allows so many fields in `by()`.
    private static let groupsMax = 5
    private static let compareValuesMax = 1000

    /// A function that makes series of spans, with its `by(…)`.
    mutating func parseMetricsAggregate() throws(SyntaxFault) -> MetricsAggregate {
        guard case .word(let word) = token else { throw unexpected("expecting a metrics function") }
        let start = range.start
        let function = try parseMetricsFunction(word)
        guard isAt(word: "by") else { return MetricsAggregate(function) }
        if case .compare = function { throw unexpected("compare() has no by(…)") }
        try advance()
        try expect(.openParenthesis, "behind `by`")
        let fields = try parseFieldList()
        try expect(.closeParenthesis, "behind the fields of `by`")
        let most: Int
        switch function {
        case .avgOverTime, .quantileOverTime, .histogramOverTime: most = Parser.groupsMax - 1
        default: most = Parser.groupsMax
        }
        if fields.count > most {
            throw SyntaxFault(
                "\(word)() is grouped by \(most) fields at most, and these are \(fields.count)", at: SourceRange(start, previousEnd))
        }
        return MetricsAggregate(function, by: fields)
    }

    private mutating func parseMetricsFunction(_ word: String) throws(SyntaxFault) -> MetricsAggregate.Function {
        switch word {
        case "rate":
            try parseNoArguments()
            return .rate
        case "count_over_time":
            try parseNoArguments()
            return .countOverTime
        case "compare": return try parseCompare()
        case "quantile_over_time":
            let field = try parseMetricsField(word)
            var quantiles: [Double] = []
            while try take(.comma) { quantiles.append(try parseQuantile()) }
            if quantiles.isEmpty { throw unexpected("expecting quantiles behind the field, such as quantile_over_time(duration, 0.9)") }
            try expect(.closeParenthesis, "behind the quantiles")
            return .quantileOverTime(field, quantiles)
        default:
            let field = try parseMetricsField(word)
            try expect(.closeParenthesis, "behind the field of `\(word)`")
            return switch word {
            case "min_over_time": .minOverTime(field)
            case "max_over_time": .maxOverTime(field)
            case "sum_over_time": .sumOverTime(field)
            case "avg_over_time": .avgOverTime(field)
            default: .histogramOverTime(field)
            }
        }
    }

    private mutating func parseMetricsField(_ word: String) throws(SyntaxFault) -> TraceField {
        try advance()
        try expect(.openParenthesis, "behind `\(word)`")
        let start = range.start
        guard let field = try parseFieldName() else {
            throw unexpected("expecting a field with numbers, such as duration or .http.response_size")
        }
        try checkSupported(field, at: SourceRange(start, previousEnd))
        return field
    }

    private mutating func parseQuantile() throws(SyntaxFault) -> Double {
        let quantile: Double
        switch token {
        case .int(let value): quantile = Double(value)
        case .float(let value): quantile = value
        default: throw unexpected("expecting a quantile between 0 and 1")
        }
        if quantile < 0 || quantile > 1 { throw SyntaxFault("a quantile lies between 0 and 1", at: range) }
        try advance()
        return quantile
    }

    private mutating func parseCompare() throws(SyntaxFault) -> MetricsAggregate.Function {
        try advance()
        try expect(.openParenthesis, "behind `compare`")
        let condition = try parseFilter()
        var numbers: [Int64] = []
        let start = range.start
        while try take(.comma) {
            guard case .int(let number) = token else { throw unexpected("expecting an int") }
            numbers.append(number)
            try advance()
        }
        let place = SourceRange(start, previousEnd)
        try expect(.closeParenthesis, "behind the arguments of `compare`")
        guard numbers.isEmpty || numbers.count == 1 || numbers.count == 3 else {
            throw SyntaxFault("compare() takes a selector, the number of values, and, both or none, start and end", at: place)
        }
        let valuesMax = numbers.first ?? 10
        guard valuesMax > 0, valuesMax <= Parser.compareValuesMax else {
            throw SyntaxFault("compare() tells between 1 and \(Parser.compareValuesMax) values of each attribute", at: place)
        }
        var times: (start: Int64, end: Int64) = (0, 0)
        if numbers.count == 3 {
            times = (numbers[1], numbers[2])
            if times != (0, 0) && (times.start <= 0 || times.end <= times.start) {
                throw SyntaxFault("start and end of compare() are unix nanoseconds, the end behind the start", at: place)
            }
        }
        return .compare(condition, valuesMax: Int(valuesMax), start: times.start, end: times.end)
    }

    // MARK: Second stages

    /// Reads `| topk(…)`, `| bottomk(…)` and comparisons with numbers, as many as follow.
    mutating func parseSecondStages(_ first: MetricsExpression) throws(SyntaxFault) -> MetricsExpression {
        var expression = first
        var depth = 0
        while true {
            let start = range.start
            if try take(.pipe) {
                guard case .word(let word) = token, word == "topk" || word == "bottomk" else {
                    throw unexpected("behind a metrics function stand topk(…), bottomk(…) or a comparison with a number")
                }
                try refuseCompare(first, SourceRange(start, range.end))
                let count = try parseCount(word)
                expression = word == "topk" ? .topK(count, expression) : .bottomK(count, expression)
            } else if case .symbol(let symbol) = token, let comparison = ComparisonOperator(rawValue: symbol.rawValue),
                !comparison.isPattern
            {
                try refuseCompare(first, range)
                try advance()
                expression = .filter(comparison, try parseThreshold(), expression)
            } else {
                return expression
            }
            depth += 1
            if depth > Parser.depthMax {
                throw SyntaxFault("more than \(Parser.depthMax) stages: make the query simpler", at: SourceRange(start, previousEnd))
            }
        }
    }

    private mutating func parseCount(_ word: String) throws(SyntaxFault) -> Int {
        try advance()
        try expect(.openParenthesis, "behind `\(word)`")
        guard case .int(let count) = token else { throw unexpected("\(word)() takes the number of series, such as \(word)(5)") }
        if count <= 0 { throw SyntaxFault("\(word)() takes a number above 0", at: range) }
        try advance()
        try expect(.closeParenthesis, "behind the number of `\(word)`")
        return Int(count)
    }

    /// The number that samples are compared with; durations count in seconds, as series of durations do.
    private mutating func parseThreshold() throws(SyntaxFault) -> Double {
        let start = range.start
        switch try parseNumberPiece() {
        case .number(.int(let value)): return Double(value)
        case .number(.float(let value)): return value
        case .number(.duration(let value)): return Double(value) / 1e9
        default: throw SyntaxFault("series are compared with a number or a duration", at: SourceRange(start, previousEnd))
        }
    }
}
