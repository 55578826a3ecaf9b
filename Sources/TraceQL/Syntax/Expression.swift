/// What is computed of one span.
public indirect enum FieldExpression: Sendable, Hashable {
    case literal(TraceValue)
    case field(TraceField)
    case negative(FieldExpression)
    case not(FieldExpression)
    /// `… != nil`
    case exists(FieldExpression)
    /// `… = nil`
    case isMissing(FieldExpression)
    case arithmetic(ArithmeticOperator, FieldExpression, FieldExpression)
    case comparison(ComparisonOperator, FieldExpression, FieldExpression)
    /// Two or more, joined by `&&`.
    case all([FieldExpression])
    /// Two or more, joined by `||`.
    case any([FieldExpression])
}

public enum ArithmeticOperator: String, Sendable, Hashable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
}

public enum ComparisonOperator: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case matches = "=~"
    case doesNotMatch = "!~"

    var isPattern: Bool { self == .matches || self == .doesNotMatch }
}

/// How the spans of two sets have to stand to each other.
public enum SpansetOperator: Sendable, Hashable, CaseIterable {
    case and, or
    /// `A > B`: those of B that are children of one of A; and so on. Negated: those of B that are not. Union: those of both sides that have
    /// a counterpart.
    case child, parent, descendant, ancestor, sibling
    case notChild, notParent, notDescendant, notAncestor, notSibling
    case unionChild, unionParent, unionDescendant, unionAncestor, unionSibling

    public var symbol: String {
        switch self {
        case .and: "&&"
        case .or: "||"
        case .child: ">"
        case .parent: "<"
        case .descendant: ">>"
        case .ancestor: "<<"
        case .sibling: "~"
        case .notChild: "!>"
        case .notParent: "!<"
        case .notDescendant: "!>>"
        case .notAncestor: "!<<"
        case .notSibling: "!~"
        case .unionChild: "&>"
        case .unionParent: "&<"
        case .unionDescendant: "&>>"
        case .unionAncestor: "&<<"
        case .unionSibling: "&~"
        }
    }
}

/// What finds sets of spans in a trace.
public indirect enum SpansetExpression: Sendable, Hashable {
    /// `{ … }`
    case filter(FieldExpression)
    case operation(SpansetOperator, SpansetExpression, SpansetExpression)
    /// In parentheses.
    case pipeline([PipelineStage])
}

/// One stage of a pipeline: sets of spans of a trace come in, sets go out.
public enum PipelineStage: Sendable, Hashable {
    case spanset(SpansetExpression)
    /// Keeps the sets of which a number computed of their spans compares with another.
    case filter(SpansetAggregate, ComparisonOperator, TraceValue)
    case group(FieldExpression)
    case coalesce
    case select([TraceField])
}

/// A number computed of the spans of a set.
public enum SpansetAggregate: Sendable, Hashable {
    public enum Function: String, Sendable, Hashable, CaseIterable { case max, min, sum, avg }
    case count
    case of(Function, FieldExpression)
}

/// What makes series of the spans that a pipeline finds.
public struct MetricsAggregate: Sendable, Hashable {
    public enum Function: Sendable, Hashable {
        case rate
        case countOverTime
        case minOverTime(TraceField)
        case maxOverTime(TraceField)
        case sumOverTime(TraceField)
        case avgOverTime(TraceField)
        case quantileOverTime(TraceField, [Double])
        case histogramOverTime(TraceField)
        /// Spans that pass the filter against those that do not. Where `start` and `end` are not 0, only spans that started after the first
        /// and not after the second (nanoseconds) may pass.
        case compare(FieldExpression, valuesMax: Int, start: Int64, end: Int64)
    }

    public var function: Function
    public var by: [TraceField]

    public init(_ function: Function, by: [TraceField] = []) {
        self.function = function
        self.by = by
    }
}

/// What computes series.
public indirect enum MetricsExpression: Sendable, Hashable {
    case aggregate([PipelineStage], MetricsAggregate)
    /// Without modulo and power.
    case arithmetic(ArithmeticOperator, MetricsExpression, MetricsExpression)
    case scalar(ArithmeticOperator, MetricsExpression, Double, isScalarLeft: Bool)
    case topK(Int, MetricsExpression)
    case bottomK(Int, MetricsExpression)
    /// Keeps the samples that compare with a number.
    case filter(ComparisonOperator, Double, MetricsExpression)
}

/// Advice of a query to whoever runs it.
public struct QueryHint: Sendable, Hashable {
    public var name: String
    public var value: TraceValue

    public init(_ name: String, _ value: TraceValue) {
        self.name = name
        self.value = value
    }
}
