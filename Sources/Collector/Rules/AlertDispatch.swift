internal import AlertModel
internal import Relabeling
internal import Rules
internal import Synchronization
internal import TelemetryModel

/// Hands the alerts of rules on to whoever hears of them, with the labels that leave this server: the external labels, and what
/// `alerting.alert_relabel_configs` makes of all of them.
final class AlertDispatch: AlertReceiving {
    private struct Labels: Sendable {
        var external = LabelSet()
        var rules = RelabelRules()

        /// Nil where the alert is dropped.
        func apply(to labels: LabelSet) -> LabelSet? {
            var builder = LabelSetBuilder(labels)
            for label in external where builder[label.name].isEmpty { builder.set(label.name, label.value) }
            return rules.apply(to: &builder) ? builder.build() : nil
        }
    }

    private let receivers: [any AlertReceiving]
    private let history: @Sendable ([AlertEvent]) -> Void
    private let labels = Mutex(Labels())

    init(receivers: [any AlertReceiving], history: @escaping @Sendable ([AlertEvent]) -> Void) {
        self.receivers = receivers
        self.history = history
    }

    func set(externalLabels: LabelSet, relabeling: RelabelRules) {
        labels.withLock { $0 = Labels(external: externalLabels, rules: relabeling) }
    }

    func receive(_ alerts: [Alert]) async {
        let labels = labels.withLock { $0 }
        let kept = alerts.compactMap { alert in
            labels.apply(to: alert.labels).map { changed in
                var alert = alert
                alert.labels = changed
                return alert
            }
        }
        if kept.isEmpty { return }
        for receiver in receivers { await receiver.receive(kept) }
    }

    /// Keeps events with the labels under which routing knows the alerts; those of dropped alerts as they are.
    func record(_ events: [AlertEvent]) {
        let labels = labels.withLock { $0 }
        history(
            events.map { event in
                guard let changed = labels.apply(to: event.labels), changed != event.labels else { return event }
                return AlertEvent(time: event.time, kind: event.kind, labels: changed, rule: event.rule, detail: event.detail)
            })
    }
}
