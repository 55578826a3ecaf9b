internal import AlertModel
internal import TelemetryModel

/// Whether somebody is to be told of a group once more: Alertmanager's rules (`DedupStage.needsUpdate`).
enum Deduplication {
    /// Why the group is to be told of; nil where it is not.
    ///
    /// Where nothing was told yet, only firing alerts are. Otherwise: an alert fires that was not among the firing ones last told; or none
    /// fires any more; or one ended that was not told as ended, where that is wanted; or the last notification is longer ago than the repeat
    /// interval.
    static func reason(
        _ snapshot: GroupSnapshot, told entry: NotificationLogEntry?, sendsResolved: Bool, repeatIntervalMilliseconds: Int64
    ) -> Notification.Reason? {
        guard let entry else { return snapshot.firing.isEmpty ? nil : .first }
        if !isSubset(snapshot.firing, of: entry.firing) { return entry.firing.isEmpty ? .first : .newAlerts }
        // Asked also where nobody is told of ended alerts, so that the log does not keep them as firing.
        if snapshot.firing.isEmpty { return entry.firing.isEmpty ? nil : .resolved }
        if sendsResolved, !isSubset(snapshot.resolved, of: entry.resolved) { return .resolved }
        return entry.timestamp < snapshot.now - repeatIntervalMilliseconds ? .repeated : nil
    }

    /// Whether all of one list are in another; both are sorted.
    static func isSubset(_ part: [AlertFingerprint], of whole: [AlertFingerprint]) -> Bool {
        var index = 0
        for fingerprint in part {
            while index < whole.count, whole[index] < fingerprint { index += 1 }
            if index == whole.count || whole[index] != fingerprint { return false }
        }
        return true
    }
}
