internal import AlertModel
internal import RuleTesting
internal import TelemetryModel

extension BacktestResult {
    var range: TimeRange { TimeRange(start: start, end: end) }

    /// The alerts that fired within the range, as often as they did.
    var firedCount: Int { rules.reduce(0) { $0 + $1.fired(in: range).count } }

    /// Milliseconds during which alerts fired, each by itself.
    var firingTime: Int64 { rules.reduce(0) { $0 + $1.alerts.reduce(0) { $0 + $1.firingTime(in: range) } } }

    /// The number of notifications by integration, in the order of their names.
    var notificationCounts: [(integration: IntegrationID, count: Int)] {
        Dictionary(grouping: notifications, by: \.integration).map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 }
    }

    /// Those that tell of something that fires.
    var pageCount: Int { notifications.lazy.filter { !$0.firing.isEmpty }.count }
}

extension RuleReplay {
    /// Alerts that fired, be it since before the range.
    func fired(in range: TimeRange) -> [AlertReplay] { alerts.filter { $0.firedAt.map { $0 <= range.end } ?? false } }
}
