internal import LabelMatching
internal import LinearRegex
internal import TelemetryModel

/// Writes queries in one form, whatever form they were written in. What it writes reads as the same query.
public struct LogQLPrinter: Sendable {
    /// What is longer is broken into lines by ``prettified(_:)``.
    static let lineLengthMax = 100

    public init() {}

    /// The query in one line.
    public func text(_ query: LogQuery) -> String {
        switch query.root {
        case .logs(let selector): text(selector)
        case .metric(let expression): text(expression)
        }
    }

    /// A selector with its pipeline in one line.
    public func text(_ selector: LogSelector) -> String {
        ([matchers(selector)] + selector.stages.map { text($0) }).joined(separator: " ")
    }

    func matchers(_ selector: LogSelector) -> String { "{" + selector.matchers.map { text($0) }.joined(separator: ", ") + "}" }

    private func text(_ matcher: LabelMatcher) -> String { matcher.name + matcher.operator.rawValue + GoQuoting.string(matcher.value) }

    // MARK: Stages

    func text(_ stage: PipelineStage) -> String {
        switch stage {
        case .lineFilter(let filter):
            filter.operator.rawValue + " "
                + filter.operands.map { $0.isAddress ? "ip(\(GoQuoting.string($0.text)))" : GoQuoting.string($0.text) }.joined(
                    separator: " or ")
        case .json(let extractions): "| json" + text(extractions)
        case .logfmt(let flags, let extractions):
            "| logfmt" + (flags.isStrict ? " --strict" : "") + (flags.keepsEmpty ? " --keep-empty" : "") + text(extractions)
        case .regexp(let expression): "| regexp " + GoQuoting.string(expression)
        case .pattern(let expression): "| pattern " + GoQuoting.string(expression)
        case .unpack: "| unpack"
        case .labelFilter(let filter): "| " + text(filter)
        case .lineFormat(let template): "| line_format " + GoQuoting.string(template)
        case .labelFormat(let formats):
            "| label_format "
                + formats.map { format in
                    switch format.source {
                    case .rename(let source): format.label + "=" + source
                    case .template(let template): format.label + "=" + GoQuoting.string(template)
                    }
                }.joined(separator: ",")
        case .decolorize: "| decolorize"
        case .drop(let choices): "| drop " + text(choices)
        case .keep(let choices): "| keep " + text(choices)
        }
    }

    private func text(_ extractions: [LabelExtraction]) -> String {
        if extractions.isEmpty { return "" }
        return " " + extractions.map { $0.label + "=" + GoQuoting.string($0.expression) }.joined(separator: ",")
    }

    private func text(_ choices: [LabelChoice]) -> String {
        choices.map { choice in
            switch choice {
            case .name(let name): name
            case .matcher(let matcher): text(matcher)
            }
        }.joined(separator: ",")
    }

    func text(_ filter: LabelFilter) -> String {
        switch filter {
        case .text(let matcher): text(matcher)
        case .address(let label, let isNegated, let range): label + (isNegated ? "!=" : "=") + "ip(\(GoQuoting.string(range)))"
        case .duration(let label, let comparison, let duration): label + comparison.rawValue + QueryDuration.goText(duration)
        case .byteSize(let label, let comparison, let size): label + comparison.rawValue + QueryByteSize.text(size)
        case .number(let label, let comparison, let number): label + comparison.rawValue + digits(number)
        case .both(let left, let right): "( \(text(left)) , \(text(right)) )"
        case .either(let left, let right): "( \(text(left)) or \(text(right)) )"
        }
    }

    // MARK: Metrics

    func text(_ expression: MetricExpression) -> String {
        switch expression {
        case .range(let aggregation):
            aggregation.operation.rawValue + "(" + (aggregation.parameter.map { digits($0) + "," } ?? "") + text(aggregation.range)
                + ")" + (aggregation.grouping.map { text($0) } ?? "")
        case .vector(let aggregation):
            aggregation.operation.rawValue + (aggregation.grouping.isSingle ? "" : text(aggregation.grouping)) + "("
                + (aggregation.operation.takesParameter ? "\(aggregation.parameter)," : "") + text(aggregation.operand) + ")"
        case .binary(let operation): "(\(text(operation.left)) \(operatorText(operation)) \(text(operation.right)))"
        case .literal(let value): literal(value)
        case .constantVector(let value): "vector(\(constant(value)))"
        case .labelReplace(let replacement):
            "label_replace("
                + ([text(replacement.operand)] + texts(replacement)).joined(separator: ",") + ")"
        }
    }

    /// What is no number, and what is too large for one, is written as what gives it.
    private func literal(_ value: Double) -> String {
        if value.isNaN { return "(0 / 0)" }
        if value.isInfinite { return value < 0 ? "(-1 * (10 ^ 309))" : "(10 ^ 309)" }
        return digits(value)
    }

    /// The shortest digits, except that the negative zero is not `-0`, which is read as a duration.
    private func digits(_ value: Double) -> String { value == 0 && value.sign == .minus ? "-0.0" : FloatText.fixed(value) }

    func offset(_ range: LogRange) -> String {
        let offset = range.offsetNanoseconds
        if offset == 0 { return "" }
        let isShort = offset > 0 && offset % 1_000_000 == 0
        return " offset " + (isShort ? QueryDuration.prometheusText(offset) : QueryDuration.goText(offset))
    }

    /// As Go's `%f` writes it, where that says it exactly.
    private func constant(_ value: Double) -> String {
        let text = QueryNumber.fixed(value)
        return Double(text) == value ? text : FloatText.fixed(value)
    }

    func texts(_ replacement: LabelReplacement) -> [String] {
        [replacement.destination, replacement.replacement, replacement.source, replacement.pattern.source].map { GoQuoting.string($0) }
    }

    func text(_ range: LogRange) -> String {
        var text = text(range.selector)
        if let unwrap = range.unwrap { text += " " + ([head(unwrap)] + unwrap.filters.map { "| " + self.text($0) }).joined(separator: " ") }
        text += "[\(QueryDuration.prometheusText(range.intervalNanoseconds))]"
        return text + offset(range)
    }

    func head(_ unwrap: Unwrap) -> String {
        guard let conversion = unwrap.conversion else { return "| unwrap " + unwrap.label }
        return "| unwrap \(conversion.rawValue)(\(unwrap.label))"
    }

    func text(_ grouping: Grouping) -> String {
        (grouping.isWithout ? " without " : " by ") + "(" + grouping.labels.joined(separator: ",") + ")"
    }

    func operatorText(_ operation: BinaryOperation, separator: String = ",") -> String {
        var text = operation.operator.rawValue + (operation.returnsBool ? " bool" : "")
        let matching = operation.matching
        guard matching.isWritten else { return text }
        text += (matching.isOn ? " on (" : " ignoring (") + matching.labels.joined(separator: separator) + ")"
        switch matching.cardinality {
        case .oneToOne: return text
        case .manyToOne: text += " group_left"
        case .oneToMany: text += " group_right"
        }
        // An empty list keeps the parenthesis of the operand from being read as one.
        return text + " (" + (matching.included ?? []).joined(separator: separator) + ")"
    }
}
