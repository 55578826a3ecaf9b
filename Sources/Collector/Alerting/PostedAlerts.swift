internal import AlertModel
internal import TelemetryModel

/// What is known of the alerts that other programs post, to tell when one begins to fire and when it ends.
struct PostedAlerts: Sendable {
    private struct Known {
        var endsAt: Timestamp
        var endsByTimeout: Bool
    }

    /// Those that fire.
    private var firing: [LabelSet: Known] = [:]

    /// Begins with alerts that were known before a restart, of which nothing is news.
    mutating func restore(_ alerts: [Alert], now: Timestamp) {
        for alert in alerts where !alert.isResolved(at: now) {
            firing[alert.labels] = Known(endsAt: alert.endsAt, endsByTimeout: alert.endsByTimeout)
        }
    }

    /// What is news in alerts that come.
    mutating func receive(_ alerts: [Alert], now: Timestamp) -> [AlertEvent] {
        var events: [AlertEvent] = []
        for alert in alerts {
            let wasFiring = firing[alert.labels].map { $0.endsAt > now } ?? false
            if alert.isResolved(at: now) {
                firing[alert.labels] = nil
                if wasFiring {
                    events.append(AlertEvent(time: now, kind: .resolved, labels: alert.labels, detail: "its sender says that it has ended"))
                }
            } else {
                firing[alert.labels] = Known(endsAt: alert.endsAt, endsByTimeout: alert.endsByTimeout)
                if !wasFiring {
                    let source = alert.generatorURL.isEmpty ? "" : " by " + alert.generatorURL
                    events.append(AlertEvent(time: now, kind: .firing, labels: alert.labels, detail: "posted" + source))
                }
            }
        }
        return events
    }

    /// Those that have ended because there was no news of them.
    mutating func expire(at now: Timestamp) -> [AlertEvent] {
        var events: [AlertEvent] = []
        for (labels, known) in firing where known.endsAt <= now {
            let detail = known.endsByTimeout ? "no news of it within resolve_timeout" : "its sender did not prolong it"
            events.append(AlertEvent(time: known.endsAt, kind: .resolved, labels: labels, detail: detail))
        }
        for event in events { firing[event.labels] = nil }
        return events.sorted { ($0.time, $0.labels) < ($1.time, $1.labels) }
    }
}
