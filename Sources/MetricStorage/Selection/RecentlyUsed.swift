/// Values kept for the next time somebody asks for them, within a number of bytes: the least recently used go first, and what nobody asked
/// for in a while goes even where there is room, so that memory follows what is in use and not what once was.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        var bytes: Int
        var used: UInt64
        var round: Int
    }

    private let bytesMax: Int
    private var entries: [Key: Entry] = [:]
    /// Bytes that all values take.
    private(set) var bytes = 0
    private var clock: UInt64 = 0
    private var round = 0

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var count: Int { entries.count }

    /// The value of a key, which counts as used now.
    mutating func find(_ key: Key, where isValid: (Value) -> Bool = { _ in true }) -> Value? {
        guard let index = entries.index(forKey: key), isValid(entries.values[index].value) else { return nil }
        clock += 1
        entries.values[index].used = clock
        entries.values[index].round = round
        return entries.values[index].value
    }

    mutating func insert(_ value: Value, for key: Key, bytes valueBytes: Int) {
        clock += 1
        let entry = Entry(value: value, bytes: valueBytes, used: clock, round: round)
        bytes += valueBytes - (entries.updateValue(entry, forKey: key)?.bytes ?? 0)
        guard bytes > bytesMax else { return }
        // Makes room for a while, so that this happens rarely.
        for (key, entry) in entries.sorted(by: { $0.value.used < $1.value.used }) where bytes > bytesMax / 4 * 3 {
            entries[key] = nil
            bytes -= entry.bytes
        }
    }

    /// Begins a round, and forgets what was used in none of the latest ones.
    mutating func beginRound(keeping rounds: Int) {
        round += 1
        let oldest = round - rounds
        removeAll { _, lastRound in lastRound < oldest }
    }

    /// Forgets the values of some keys.
    mutating func remove(where isGone: (Key) -> Bool) { removeAll { key, _ in isGone(key) } }

    private mutating func removeAll(where isGone: (Key, _ lastRound: Int) -> Bool) {
        for (key, entry) in entries where isGone(key, entry.round) {
            entries[key] = nil
            bytes -= entry.bytes
        }
        // A table that once was large is let go as well.
        if entries.capacity > 64, entries.count * 4 < entries.capacity { entries = entries.filter { _ in true } }
    }
}
