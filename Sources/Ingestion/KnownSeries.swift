internal import ByteCoding
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel

/// The references of series by the bytes that senders give their labels as, so that labels seen before are neither decoded nor checked again.
///
/// A key is a hash of 128 bits under a seed of this process (`Hash128`), and stands for the bytes: keeping those would take as much memory
/// as the labels do in storage. What no sender used for twenty minutes is forgotten.
final class KnownSeries: Sendable {
    private struct Tables: Sendable {
        var recent = ReferenceTable()
        /// The table before the latest turn; what is found here moves on to the recent one.
        var older = ReferenceTable()
        var turnedAt: Timestamp?
    }

    private static let turnMilliseconds: Timestamp = 10 * 60_000
    private let seed = UInt64.random(in: .min ... .max)
    private let tables = Mutex(Tables())

    func key(of bytes: UnsafeRawBufferPointer) -> Hash128 { Hash128(of: bytes, seed: seed) }

    /// Fills in the reference for each key, the unknown one where there is none; returns whether all are known.
    ///
    /// All of a request at once: the processor then waits for many places in memory at the same time.
    func find(_ keys: [Hash128], into references: inout [SeriesReference]) -> Bool {
        tables.withLock { tables in
            references.removeAll(keepingCapacity: true)
            var missing = 0
            for key in keys {
                let found = tables.recent.find(key)
                references.append(found)
                if found == .unknown { missing += 1 }
            }
            if missing == 0 || tables.older.count == 0 { return missing == 0 }
            for index in keys.indices where references[index] == .unknown {
                let found = tables.older.find(keys[index])
                if found == .unknown { continue }
                tables.recent.set(keys[index], found)
                references[index] = found
                missing -= 1
            }
            return missing == 0
        }
    }

    /// Remembers series; the unknown reference is passed over.
    func set(_ pairs: some Sequence<(key: Hash128, reference: SeriesReference)>, now: Timestamp) {
        tables.withLock { tables in
            let turnedAt = tables.turnedAt ?? now
            tables.turnedAt = turnedAt
            if now - turnedAt >= KnownSeries.turnMilliseconds {
                tables.older = tables.recent
                tables.recent = ReferenceTable()
                tables.turnedAt = now
            }
            for (key, reference) in pairs where reference != .unknown { tables.recent.set(key, reference) }
        }
    }
}

/// References by hash: open addressing with linear probing, at most three quarters full. Nothing is removed.
struct ReferenceTable: Sendable {
    private struct Entry {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var reference = SeriesReference.unknown
    }

    private var entries = [Entry](repeating: Entry(), count: 16)
    private(set) var count = 0

    /// The reference of a key; the unknown one where there is none.
    func find(_ key: Hash128) -> SeriesReference {
        let mask = entries.count - 1
        var index = Int(truncatingIfNeeded: key.low) & mask
        while entries[index].low != key.low || entries[index].high != key.high {
            if entries[index].reference == .unknown { return .unknown }
            index = (index + 1) & mask
        }
        return entries[index].reference
    }

    /// - Precondition: the reference is not the unknown one.
    mutating func set(_ key: Hash128, _ reference: SeriesReference) {
        if (count + 1) * 4 > entries.count * 3 { grow() }
        place(Entry(low: key.low, high: key.high, reference: reference))
    }

    private mutating func place(_ entry: Entry) {
        let mask = entries.count - 1
        var index = Int(truncatingIfNeeded: entry.low) & mask
        while entries[index].reference != .unknown {
            if entries[index].low == entry.low, entries[index].high == entry.high { break }
            index = (index + 1) & mask
        }
        if entries[index].reference == .unknown { count += 1 }
        entries[index] = entry
    }

    private mutating func grow() {
        let old = entries
        entries = [Entry](repeating: Entry(), count: old.count * 2)
        count = 0
        for entry in old where entry.reference != .unknown { place(entry) }
    }
}
