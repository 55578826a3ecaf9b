public import LabelMatching
public import QueryModel
public import TelemetryModel

/// Answers the expressions of rules. Calls block, and come from threads that may.
public protocol RuleQuerying: Sendable {
    /// The elements of an expression's value at one time; a scalar is one element without labels.
    ///
    /// - Parameter window: what languages without ranges of their own (TraceQL) look at, before the time; milliseconds, above 0.
    /// - Throws: ``QueryError``, also where the value is neither a vector nor a scalar.
    func vector(_ expression: RuleExpression, at time: Timestamp, window: Int64) throws(QueryError) -> [VectorSample]

    /// The newest sample of each series that passes, within a range of times; of those without any nothing. To restore alerts from what was
    /// written of them.
    func newestSamples(_ matchers: [LabelMatcher], in range: TimeRange) throws(QueryError) -> [VectorSample]
}

/// Keeps what rules write. Calls block, and come from threads that may.
public protocol RuleSampleAppending: Sendable {
    /// Keeps samples, in order: of two for the same series and time the last one counts.
    ///
    /// - Returns: what was refused, by the place in `samples`; everything else is durable.
    /// - Throws: ``RuleFault`` where nothing was kept.
    func append(_ samples: [RuleSample]) throws(RuleFault) -> [RejectedRuleSample]
}

/// A sample that was not kept.
public struct RejectedRuleSample: Sendable, Hashable {
    /// Its place among those that were to be kept.
    public var index: Int
    public var reason: String

    public init(index: Int, reason: String) {
        self.index = index
        self.reason = reason
    }
}

extension RuleQuerying {
    /// The elements of a value of the query languages.
    public static func elements(of value: QueryValue) throws(QueryError) -> [VectorSample] {
        switch value {
        case .vector(let elements): return elements
        case .scalar(let sample):
            return [VectorSample(labels: LabelSet(), timestamp: sample.timestamp, value: .float(sample.value))]
        case .string, .matrix: throw QueryError(.badInput, "rule result is not a vector or scalar")
        }
    }
}
