internal import AlertModel
internal import GoTemplate
internal import TelemetryModel

/// The silences that match an alert, and which changes of silences that takes into account.
struct SilenceMatch: Sendable {
    var version: UInt64 = 0
    var ids: [String] = []
}

/// The silences that are known. Each change has a number, so that an alert that was looked at before is only matched against what changed since.
struct SilenceTable: Sendable {
    private struct Item: Sendable {
        var silence: Silence
        var version: UInt64
    }

    private var items: [String: Item] = [:]
    /// Changes, oldest first; of one silence only the last counts.
    private var changes: [(version: UInt64, id: String)] = []
    private var version: UInt64 = 0
    /// Time zones of recurrences.
    var zones: [String: GoTimeZone] = [:]

    var count: Int { items.count }

    var all: [Silence] { items.values.map(\.silence) }

    subscript(id: String) -> Silence? { items[id]?.silence }

    /// Takes a silence, in place of what was known under its id.
    mutating func set(_ silence: Silence) {
        version += 1
        items[silence.id] = Item(silence: silence, version: version)
        changes.append((version, silence.id))
        if changes.count > 2 * items.count + 64 { changes.removeAll { items[$0.id]?.version != $0.version } }
    }

    /// Drops silences that ended before a time.
    mutating func removeEnded(before time: Timestamp) {
        items = items.filter { $0.value.silence.endsAt >= time }
        changes.removeAll { items[$0.id]?.version != $0.version }
    }

    /// Brings what is known of an alert up to date.
    func refresh(_ match: inout SilenceMatch, _ labels: LabelSet) {
        guard match.version != version else { return }
        let seen = match.version
        match.ids.removeAll { id in items[id].map { $0.version > seen } ?? true }
        for change in changes.reversed() {
            guard change.version > seen else { break }
            guard let item = items[change.id], item.version == change.version else { continue }
            if !item.silence.matchers.isEmpty, item.silence.matches(labels) { match.ids.append(change.id) }
        }
        match.version = version
    }

    /// Those of the silences that hold at a moment, sorted.
    func holding(_ match: SilenceMatch, at now: Timestamp) -> [String] {
        if match.ids.isEmpty { return [] }
        return match.ids.filter { id in items[id].map { holds($0.silence, at: now) } ?? false }.sorted()
    }

    private func holds(_ silence: Silence, at now: Timestamp) -> Bool {
        guard silence.state(at: now) == .active else { return false }
        return silence.recurrence.isEmpty || silence.recurrence.contains { $0.contains(now, zones: zones) }
    }
}
