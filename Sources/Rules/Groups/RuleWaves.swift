internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// Which rules of a group may be evaluated at the same time, so that the results are those of evaluating one after the other in the order of the
/// file.
///
/// A rule that reads what an earlier one writes comes in a later wave. One that is read by an earlier rule comes in no earlier wave than that, for the
/// earlier one is to see what the last evaluation left.
enum RuleWaves {
    /// The rules of each wave, by their places in the group.
    static func of(_ rules: [RuleComputation]) -> [[Int]] {
        let index = WriterIndex(rules.map(\.rule))
        var waves: [Int] = []
        /// For each rule the latest wave of an earlier rule that reads what it writes.
        var readBefore = [Int](repeating: 0, count: rules.count)
        /// The wave before which no later rule may come, for one that reads everything was there.
        var barrier = 0
        for (place, computation) in rules.enumerated() {
            var wave = max(readBefore[place], barrier)
            let reads = Reads(computation)
            if reads.isUnknown {
                wave = max(wave, (waves.max() ?? -1) + 1)
                barrier = wave
            } else {
                let written = index.writers(of: reads)
                for writer in written where writer < place { wave = max(wave, waves[writer] + 1) }
                for writer in written where writer > place { readBefore[writer] = max(readBefore[writer], wave) }
            }
            waves.append(wave)
        }
        var result = [[Int]](repeating: [], count: (waves.max() ?? -1) + 1)
        for (place, wave) in waves.enumerated() { result[wave].append(place) }
        return result.filter { !$0.isEmpty }
    }
}

/// The series that a rule reads.
private struct Reads {
    /// Whether it may be any.
    var isUnknown = false
    /// For each selector the matcher of the metric's name, and that of `alertname` if there is one.
    var selectors: [(name: LabelMatcher, alertName: LabelMatcher?)] = []

    init(_ computation: RuleComputation) {
        if computation.queriesFromTemplates { isUnknown = true }
        // Logs and traces are not written by rules.
        guard case .promQL(let expression) = computation.rule.expression else { return }
        visit(expression)
    }

    private mutating func note(_ selector: VectorSelector) {
        let names = selector.matchers.filter { $0.name == LabelName.metricName }
        guard
            let name = names.first(where: { $0.operator == .equal }) ?? selector.name.map({ LabelMatcher(LabelName.metricName, equals: $0) }
            )
                ?? names.first
        else {
            isUnknown = true
            return
        }
        selectors.append((name, selector.matchers.first { $0.name == AlertSeries.alertName }))
    }

    private mutating func visit(_ expression: Expression) {
        switch expression {
        case .number, .string: break
        case .selector(let selector): note(selector)
        case .range(let range): note(range.selector)
        case .subquery(let subquery): visit(subquery.expression)
        case .call(let call):
            // It reads the metrics with information about targets, whichever they are.
            if call.function.name == "info" { isUnknown = true }
            for argument in call.arguments { visit(argument) }
        case .aggregation(let aggregation):
            visit(aggregation.expression)
            if let parameter = aggregation.parameter { visit(parameter) }
        case .unary(let operation): visit(operation.operand)
        case .binary(let operation):
            visit(operation.left)
            visit(operation.right)
        case .parenthesized(let inner): visit(inner.expression)
        }
    }
}

/// Finds the rules that write a series.
private struct WriterIndex {
    private var recorded: [String: [Int]] = [:]
    private var alerts: [(place: Int, name: String)] = []

    init(_ rules: [Rule]) {
        for (place, rule) in rules.enumerated() {
            if rule.isAlerting { alerts.append((place, rule.name)) } else { recorded[rule.name, default: []].append(place) }
        }
    }

    func writers(of reads: Reads) -> Set<Int> {
        var result: Set<Int> = []
        for (name, alertName) in reads.selectors {
            if name.operator == .equal {
                if let places = recorded[name.value] { result.formUnion(places) }
            } else {
                for (metric, places) in recorded where name.matches(metric) { result.formUnion(places) }
            }
            guard !alerts.isEmpty, name.matches(AlertSeries.name) || name.matches(AlertSeries.forStateName) else { continue }
            for alert in alerts where alertName?.matches(alert.name) ?? true { result.insert(alert.place) }
        }
        return result
    }
}
