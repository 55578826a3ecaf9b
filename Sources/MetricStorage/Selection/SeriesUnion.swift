internal import ShardStorage
internal import TelemetryModel

/// The series of a selection under construction: those of the head and of several shards, each label set once.
struct SeriesUnion {
    private(set) var items: [MetricSelection.Item] = []
    private var hashes: [UInt64] = []
    /// Open addressing with linear probing: index of the item + 1, or 0 for none. At least half of it is free.
    private var buckets: [UInt32] = []

    init() {}

    /// Makes room for further series.
    mutating func reserve(_ count: Int) {
        guard count > 0 else { return }
        items.reserveCapacity(items.count + count)
        hashes.reserveCapacity(items.count + count)
        var size = max(buckets.count, 16)
        while size < (items.count + count) * 2 { size *= 2 }
        guard size > buckets.count else { return }
        buckets = [UInt32](repeating: 0, count: size)
        for index in items.indices { fillBucket(index) }
    }

    /// Adds a series of a shard.
    ///
    /// - Precondition: room was made for it.
    mutating func add(_ labels: LabelSet, hash: UInt64, _ place: MetricSelection.ShardSeries) {
        if let known = find(hash, where: { $0 == labels }) {
            items[known].add(place)
        } else {
            append(MetricSelection.Item(labels: labels, shard: place), hash)
        }
    }

    /// The index of a series that samples or rollups were found of.
    ///
    /// - Precondition: room was made for it.
    mutating func index(of labels: LabelSet, hash: UInt64) -> Int {
        if let known = find(hash, where: { $0 == labels }) { return known }
        append(MetricSelection.Item(labels: labels), hash)
        return items.count - 1
    }

    /// Adds all series that were found in the head.
    mutating func add(_ found: HeadFindings) {
        reserve(found.series.count)
        found.labelBytes.withUnsafeBytes { raw in
            for series in found.series { add(UnsafeRawBufferPointer(rebasing: raw[series.labels]), hash: series.hash, series.head) }
        }
    }

    private mutating func add(_ packed: UnsafeRawBufferPointer, hash: UInt64, _ head: MetricSelection.HeadSeries) {
        let known = find(hash) { labels in
            labels.packed.count == packed.count && labels.packed.withUnsafeBytes { areEqual($0, at: 0, packed) }
        }
        if let known {
            items[known].head = head
        } else {
            append(MetricSelection.Item(labels: LabelSet(canonical: Array(packed)), head: head), hash)
        }
    }

    private mutating func append(_ item: MetricSelection.Item, _ hash: UInt64) {
        items.append(item)
        hashes.append(hash)
        fillBucket(items.count - 1)
    }

    private func find(_ hash: UInt64, where isSame: (LabelSet) -> Bool) -> Int? {
        let mask = buckets.count - 1
        var bucket = Int(truncatingIfNeeded: hash) & mask
        while buckets[bucket] != 0 {
            let index = Int(buckets[bucket] - 1)
            if hashes[index] == hash, isSame(items[index].labels) { return index }
            bucket = (bucket + 1) & mask
        }
        return nil
    }

    private mutating func fillBucket(_ index: Int) {
        let mask = buckets.count - 1
        var bucket = Int(truncatingIfNeeded: hashes[index]) & mask
        while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
        buckets[bucket] = UInt32(index + 1)
    }
}
