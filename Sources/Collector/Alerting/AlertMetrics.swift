internal import AlertModel
internal import AlertRouting
internal import AlertStorage
internal import PerchMetrics
internal import Synchronization
internal import TelemetryModel

/// What alerting says of itself, under `perch_alerts_*`.
struct AlertMetrics: Sendable {
    private let received: LabelledFamily<Counter>
    private let invalid: Counter
    private let notifications: LabelledFamily<Counter>
    private let failures: LabelledFamily<Counter>
    private let durations: LabelledFamily<Histogram>
    private let lag: LabelledFamily<Histogram>

    init(_ metrics: MetricRegistry) {
        received = metrics.counters(
            "perch_alerts_received_total", help: "Alerts received, by whether they fire or have ended.", labelNames: "status")
        invalid = metrics.counter("perch_alerts_invalid_total", help: "Alerts that were refused.")
        notifications = metrics.counters(
            "perch_alerts_notifications_total", help: "Attempts to send a notification.", labelNames: "receiver", "integration")
        failures = metrics.counters(
            "perch_alerts_notifications_failed_total",
            help:
                "Attempts to send a notification that failed: temporary ones are tried again, refused ones are not before the group is due next.",
            labelNames: "receiver", "integration", "reason")
        durations = metrics.histograms(
            "perch_alerts_notification_duration_seconds", help: "How long attempts to send a notification took.", unit: "seconds",
            labelNames: "integration")
        lag = metrics.histograms(
            "perch_alerts_notification_lag_seconds", help: "Time from when a group was due until it was told of.", unit: "seconds",
            labelNames: "integration")
    }

    /// Makes the series of integrations, at zero, so that the first notification of each is seen as an increase.
    func prepare(_ integrations: [String: [IntegrationSettings]]) {
        for id in integrations.values.joined().map(\.id) {
            _ = notifications.with(id.receiver, id.kind)
            for reason in ["temporary", "refused"] { _ = failures.with(id.receiver, id.kind, reason) }
            _ = (durations.with(id.kind), lag.with(id.kind))
        }
    }

    func received(_ alerts: [Alert], invalid count: Int = 0, at now: Timestamp) {
        let ended = alerts.reduce(0) { $0 + ($1.isResolved(at: now) ? 1 : 0) }
        received.with("firing").increment(by: alerts.count - ended)
        received.with("resolved").increment(by: ended)
        invalid.increment(by: count)
    }

    func note(_ attempt: DeliveryAttempt, of notification: Notification) {
        let integration = notification.integration
        notifications.with(integration.receiver, integration.kind).increment()
        durations.with(integration.kind).record(Double(max(0, attempt.endedAt - attempt.startedAt)) / 1000)
        switch attempt.outcome {
        case .delivered: lag.with(integration.kind).record(Double(max(0, attempt.endedAt - notification.now)) / 1000)
        case .retry: failures.with(integration.receiver, integration.kind, "temporary").increment()
        case .refused: failures.with(integration.receiver, integration.kind, "refused").increment()
        }
    }

    /// Numbers that are asked for when they are read.
    func register(_ service: AlertService, in metrics: MetricRegistry) {
        metrics.collected("perch_alerts", kind: .gauge, help: "Alerts that have not ended, by state.") { [weak service] samples in
            guard let service else { return }
            let alerts = service.alerts { _ in true }
            let active = alerts.reduce(0) { $0 + ($1.state == .active ? 1 : 0) }
            samples.add(["state": "active"], Double(active))
            samples.add(["state": "suppressed"], Double(alerts.count - active))
        }
        metrics.collected("perch_alerts_silences", kind: .gauge, help: "Silences that are kept, by state.") { [weak service] samples in
            guard let service else { return }
            let now = service.now
            var counts: [Silence.State: Int] = [:]
            for silence in service.silences { counts[silence.state(at: now), default: 0] += 1 }
            for state in [Silence.State.active, .pending, .expired] { samples.add(["state": state.rawValue], Double(counts[state] ?? 0)) }
        }
        metrics.gaugeFunction("perch_alerts_notifications_under_way", help: "Attempts to send a notification that go on.") {
            [weak service] in
            Double(service?.state.withLock { $0.sends.count } ?? 0)
        }
        metrics.gaugeFunction("perch_alerts_notification_log_entries", help: "Groups and integrations of which is known what was told.") {
            [weak service] in Double(service?.state.withLock { $0.log.values.reduce(0) { $0 + $1.count } } ?? 0)
        }
        StatisticsMetrics(counters: AlertMetrics.counters, gauges: AlertMetrics.gauges).register(
            in: metrics, prefix: "perch_alerts_storage_"
        ) {
            [storage = service.storage] in storage.statistics
        }
    }

    private static let counters: [StatisticsMetrics<AlertStorageStatistics>.Number] = [
        ("events_written_total", "Events added to the history of alerts.", "", { Double($0.eventsWritten) }),
        ("events_dropped_total", "Events lost because they could not be written for too long.", "", { Double($0.eventsDropped) }),
        ("events_deleted_total", "Events deleted for their age.", "", { Double($0.eventsDeleted) }),
        ("writes_total", "Transactions.", "", { Double($0.writes) }),
        ("writes_failed_total", "Transactions that failed, such as with a full disk.", "", { Double($0.writesFailed) }),
        ("write_seconds_total", "Time spent on transactions.", "seconds", { Double($0.writeMilliseconds) / 1000 }),
    ]

    private static let gauges: [StatisticsMetrics<AlertStorageStatistics>.Number] = [
        ("events_pending", "Events that wait to be written.", "", { Double($0.eventsPending) }),
        ("failing", "Whether the latest transaction failed.", "", { $0.isFailing ? 1 : 0 }),
        ("damaged_rows", "Rows that were not what had been written.", "", { Double($0.damagedRows) }),
        ("bytes", "Size on the disk.", "bytes", { Double($0.bytes) }),
    ]
}
