internal import QueryModel
internal import TelemetryModel

/// The times of the samples on which the value of a plan at one step depends.
struct InputReach: Sendable, Hashable {
    /// Relative to the time of the step; nil where nothing is looked up there.
    private(set) var around: TimeRange?
    /// The same for all steps (`@`).
    private(set) var fixed: TimeRange?

    /// The times that steps from one time to another depend on.
    func ranges(from first: Timestamp, through last: Timestamp) -> [TimeRange] {
        var ranges: [TimeRange] = []
        if let around { ranges.append(TimeRange(start: first + around.start, end: last + around.end)) }
        if let fixed { ranges.append(fixed) }
        return ranges
    }

    mutating func add(_ other: InputReach) {
        around = InputReach.union(around, other.around)
        fixed = InputReach.union(fixed, other.fixed)
    }

    private static func union(_ left: TimeRange?, _ right: TimeRange?) -> TimeRange? {
        guard let left, let right else { return left ?? right }
        return TimeRange(start: Swift.min(left.start, right.start), end: Swift.max(left.end, right.end))
    }

    /// Samples between two times relative to that at which a selector looks.
    fileprivate init(_ anchor: Timestamp?, offset: Int64, before: Int64, after: Int64) {
        let range = TimeRange(start: (anchor ?? 0) - offset - before, end: (anchor ?? 0) - offset + after)
        if anchor == nil { around = range } else { fixed = range }
    }

    fileprivate init() {}

    /// What an evaluation at any time of a range, relative to the step or fixed, depends on.
    fileprivate func evaluated(over plan: SubqueryPlan) -> InputReach {
        var reach = InputReach()
        reach.fixed = fixed
        let end = (plan.anchor ?? 0) - plan.offset
        if let around {
            let range = TimeRange(start: end - plan.range + around.start, end: end + around.end)
            if plan.anchor == nil { reach.around = range } else { reach.fixed = InputReach.union(fixed, range) }
        }
        return reach
    }

    /// The reach of a plan; nil where the value of a step also depends on which other steps are asked for, be it only that it fails then, or
    /// on more than samples.
    init?(_ plan: PlanNode, lookback: Int64, features: LanguageFeatures) {
        var collector = ReachCollector(lookback: lookback, features: features)
        guard let reach = collector.reach(plan) else { return nil }
        self = reach
    }
}

private struct ReachCollector {
    let lookback: Int64
    let features: LanguageFeatures

    mutating func reach(_ node: PlanNode) -> InputReach? {
        switch node {
        case .number, .string: return InputReach()
        case .selector(let plan): return selector(plan, range: lookback)
        case .sampleTime(let plan): return selector(plan, range: lookback)
        // A start may come with samples of other times than those that it is asked for.
        case .sampleStart: return nil
        case .rangeFunction(let function, let source, let arguments, _):
            // Equal labels of different metrics are refused though they have values at different steps.
            if !function.keepsName && !features.contains(.delayedNameRemoval) && !source.staysDistinctWithoutName { return nil }
            if function.usesStarts && features.contains(.startTimestamps) { return nil }
            return joined(arguments, self.source(source))
        case .absentOverTime(let source, _): return self.source(source)
        case .elementFunction(_, let vector, let arguments, _): return joined((vector.map { [$0] } ?? []) + arguments)
        case .vectorFunction(_, let arguments, _), .scalarFunction(_, let arguments, _): return joined(arguments)
        case .aggregation(let plan): return joined([plan.node] + (plan.parameter.map { [$0] } ?? []))
        case .negation(let operand), .stepInvariant(let operand), .traced(_, let operand): return reach(operand)
        case .scalarBinary(_, let left, let right): return joined([left, right])
        case .vectorScalar(let plan): return joined([plan.vector, plan.scalar])
        case .vectorBinary(let plan): return joined([plan.left, plan.right])
        // Which info series are joined is found over all steps together.
        case .info, .matrix: return nil
        }
    }

    private mutating func joined(_ nodes: [PlanNode], _ start: InputReach? = InputReach()) -> InputReach? {
        guard var sum = start else { return nil }
        for node in nodes {
            guard let reach = reach(node) else { return nil }
            sum.add(reach)
        }
        return sum
    }

    private func selector(_ plan: SelectorPlan, range: Int64) -> InputReach {
        let before = range + (plan.boundary == .plain ? 0 : lookback)
        return InputReach(plan.anchor, offset: plan.offset, before: before, after: plan.boundary == .smoothed ? lookback : 0)
    }

    private mutating func source(_ source: RangeSource) -> InputReach? {
        switch source {
        case .selector(let plan, let range, _): selector(plan, range: range)
        case .subquery(let plan): reach(plan.node)?.evaluated(over: plan)
        }
    }
}

extension Expression {
    /// Whether the value at a step depends on where the query starts and ends: `@ start()`, `@ end()`, `range()` in a duration.
    var dependsOnQueryRange: Bool {
        switch self {
        case .number, .string: false
        case .selector(let node): node.dependsOnQueryRange
        case .range(let node): node.selector.dependsOnQueryRange || node.range.dependsOnQueryRange
        case .subquery(let node):
            node.expression.dependsOnQueryRange || node.anchor == .start || node.anchor == .end
                || [node.range, node.step, node.offset].contains { $0?.dependsOnQueryRange ?? false }
        case .call(let node): node.arguments.contains { $0.dependsOnQueryRange }
        case .aggregation(let node): node.expression.dependsOnQueryRange || (node.parameter?.dependsOnQueryRange ?? false)
        case .unary(let node): node.operand.dependsOnQueryRange
        case .binary(let node): node.left.dependsOnQueryRange || node.right.dependsOnQueryRange
        case .parenthesized(let node): node.expression.dependsOnQueryRange
        }
    }
}

extension VectorSelector {
    fileprivate var dependsOnQueryRange: Bool { anchor == .start || anchor == .end || (offset?.dependsOnQueryRange ?? false) }
}

extension DurationValue {
    fileprivate var dependsOnQueryRange: Bool {
        switch self {
        case .range: true
        case .milliseconds, .number, .step: false
        case .negated(let inner, _), .parenthesized(let inner): inner.dependsOnQueryRange
        case .binary(_, let left, let right, _), .minimum(let left, let right, _), .maximum(let left, let right, _):
            left.dependsOnQueryRange || right.dependsOnQueryRange
        }
    }
}
