internal import AlertModel
internal import TelemetryModel

/// Which of the alerts that were kept are taken up again after a restart, and as what.
enum RestoredAlerts {
    /// How often a process says that it lives, in milliseconds.
    static let aliveIntervalMilliseconds: Int64 = 15_000

    /// - Parameters:
    ///   - aliveAt: when the process before was known to live for the last time.
    ///   - graceMilliseconds: how long alerts whose end came while nobody listened go on, so that their senders can prolong them.
    static func restored(
        _ alerts: [Alert], log: [NotificationLogEntry], aliveAt: Timestamp?, graceMilliseconds: Int64, now: Timestamp
    ) -> [Alert] {
        let toldFiring = Set(log.flatMap(\.firing))
        let toldEnded = Set(log.flatMap(\.resolved)).subtracting(toldFiring)
        let silentSince = (aliveAt ?? .min).subtractingReportingOverflow(2 * aliveIntervalMilliseconds).partialValue
        return alerts.compactMap { alert in
            var alert = alert
            let fired = alert.endsAt > alert.updatedAt
            if fired, aliveAt == nil || alert.endsAt > silentSince, !toldEnded.contains(alert.fingerprint) {
                // Its sender may have had no chance to prolong it.
                alert.endsAt = max(alert.endsAt, now + graceMilliseconds)
                return alert
            }
            // One that has ended matters only to those who still take it for firing.
            return toldFiring.contains(alert.fingerprint) ? alert : nil
        }
    }
}
