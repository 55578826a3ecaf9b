public import LabelMatching
public import PromQL
internal import TelemetryModel

/// Which series an expression reads, and how far from the time at which it is evaluated.
public struct ExpressionReads: Sendable {
    /// The matchers of each selector, each list once.
    public private(set) var selectors: [[LabelMatcher]] = []
    /// How far back samples are looked for, and how far ahead (with negative offsets); milliseconds.
    public private(set) var before: Int64 = 0
    public private(set) var after: Int64 = 0
    /// Whether something is read at a time of its own (`@`), or how far cannot be told before the query runs.
    public private(set) var isUnbounded = false

    private let lookback: Int64

    /// - Parameter lookback: of instant selectors; milliseconds.
    public init(_ expression: Expression, lookback: Int64 = 300_000) {
        self.lookback = lookback
        visit(expression, 0, 0)
    }

    /// The names of the metrics that are read; a selector without one name reads any.
    public var names: (known: Set<String>, hasOthers: Bool) {
        var known: Set<String> = []
        var hasOthers = false
        for matchers in selectors {
            let name = matchers.first { $0.name == LabelName.metricName && $0.operator == .equal }
            if let name { known.insert(name.value) } else { hasOthers = true }
        }
        return (known, hasOthers)
    }

    private mutating func note(_ selector: VectorSelector, range: Int64, _ before: Int64, _ after: Int64) {
        if !selectors.contains(selector.matchers) { selectors.append(selector.matchers) }
        if selector.anchor != nil { isUnbounded = true }
        let (back, ahead) = shifted(selector.offset, before + range, after)
        self.before = max(self.before, back)
        self.after = max(self.after, ahead)
    }

    /// What is read after an offset: positive ones lie back.
    private mutating func shifted(_ offset: DurationValue?, _ before: Int64, _ after: Int64) -> (before: Int64, after: Int64) {
        guard let offset else { return (before, after) }
        let shift = milliseconds(offset)
        return (max(0, before + shift), max(0, after - shift))
    }

    private mutating func milliseconds(_ duration: DurationValue) -> Int64 {
        switch duration {
        case .milliseconds(let value): return value
        case .number(let literal) where literal.value.magnitude < 1e12: return Int64(literal.value * 1000)
        case .negated(let inner, _): return -milliseconds(inner)
        case .parenthesized(let inner): return milliseconds(inner)
        default:
            isUnbounded = true
            return 0
        }
    }

    private mutating func visit(_ expression: Expression, _ before: Int64, _ after: Int64) {
        switch expression {
        case .number, .string: break
        case .selector(let selector): note(selector, range: lookback, before, after)
        case .range(let range): note(range.selector, range: milliseconds(range.range) + lookback, before, after)
        case .subquery(let subquery):
            if subquery.anchor != nil { isUnbounded = true }
            let (back, ahead) = shifted(subquery.offset, before + milliseconds(subquery.range), after)
            visit(subquery.expression, back, ahead)
        case .call(let call): for argument in call.arguments { visit(argument, before, after) }
        case .aggregation(let aggregation):
            visit(aggregation.expression, before, after)
            if let parameter = aggregation.parameter { visit(parameter, before, after) }
        case .unary(let operation): visit(operation.operand, before, after)
        case .binary(let operation):
            visit(operation.left, before, after)
            visit(operation.right, before, after)
        case .parenthesized(let inner): visit(inner.expression, before, after)
        }
    }
}
