internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// The series that tell of an alerting rule: `ALERTS` and `ALERTS_FOR_STATE`.
enum AlertSeries {
    static let name = "ALERTS"
    static let forStateName = "ALERTS_FOR_STATE"
    static let alertName = "alertname"
    private static let stateName = "alertstate"

    /// Both samples of an alert.
    ///
    /// - Parameters:
    ///   - labels: those of the rule as they were written. Where one of them expands to nothing, its template stands in the series, as in Prometheus.
    ///   - name: of the rule.
    static func samples(of alert: AlertInstance, _ labels: [Label], name ruleName: String, at time: Timestamp) -> [RuleSample] {
        var builder = LabelSetBuilder(LabelSet(labels.lazy.map { ($0.name, $0.value) }))
        for label in alert.labels { builder.set(label.name, label.value) }
        builder.set(alertName, ruleName)
        var forState = builder
        forState.set(LabelName.metricName, forStateName)
        builder.set(LabelName.metricName, name)
        builder.set(stateName, alert.state.rawValue)
        return [
            RuleSample(labels: builder.build(), timestamp: time, value: .float(1)),
            RuleSample(labels: forState.build(), timestamp: time, value: .float(seconds(alert.activeAt))),
        ]
    }

    /// Whole seconds, rounded down.
    private static func seconds(_ time: Timestamp) -> Double {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: 1000)
        return Double(remainder < 0 ? quotient - 1 : quotient)
    }

    /// What finds the `ALERTS_FOR_STATE` of a rule. Labels that are templates are not looked at: their values differ by alert.
    static func forStateMatchers(of rule: Rule) -> [LabelMatcher] {
        var values = Dictionary(rule.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        values[LabelName.metricName] = forStateName
        values[alertName] = rule.name
        return values.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty && $0.value.ranges(of: "{{").isEmpty }
            .map { LabelMatcher($0.key, equals: $0.value) }
    }
}
