internal import TelemetryModel

/// Writes queries in their plain form.
enum QueryPrinter {
    static func text(_ root: TraceQuery.Root, _ hints: [QueryHint]) -> String {
        var text =
            switch root {
            case .search(let stages): pipeline(stages)
            case .metrics(let expression): metrics(expression)
            }
        if !hints.isEmpty { text += " with(" + hints.map { "\($0.name)=\(value($0.value))" }.joined(separator: ", ") + ")" }
        return text
    }

    // MARK: Pipelines

    static func pipeline(_ stages: [PipelineStage]) -> String { stages.map(stage).joined(separator: " | ") }

    static func stage(_ stage: PipelineStage) -> String {
        switch stage {
        case .spanset(let expression): spanset(expression)
        case .filter(let aggregate, let comparison, let literal): "\(self.aggregate(aggregate)) \(comparison.rawValue) \(value(literal))"
        case .group(let expression): "by(\(field(expression)))"
        case .coalesce: "coalesce()"
        case .select(let fields): "select(\(fields.map(field).joined(separator: ", ")))"
        }
    }

    static func aggregate(_ aggregate: SpansetAggregate) -> String {
        switch aggregate {
        case .count: "count()"
        case .of(let function, let expression): "\(function.rawValue)(\(field(expression)))"
        }
    }

    static func spanset(_ expression: SpansetExpression) -> String {
        switch expression {
        case .filter(.literal(.bool(true))): "{ }"
        case .filter(let condition): "{ \(field(condition)) }"
        case .operation(let operation, let left, let right): "\(wrapped(left)) \(operation.symbol) \(wrapped(right))"
        case .pipeline(let stages): "(\(pipeline(stages)))"
        }
    }

    private static func wrapped(_ expression: SpansetExpression) -> String {
        if case .operation = expression { return "(\(spanset(expression)))" }
        return spanset(expression)
    }

    // MARK: Fields

    /// An expression over a span, as Tempo names what it computes: operands that are no value and no field stand in parentheses.
    static func field(_ expression: FieldExpression) -> String {
        switch expression {
        case .literal(let literal): value(literal)
        case .field(let name): field(name)
        case .negative(let operand): "-" + wrapped(operand)
        case .not(let operand): "!" + wrapped(operand)
        case .exists(let operand): wrapped(operand) + " != nil"
        case .isMissing(let operand): wrapped(operand) + " = nil"
        case .arithmetic(let operation, let left, let right): "\(wrapped(left)) \(operation.rawValue) \(wrapped(right))"
        case .comparison(let operation, let left, let right): "\(wrapped(left)) \(operation.rawValue) \(wrapped(right))"
        case .all(let operands): operands.map(wrapped).joined(separator: " && ")
        case .any(let operands): operands.map(wrapped).joined(separator: " || ")
        }
    }

    private static func wrapped(_ expression: FieldExpression) -> String {
        switch expression {
        case .literal, .field: field(expression)
        default: "(\(field(expression)))"
        }
    }

    static func field(_ name: TraceField) -> String {
        switch name {
        case .intrinsic(let intrinsic): intrinsic.rawValue
        case .attribute(let scope, let name): (scope?.rawValue ?? "") + "." + attribute(name, isBare: scope == nil)
        case .parentAttribute(let scope, let name): "parent." + (scope.map { $0.rawValue + "." } ?? "") + attribute(name, isBare: false)
        }
    }

    /// - Parameter isBare: whether nothing but a point stands before the name, so that digits would make a number of it.
    private static func attribute(_ name: String, isBare: Bool) -> String {
        let needsQuotes =
            name.isEmpty || (isBare && name.utf8.first?.isDigit == true)
            || name.unicodeScalars.contains {
                $0.properties.isWhitespace || $0 == "\"" || ($0.isASCII && Lexer.endsAttribute(UInt8($0.value)))
            }
        if !needsQuotes { return name }
        var text = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }

    // MARK: Values

    /// A value as it stands in a query.
    static func value(_ value: TraceValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringArray(let texts): "[" + texts.map(quoted).joined(separator: ", ") + "]"
        case .int(.min): "minInt"
        default: value.plainText
        }
    }

    private static func quoted(_ text: String) -> String {
        if !text.utf8.contains(where: { $0 == UInt8(ascii: "`") || $0 == 0x0d }) { return "`\(text)`" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    // MARK: Metrics

    static func metrics(_ expression: MetricsExpression) -> String {
        switch expression {
        case .aggregate(let stages, let aggregate): "\(pipeline(stages)) | \(metricsAggregate(aggregate))"
        case .arithmetic(let operation, let left, let right): "(\(metrics(left))) \(operation.rawValue) (\(metrics(right)))"
        case .scalar(let operation, let operand, let number, isScalarLeft: true):
            "\(self.number(number)) \(operation.rawValue) (\(metrics(operand)))"
        case .scalar(let operation, let operand, let number, isScalarLeft: false):
            "(\(metrics(operand))) \(operation.rawValue) \(self.number(number))"
        case .topK(let count, let operand): "\(metrics(operand)) | topk(\(count))"
        case .bottomK(let count, let operand): "\(metrics(operand)) | bottomk(\(count))"
        case .filter(let comparison, let number, let operand): "\(metrics(operand)) \(comparison.rawValue) \(self.number(number))"
        }
    }

    private static func number(_ number: Double) -> String {
        if let int = Int64(exactly: number) { return int == .min ? FloatText.openMetrics(number) : String(int) }
        return FloatText.openMetrics(number)
    }

    static func metricsAggregate(_ aggregate: MetricsAggregate) -> String {
        let call =
            switch aggregate.function {
            case .rate: "rate()"
            case .countOverTime: "count_over_time()"
            case .minOverTime(let field): "min_over_time(\(self.field(field)))"
            case .maxOverTime(let field): "max_over_time(\(self.field(field)))"
            case .sumOverTime(let field): "sum_over_time(\(self.field(field)))"
            case .avgOverTime(let field): "avg_over_time(\(self.field(field)))"
            case .quantileOverTime(let field, let quantiles):
                "quantile_over_time(\(self.field(field)), \(quantiles.map { FloatText.openMetrics($0) }.joined(separator: ", ")))"
            case .histogramOverTime(let field): "histogram_over_time(\(self.field(field)))"
            case .compare(let condition, let valuesMax, 0, 0):
                "compare(\(spanset(.filter(condition))), \(valuesMax))"
            case .compare(let condition, let valuesMax, let start, let end):
                "compare(\(spanset(.filter(condition))), \(valuesMax), \(start), \(end))"
            }
        if aggregate.by.isEmpty { return call }
        return "\(call) by(\(aggregate.by.map(field).joined(separator: ", ")))"
    }
}

extension TraceValue {
    /// The value as text without quotes, as it stands in labels and lists of values.
    var plainText: String {
        switch self {
        case .none: "nil"
        case .int(let value): String(value)
        case .float(let value): FloatText.openMetrics(value)
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .duration(let value): DurationText.text(value)
        case .status(let word): word.rawValue
        case .kind(let word): word.rawValue
        case .intArray, .floatArray, .stringArray, .boolArray: "[" + elements.map(\.plainText).joined(separator: ", ") + "]"
        }
    }
}
