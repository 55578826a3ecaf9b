internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// An expression made ready for evaluation: durations are numbers, anchors are times, names of functions are looked up, parentheses are gone,
/// and what does not change from step to step is marked.
indirect enum PlanNode: Sendable {
    case number(Double)
    case string(String)
    case selector(SelectorPlan)
    case rangeFunction(RangeFunction, RangeSource, arguments: [PlanNode], call: FunctionCall)
    case absentOverTime(RangeSource, call: FunctionCall)
    /// `vector` is nil where a function of time was called without argument.
    case elementFunction(ElementFunction, vector: PlanNode?, arguments: [PlanNode], call: FunctionCall)
    /// `timestamp` of a plain selector: the times of the samples themselves.
    case sampleTime(SelectorPlan)
    /// `start_timestamp` of a plain selector: when the samples began to be counted.
    case sampleStart(SelectorPlan)
    case vectorFunction(VectorFunction, arguments: [PlanNode], call: FunctionCall)
    case scalarFunction(ScalarFunction, arguments: [PlanNode], call: FunctionCall)
    case info(InfoPlan)
    case aggregation(AggregationPlan)
    case negation(PlanNode)
    case scalarBinary(BinaryOperator, PlanNode, PlanNode)
    case vectorScalar(VectorScalarPlan)
    case vectorBinary(VectorBinaryPlan)
    /// Evaluated at the first step only; the result stands for all steps.
    case stepInvariant(PlanNode)
    /// A whole query that gives a range vector; only at the root of an instant query.
    case matrix(RangeSource)
    /// A node whose cost is taken down, by the number of its part; only in queries that are explained.
    case traced(Int, PlanNode)
}

/// Which samples a selector reads.
struct SelectorPlan: Sendable {
    var matchers: [LabelMatcher]
    /// Milliseconds to take from the evaluation time.
    var offset: Int64
    /// The time of `@`, instead of the evaluation time.
    var anchor: Timestamp?
    var boundary: RangeBoundary
    /// Whether of histograms only count, sum and resets matter to what is around the selector, so that buckets are left out.
    var needsStatisticsOnly: Bool = false
    var position: SourceRange
    /// The number of the part, in a query that is explained.
    var part: Int?

    /// Whether all series share one metric name, so that they stay distinct when it is dropped.
    var hasOneName: Bool { matchers.contains { $0.operator == .equal && $0.name == LabelName.metricName && !$0.value.isEmpty } }

    /// The time at which the selector looks, for one evaluation time.
    func lookupTime(_ time: Timestamp) -> Timestamp { (anchor ?? time) - offset }
}

/// Where the samples of a range vector come from.
indirect enum RangeSource: Sendable {
    case selector(SelectorPlan, range: Int64, position: SourceRange)
    case subquery(SubqueryPlan)

    /// Whether the samples are read from storage.
    var isStored: Bool {
        if case .selector = self { return true }
        return false
    }

    var range: Int64 {
        switch self {
        case .selector(_, let range, _): range
        case .subquery(let plan): plan.range
        }
    }

    var offset: Int64 {
        switch self {
        case .selector(let plan, _, _): plan.offset
        case .subquery(let plan): plan.offset
        }
    }

    var anchor: Timestamp? {
        switch self {
        case .selector(let plan, _, _): plan.anchor
        case .subquery(let plan): plan.anchor
        }
    }

    var boundary: RangeBoundary {
        if case .selector(let plan, _, _) = self { return plan.boundary }
        return .plain
    }

    var position: SourceRange {
        switch self {
        case .selector(_, _, let position): position
        case .subquery(let plan): plan.position
        }
    }
}

/// An expression evaluated at steps of its own.
struct SubqueryPlan: Sendable {
    var node: PlanNode
    var range: Int64
    var step: Int64
    var offset: Int64
    var anchor: Timestamp?
    var position: SourceRange
    /// The number of the part, in a query that is explained.
    var part: Int?
}

struct AggregationPlan: Sendable {
    var `operator`: AggregationOperator
    var node: PlanNode
    /// A number; a label name for `count_values`.
    var parameter: PlanNode?
    var parameterPosition: SourceRange
    var grouping: [String]
    var isWithout: Bool
    /// Where the aggregated expression stands.
    var operandPosition: SourceRange
    var position: SourceRange
}

struct VectorScalarPlan: Sendable {
    var `operator`: BinaryOperator
    var vector: PlanNode
    var scalar: PlanNode
    /// Whether the scalar stands on the left.
    var isSwapped: Bool
    var returnsBool: Bool
    var position: SourceRange
}

struct VectorBinaryPlan: Sendable {
    var `operator`: BinaryOperator
    var left: PlanNode
    var right: PlanNode
    var matching: VectorMatching
    var returnsBool: Bool
    var position: SourceRange
}

/// `info(vector, {selector})`.
struct InfoPlan: Sendable {
    var vector: PlanNode
    /// Matchers of the second argument; nil where there was none.
    var matchers: [LabelMatcher]?
    /// Time and offset of the first selector inside the vector: info series are looked up then, too.
    var anchor: Timestamp?
    var offset: Int64
    var position: SourceRange
    /// The number of the part that reads the info series, in a query that is explained.
    var part: Int?
}

extension PlanNode {
    /// Whether the series of the result are told apart by other labels than the metric name, so that dropping it cannot make two equal.
    var staysDistinctWithoutName: Bool {
        switch self {
        case .selector(let plan), .sampleTime(let plan), .sampleStart(let plan): plan.hasOneName
        case .rangeFunction(_, let source, _, _): source.staysDistinctWithoutName
        case .elementFunction(_, let vector, _, _): vector?.staysDistinctWithoutName ?? true
        case .negation(let node), .stepInvariant(let node), .traced(_, let node): node.staysDistinctWithoutName
        case .vectorScalar(let plan): plan.vector.staysDistinctWithoutName
        case .aggregation(let plan):
            switch plan.operator {
            case .topk, .bottomk, .limitk, .limitRatio: plan.node.staysDistinctWithoutName
            default: plan.isWithout || !plan.grouping.contains(LabelName.metricName)
            }
        default: false
        }
    }
}

extension RangeSource {
    var staysDistinctWithoutName: Bool {
        switch self {
        case .selector(let plan, _, _): plan.hasOneName
        case .subquery(let plan): plan.node.staysDistinctWithoutName
        }
    }
}
