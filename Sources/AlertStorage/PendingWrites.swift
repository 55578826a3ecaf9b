internal import AlertModel
internal import Synchronization
internal import TelemetryModel

/// What is to be written with the next transaction. Of things that have a key the newest state counts; events are added one by one.
struct PendingWrites {
    /// Nil stands for what is to be forgotten.
    var alerts: [LabelSet: Alert?] = [:]
    var logEntries: [NotificationLogEntry.Key: NotificationLogEntry?] = [:]
    var ruleStates: [String: [UInt8]?] = [:]
    var aliveAt: Timestamp?
    /// Kept only where the transaction succeeds: the caller is told otherwise.
    var silences: [Silence] = []
    var events: [AlertEvent] = []
    private(set) var eventBytes = 0
    /// Those who wait until all this is on the disk.
    var waiters: [@Sendable (Result<Void, AlertStorageError>) -> Void] = []

    var isEmpty: Bool {
        alerts.isEmpty && logEntries.isEmpty && ruleStates.isEmpty && aliveAt == nil && silences.isEmpty && events.isEmpty
            && waiters.isEmpty
    }

    mutating func append(_ new: [AlertEvent]) {
        events += new
        eventBytes += PendingWrites.bytes(of: new[...])
    }

    /// Puts back what could not be written, before what has come since.
    mutating func putBack(_ failed: PendingWrites) {
        alerts.merge(failed.alerts) { new, _ in new }
        logEntries.merge(failed.logEntries) { new, _ in new }
        ruleStates.merge(failed.ruleStates) { new, _ in new }
        aliveAt = aliveAt ?? failed.aliveAt
        events = failed.events + events
        eventBytes += failed.eventBytes
    }

    /// Leaves the oldest events out until the others keep within the bounds, and tells how many were left out.
    mutating func boundEvents(count: Int, bytes: Int) -> Int {
        var dropped = 0
        while events.count - dropped > count || (eventBytes > bytes && dropped < events.count) {
            // A hundredth at a time, so that a store that stays full costs little.
            let step = min(events.count - dropped, max(1, events.count / 100))
            eventBytes -= PendingWrites.bytes(of: events[dropped..<dropped + step])
            dropped += step
        }
        events.removeFirst(dropped)
        return dropped
    }

    /// About what events take in memory. A payload is shared by the events of one notification, and counts with the first of them.
    private static func bytes(of events: ArraySlice<AlertEvent>) -> Int {
        events.reduce(0) { $0 + 200 + $1.labels.packed.count + $1.detail.utf8.count + $1.payload.utf8.count / 16 }
    }
}
