internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// Decoded parts of the shards' dictionaries and indexes, kept for the next look-up; the least recently used go first.
///
/// A part stands for the number of series that the shard had when it was read, and for the version of its index, which rises where a deletion
/// takes something out; it is read again once one of them has changed.
final class IndexCache: Sendable {
    /// What a part is a part of, and which one.
    private struct Key: Hashable, Sendable {
        enum Kind: UInt8 { case group, posting, values, names }

        var kind: Kind
        var shard: Int
        var group: UInt32 = 0
        /// A name, or a name and a value with their lengths: as bytes, for Swift takes some different strings for equal.
        var text: [UInt8] = []
    }

    private enum Part: Sendable {
        case group(LabelGroup)
        case posting([UInt32])
        case values(ValueLists)
        case names([[UInt8]])
    }

    private struct Entry: Sendable {
        var part: Part
        /// The number of series that the shard had.
        var seriesCount: Int
        var indexVersion: Int
    }

    private let bytesMax: Int
    private let parts: Mutex<RecentlyUsed<Key, Entry>>

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
        parts = Mutex(RecentlyUsed(bytesMax: bytesMax))
    }

    /// Bytes that the parts take, about.
    var memoryBytes: Int { parts.withLock { $0.bytes } }

    /// Begins a round, and forgets the parts that were used in none of the latest ones.
    func beginRound(keeping rounds: Int) { parts.withLock { $0.beginRound(keeping: rounds) } }

    /// The labels of a group of series.
    func group(_ first: UInt32, of snapshot: ShardSnapshot, load: () throws -> LabelGroup) throws -> LabelGroup {
        let key = Key(kind: .group, shard: snapshot.shard.serial, group: first)
        let wanted = min(snapshot.contents.seriesCount - Int(first), Shard.seriesPerGroup)
        let version = snapshot.contents.indexVersion
        // One that was read later than this snapshot holds all that the snapshot knows.
        let known = find(key) { entry in
            if case .group(let group) = entry.part { group.count >= wanted && entry.indexVersion == version } else { false }
        }
        if case .group(let group) = known { return group }
        let group = try load()
        insert(.group(group), key, snapshot, bytes: group.memoryBytes)
        return group
    }

    /// The series of a label pair: from the list of all values of the label, where that is in memory.
    func posting(name: String, value: String, of snapshot: ShardSnapshot, load: () throws -> [UInt32]) throws -> [UInt32] {
        let ofName = Key(kind: .values, shard: snapshot.shard.serial, text: Array(name.utf8))
        if case .values(let values) = find(ofName, snapshot) { return values.series(of: value).map(Array.init) ?? [] }
        var text: [UInt8] = []
        LabelSet.appendRun(name.utf8, to: &text)
        LabelSet.appendRun(value.utf8, to: &text)
        let key = Key(kind: .posting, shard: snapshot.shard.serial, text: text)
        if case .posting(let series) = find(key, snapshot) { return series }
        let series = try load()
        insert(.posting(series), key, snapshot, bytes: series.count * 4 + text.count)
        return series
    }

    /// The values of a label with their series.
    func values(of name: String, _ snapshot: ShardSnapshot, load: () throws -> ValueLists) throws -> ValueLists {
        let key = Key(kind: .values, shard: snapshot.shard.serial, text: Array(name.utf8))
        if case .values(let values) = find(key, snapshot) { return values }
        let values = try load()
        insert(.values(values), key, snapshot, bytes: values.memoryBytes + key.text.count)
        return values
    }

    /// The names of labels.
    func names(of snapshot: ShardSnapshot, load: () throws -> [[UInt8]]) throws -> [[UInt8]] {
        let key = Key(kind: .names, shard: snapshot.shard.serial)
        if case .names(let names) = find(key, snapshot) { return names }
        let names = try load()
        insert(.names(names), key, snapshot, bytes: names.reduce(0) { $0 + $1.count + 40 })
        return names
    }

    private func find(_ key: Key, _ snapshot: ShardSnapshot) -> Part? {
        find(key) { $0.seriesCount == snapshot.contents.seriesCount && $0.indexVersion == snapshot.contents.indexVersion }
    }

    private func find(_ key: Key, where isValid: (Entry) -> Bool) -> Part? {
        parts.withLock { $0.find(key, where: isValid)?.part }
    }

    private func insert(_ part: Part, _ key: Key, _ snapshot: ShardSnapshot, bytes: Int) {
        // What takes a large share for itself would only push the others out.
        guard bytes <= bytesMax / 2 else { return }
        let bytes = bytes + MemoryLayout<Key>.stride + MemoryLayout<Entry>.stride
        let entry = Entry(part: part, seriesCount: snapshot.contents.seriesCount, indexVersion: snapshot.contents.indexVersion)
        parts.withLock { $0.insert(entry, for: key, bytes: bytes) }
    }
}
