internal import AlertModel
internal import TelemetryModel

/// Makes alerts from beginning to end of what happened to them one by one.
struct AlertTimeline {
    private(set) var alerts: [AlertReplay] = []
    /// Places of those that have not ended.
    private var open: [LabelSet: Int] = [:]
    /// Since when they are kept up.
    private var keptSince: [LabelSet: Timestamp] = [:]

    mutating func take(_ event: AlertEvent) {
        switch event.kind {
        case .pending: if open[event.labels] == nil { begin(event) }
        case .firing:
            if open[event.labels] == nil { begin(event) }
            endKeeping(event)
            guard let place = open[event.labels] else { return }
            if alerts[place].firedAt == nil { alerts[place].firedAt = event.time }
        case .keptFiring: keptSince[event.labels] = event.time
        case .resolved, .inactive:
            endKeeping(event)
            if let place = open.removeValue(forKey: event.labels) { alerts[place].endedAt = event.time }
        default: break
        }
    }

    private mutating func begin(_ event: AlertEvent) {
        open[event.labels] = alerts.count
        alerts.append(AlertReplay(labels: event.labels, activeAt: event.time))
    }

    private mutating func endKeeping(_ event: AlertEvent) {
        guard let since = keptSince.removeValue(forKey: event.labels), let place = open[event.labels] else { return }
        alerts[place].keptFor += event.time - since
    }
}
