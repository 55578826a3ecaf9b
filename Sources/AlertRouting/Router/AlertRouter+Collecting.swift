internal import AlertModel
internal import TelemetryModel

extension AlertRouter {
    /// How long an alert that ended is known at least, so that news of its end that comes again is known to be none: longer than Prometheus
    /// repeats it (15 min).
    private static let endedKeptMilliseconds: Int64 = 1_200_000

    /// Lets go what nobody asks for any more.
    mutating func collect(now: Timestamp) {
        timers.schedule(.collection, at: now + options.collectionIntervalMilliseconds)
        dropUntold(endedBefore: now - options.retentionMilliseconds, now: now)
        let ended = now - Self.endedKeptMilliseconds
        for id in table.indices where !table.entries[id].isInGroup && table.entries[id].alert.isResolved(at: ended) {
            inhibition.remove(id, table.entries[id].alert.labels)
            table.remove(id)
        }
        silenceTable.removeEnded(before: now - options.retentionMilliseconds)
        let expired = log.values.filter { $0.expiresAt <= now }.map(\.key)
        for key in expired.sorted(by: { ($0.groupKey, $0.integration) < ($1.groupKey, $1.integration) }) {
            log[key] = nil
            actions.append(.forget(key))
        }
        revision += 1
    }

    /// Lets go alerts whose end could not be told for as long as anything is kept.
    private mutating func dropUntold(endedBefore time: Timestamp, now: Timestamp) {
        for id in groups.keys.sorted() {
            guard var group = groups.removeValue(forKey: id) else { continue }
            let places = group.members.indices.filter { table.entries[group.members[$0].alert].alert.endsAt < time }
            for place in places {
                record(
                    .deliveryGivenUp, group.members[place].alert, group,
                    detail: "its end could not be told for as long as anything is kept", now: now)
            }
            drop(places, from: &group)
            keep(group, now: now)
        }
    }

    /// Moves all that is reckoned in time that goes by along with the clock. A notification on its way stays as it is: its alerts and its time
    /// belong together.
    mutating func shift(by milliseconds: Int64) {
        lastNow += milliseconds
        startsAt += milliseconds
        timers.shift(by: milliseconds)
        for id in table.indices {
            table.entries[id].alert.endsAt += milliseconds
            table.entries[id].alert.updatedAt += milliseconds
        }
        for id in groups.keys.sorted() { groups[id]?.nextFlush += milliseconds }
        for id in deliveries.keys.sorted() {
            deliveries[id]?.deadline += milliseconds
            if let attempt = deliveries[id]?.nextAttempt { deliveries[id]?.nextAttempt = attempt + milliseconds }
        }
        for key in log.keys.sorted(by: { ($0.groupKey, $0.integration) < ($1.groupKey, $1.integration) }) {
            guard var entry = log[key] else { continue }
            entry.timestamp += milliseconds
            entry.expiresAt += milliseconds
            log[key] = entry
            actions.append(.log(entry))
        }
    }
}
