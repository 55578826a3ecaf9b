internal import ByteCoding

/// The series of one partition of the head: packed labels to place, and back. A label set's bytes are here once.
///
/// Places of series that left are taken again; a count of lives tells their tenants apart.
struct SeriesTable {
    struct Entry {
        var hash: UInt64
        var labelStart: UInt32
        var labelCount: UInt32
        /// The latest generation, by ordinal, that an append of the series was under way in.
        var touched: UInt32
        /// The latest generation whose journal segment knows the labels.
        var defined: UInt32
        var life: UInt32
        var isLive: Bool
    }

    private(set) var entries: [Entry] = []
    private var freePlaces: [UInt32] = []
    /// Open addressing with linear probing: place + 1, or 0 for none. The number of buckets is a power of two.
    private var buckets: [UInt32] = [UInt32](repeating: 0, count: 16)
    private var arena: [UInt8] = []
    private var deadLabelBytes = 0
    private(set) var liveCount = 0

    /// Bytes of labels, table and entries.
    var memoryBytes: Int { arena.count + buckets.count * 4 + entries.count * MemoryLayout<Entry>.stride }

    /// The place of a series, or nil.
    func find(_ packed: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
        let mask = buckets.count - 1
        var bucket = Int(truncatingIfNeeded: hash >> 8) & mask
        while true {
            let content = buckets[bucket]
            if content == 0 { return nil }
            let place = content - 1
            if entries[Int(place)].hash == hash, hasLabels(place, packed) { return place }
            bucket = (bucket + 1) & mask
        }
    }

    private func hasLabels(_ place: UInt32, _ packed: UnsafeRawBufferPointer) -> Bool {
        let entry = entries[Int(place)]
        guard Int(entry.labelCount) == packed.count else { return false }
        return arena.withUnsafeBytes { areEqual($0, at: Int(entry.labelStart), packed) }
    }

    /// Whether there is room for the labels of one more series: places in the arena have 32 bits.
    func hasRoom(for labelCount: Int) -> Bool { arena.count + labelCount <= Int(UInt32.max) }

    /// Takes in a series that is not there yet.
    ///
    /// - Precondition: ``hasRoom(for:)``.
    mutating func insert(_ packed: UnsafeRawBufferPointer, hash: UInt64) -> UInt32 {
        if (liveCount + 1) * 4 > buckets.count * 3 { rebuildBuckets(count: buckets.count * 2) }
        var entry = Entry(
            hash: hash, labelStart: UInt32(arena.count), labelCount: UInt32(packed.count), touched: 0, defined: 0, life: 0, isLive: true)
        arena.append(contentsOf: packed)
        liveCount += 1
        let place: UInt32
        if let free = freePlaces.popLast() {
            place = free
            entry.life = entries[Int(free)].life &+ 1
            entries[Int(free)] = entry
        } else {
            place = UInt32(entries.count)
            entries.append(entry)
        }
        fillBucket(place)
        return place
    }

    private mutating func fillBucket(_ place: UInt32) {
        let mask = buckets.count - 1
        var bucket = Int(truncatingIfNeeded: entries[Int(place)].hash >> 8) & mask
        while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
        buckets[bucket] = place + 1
    }

    private mutating func rebuildBuckets(count: Int) {
        buckets = [UInt32](repeating: 0, count: count)
        for place in entries.indices where entries[place].isLive { fillBucket(UInt32(place)) }
    }

    /// Notes that a generation has a series, if its place still has the tenant that a reference means.
    ///
    /// - Returns: whether the generation's journal segment knows the labels; nil where the series has left.
    @inline(__always)
    mutating func touch(_ place: UInt32, life: UInt32, generation: UInt32) -> Bool? {
        guard Int(place) < entries.count else { return nil }
        let entry = entries[Int(place)]
        guard entry.isLive, entry.life & SeriesReference.lifeMask == life else { return nil }
        if entry.touched < generation { entries[Int(place)].touched = generation }
        return entry.defined == generation
    }

    @inline(__always)
    mutating func touch(_ place: UInt32, generation: UInt32) {
        if entries[Int(place)].touched < generation { entries[Int(place)].touched = generation }
    }

    @inline(__always)
    mutating func define(_ place: UInt32, generation: UInt32) {
        if entries[Int(place)].defined < generation { entries[Int(place)].defined = generation }
    }

    /// Lends the packed labels of a series.
    func withLabels<Result>(_ place: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let entry = entries[Int(place)]
        return arena.withUnsafeBytes { raw in
            body(UnsafeRawBufferPointer(rebasing: raw[Int(entry.labelStart)..<Int(entry.labelStart) + Int(entry.labelCount)]))
        }
    }

    /// Removes the series that were last touched before a generation, and gives their places. These are not taken again before
    /// ``release(_:)``.
    ///
    /// - Parameter places: those that may go; nil for all.
    mutating func removeUntouched(
        since generation: UInt32, among places: Set<UInt32>? = nil
    ) -> (places: [UInt32], labelBytes: Int) {
        var removed: [UInt32] = []
        var labelBytes = 0
        for place in entries.indices where entries[place].isLive && entries[place].touched < generation {
            if let places, !places.contains(UInt32(place)) { continue }
            entries[place].isLive = false
            labelBytes += Int(entries[place].labelCount)
            removed.append(UInt32(place))
        }
        guard !removed.isEmpty else { return ([], 0) }
        deadLabelBytes += labelBytes
        liveCount -= removed.count
        if deadLabelBytes * 2 > arena.count { compactArena() }
        rebuildBuckets(count: buckets.count)
        return (removed, labelBytes)
    }

    /// Lets the places of removed series be taken again.
    mutating func release(_ places: [UInt32]) { freePlaces += places }

    private mutating func compactArena() {
        var compacted: [UInt8] = []
        compacted.reserveCapacity(arena.count - deadLabelBytes)
        for place in entries.indices where entries[place].isLive {
            let start = Int(entries[place].labelStart)
            entries[place].labelStart = UInt32(compacted.count)
            compacted.append(contentsOf: arena[start..<start + Int(entries[place].labelCount)])
        }
        arena = compacted
        deadLabelBytes = 0
    }
}
