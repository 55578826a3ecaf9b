/// One pipeline with the function that makes series of its spans.
struct MetricsQueryPart: Sendable, Hashable {
    var stages: [PipelineStage]
    var aggregate: MetricsAggregate

    /// The parts of an expression, those that are alike once.
    static func all(of expression: MetricsExpression) -> [MetricsQueryPart] {
        var parts: [MetricsQueryPart] = []
        func collect(_ expression: MetricsExpression) {
            switch expression {
            case .aggregate(let stages, let aggregate):
                let part = MetricsQueryPart(stages: stages, aggregate: aggregate)
                if !parts.contains(part) { parts.append(part) }
            case .arithmetic(_, let left, let right):
                collect(left)
                collect(right)
            case .scalar(_, let operand, _, _), .topK(_, let operand), .bottomK(_, let operand), .filter(_, _, let operand):
                collect(operand)
            }
        }
        collect(expression)
        return parts
    }

    /// What is counted or reckoned with.
    enum Measure {
        case count
        case least(TraceField)
        case greatest(TraceField)
        case sum(TraceField)
        case average(TraceField)
        /// Counted by bucket.
        case buckets(TraceField)

        var field: TraceField? {
            switch self {
            case .count: nil
            case .least(let field), .greatest(let field), .sum(let field), .average(let field), .buckets(let field): field
            }
        }
    }

    /// Nil for `compare()`.
    var measure: Measure? {
        switch aggregate.function {
        case .rate, .countOverTime: .count
        case .minOverTime(let field): .least(field)
        case .maxOverTime(let field): .greatest(field)
        case .sumOverTime(let field): .sum(field)
        case .avgOverTime(let field): .average(field)
        case .quantileOverTime(let field, _), .histogramOverTime(let field): .buckets(field)
        case .compare: nil
        }
    }

    /// The name of the function, for series without labels.
    var functionName: String {
        switch aggregate.function {
        case .rate: "rate"
        case .countOverTime: "count_over_time"
        case .minOverTime: "min_over_time"
        case .maxOverTime: "max_over_time"
        case .sumOverTime: "sum_over_time"
        case .avgOverTime: "avg_over_time"
        case .quantileOverTime: "quantile_over_time"
        case .histogramOverTime: "histogram_over_time"
        case .compare: "compare"
        }
    }
}
