internal import AlertModel
internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import Rules
internal import TelemetryModel

/// Groups of rules over series in memory, evaluated step by step as the collector does it over its storage.
struct RuleSimulation {
    /// A rule that gave no result.
    struct Fault {
        var rule: Rule
        var reason: String
    }

    /// What one evaluation of all groups led to.
    struct Step {
        var faults: [Fault] = []
        var events: [AlertEvent] = []
        /// What receivers are to hear of.
        var notices: [Alert] = []
    }

    var source: MemorySource
    private(set) var groups: [RuleGroupState]
    private let engine: QueryEngine

    init(_ groups: [RuleGroup], settings: RuleSettings, engine: QueryEngine, source: MemorySource = MemorySource()) {
        self.groups = groups.map { RuleGroupState($0, settings: settings) }
        self.engine = engine
        self.source = source
    }

    /// Evaluates all groups, one after the other; what a rule writes is seen by those after it.
    mutating func evaluate(at time: Timestamp) -> Step {
        var step = Step()
        for group in groups.indices {
            for wave in groups[group].waves {
                for (place, result) in zip(wave, results(of: wave, in: groups[group], at: time)) {
                    take(result, of: place, in: group, at: time, &step)
                }
            }
            groups[group].finish(at: time)
        }
        return step
    }

    /// Lets go of the series before something is added to them, so that they need not be copied.
    private func results(of wave: [Int], in state: RuleGroupState, at time: Timestamp) -> [RuleComputation.Result] {
        let querying = MemoryQuerying(engine: engine, source: source)
        return wave.map { place in
            state.computations[place].evaluate(
                at: time, queryOffset: state.queryOffsetMilliseconds, window: state.windowMilliseconds, limit: state.group.limit,
                querying: querying)
        }
    }

    private mutating func take(
        _ result: RuleComputation.Result, of place: Int, in group: Int, at time: Timestamp, _ step: inout Step
    ) {
        let outcome = groups[group].take(result, of: place, at: time)
        step.events += outcome.events
        if let fault = outcome.fault {
            step.faults.append(Fault(rule: groups[group].group.rules[place], reason: fault.message))
            return
        }
        step.notices += groups[group].takeNotices(of: place, at: time)
        append(outcome.samples)
        append(groups[group].noteWritten(outcome.samples, of: place, at: time))
    }

    private mutating func append(_ samples: [RuleSample]) {
        for sample in samples { source.append(sample.labels, sample.timestamp, sample.value) }
    }
}

/// Answers the expressions of rules from series in memory.
struct MemoryQuerying: RuleQuerying {
    let engine: QueryEngine
    let source: MemorySource

    func vector(_ expression: RuleExpression, at time: Timestamp, window: Int64) throws(QueryError) -> [VectorSample] {
        guard case .promQL(let expression) = expression else {
            throw QueryError(.execution, "the rule is in \(expression.language.rawValue), and there are series only to evaluate it over")
        }
        return try engine.elements(of: expression, at: time, source)
    }

    func newestSamples(_ matchers: [LabelMatcher], in range: TimeRange) throws(QueryError) -> [VectorSample] { [] }
}

extension QueryEngine {
    /// The elements of an expression's value; a scalar is one without labels.
    func elements(of expression: Expression, at time: Timestamp, _ source: MemorySource) throws(QueryError) -> [VectorSample] {
        switch try evaluate(expression, times: .instant(time), source: source, budget: QueryBudget()).value {
        case .vector(let samples): return samples
        case .scalar(let sample): return [VectorSample(labels: LabelSet(), timestamp: sample.timestamp, value: .float(sample.value))]
        case .string, .matrix: throw QueryError(.execution, "rule result is not a vector or scalar")
        }
    }
}
