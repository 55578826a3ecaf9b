internal import ByteCoding
internal import LabelMatching
internal import Synchronization
internal import TelemetryModel

/// The recent part of the storage, in memory: the active series with their index, and the generations of samples not sealed yet.
///
/// Locks are taken in the order partition, index; the list of generations is never locked together with another.
final class Head: Sendable {
    final class Partition: Sendable {
        let table = Mutex(SeriesTable())
    }

    private struct Generations: Sendable {
        var frozen: [HeadGeneration]
        var active: HeadGeneration
    }

    let partitions: [Partition] = (0..<SeriesReference.partitionCount).map { _ in Partition() }
    private let index = Mutex(LabelIndex())
    private let generations: Mutex<Generations>
    private let activeSeries = Atomic<Int>(0)
    /// Bytes of the labels of the active series.
    private let activeLabels = Atomic<Int>(0)
    let seriesCreated = Atomic<Int>(0)
    let seriesRemoved = Atomic<Int>(0)
    /// How often numbers of series were made free for others.
    private let placesReleased = Atomic<Int>(0)

    init(firstSegment: UInt64, now: Timestamp) {
        generations = Mutex(Generations(frozen: [], active: HeadGeneration(number: firstSegment, ordinal: 1, started: now)))
    }

    var activeSeriesCount: Int { activeSeries.load(ordering: .relaxed) }

    var activeLabelBytes: Int { activeLabels.load(ordering: .relaxed) }

    /// Bytes of samples of all generations.
    var memoryBytes: Int { allGenerations.reduce(0) { $0 + $1.memoryBytes.load(ordering: .relaxed) } }

    /// Bytes of labels, tables and index.
    var indexBytes: Int {
        partitions.reduce(index.withLock { $0.memoryBytes }) { sum, partition in sum + partition.table.withLock { $0.memoryBytes } }
    }

    /// All generations in the order they began; the last one is active.
    var allGenerations: [HeadGeneration] { generations.withLock { $0.frozen + [$0.active] } }

    /// The active generation, entered: it is not sealed until ``leave(_:)``.
    func enter() -> HeadGeneration {
        generations.withLock { state in
            state.active.inFlight.add(1, ordering: .acquiringAndReleasing)
            return state.active
        }
    }

    func leave(_ generation: HeadGeneration) { generation.inFlight.subtract(1, ordering: .acquiringAndReleasing) }

    /// Freezes the active generation and begins another.
    func turn(to segment: UInt64, now: Timestamp) {
        generations.withLock { state in
            state.frozen.append(state.active)
            state.active = HeadGeneration(number: segment, ordinal: state.active.ordinal + 1, started: now)
        }
    }

    /// Puts a generation that was read back from the journal before the active one.
    func addReplayed(_ generation: HeadGeneration) { generations.withLock { $0.frozen.append(generation) } }

    /// Forgets the frozen generations up to a segment: the shards have them.
    func dropGenerations(through segment: UInt64) { generations.withLock { $0.frozen.removeAll { $0.number <= segment } } }

    /// Removes the series that no append touched since a generation began. Call it once the shards have what they held.
    ///
    /// - Parameter numbers: those that may go; nil for all.
    func removeSeries(untouchedSince ordinal: UInt32, among numbers: [UInt32]? = nil) {
        let places = numbers.map { numbers in
            var places = [Set<UInt32>](repeating: [], count: partitions.count)
            for number in numbers {
                places[Int(number) & (SeriesReference.partitionCount - 1)].insert(number >> UInt32(SeriesReference.partitionBits))
            }
            return places
        }
        let gone = partitions.enumerated().map { index, partition in
            partition.table.withLock { $0.removeUntouched(since: ordinal, among: places?[index]) }
        }
        let count = gone.reduce(0) { $0 + $1.places.count }
        guard count > 0 else { return }
        var numbers = Set<UInt32>(minimumCapacity: count)
        for (partition, removed) in gone.enumerated() {
            for place in removed.places { numbers.insert(Head.number(place: place, partition: partition)) }
        }
        let removed = numbers
        index.withLock { $0.remove(removed) }
        activeSeries.subtract(count, ordering: .relaxed)
        activeLabels.subtract(gone.reduce(0) { $0 + $1.labelBytes }, ordering: .relaxed)
        seriesRemoved.add(count, ordering: .relaxed)
        // From here on a number may mean another series: who looked it up before looks again.
        placesReleased.add(1, ordering: .sequentiallyConsistent)
        for (partition, removed) in gone.enumerated() { partitions[partition].table.withLock { $0.release(removed.places) } }
    }

    static func number(place: UInt32, partition: Int) -> UInt32 {
        place << UInt32(SeriesReference.partitionBits) | UInt32(partition)
    }

    // MARK: Appending

    /// The series of a batch with their places, grouped by partition.
    struct Resolution {
        /// By series of the batch.
        var references: [SeriesReference]
        /// By series of the batch: whether the journal segment may not know its labels yet.
        var defines: [Bool]
        /// Series grouped by partition, and where the groups begin.
        var order: [Int32]
        var bounds: [Int]
        /// Series that were refused, because there are too many or they are too large.
        var refused: [Int: RejectedSample.Reason] = [:]
        var definesAny = false
        /// Whether a series without labels has a reference that is unknown by now.
        var hasUnknownReference = false
        /// The labels of series that the segment may not know and the batch does not say, and where they are by series.
        var headLabels: [UInt8] = []
        var headLabelRanges: [Int: Range<Int>] = [:]
        /// New series that are not in the index yet.
        var unindexed: [Int] = []

        mutating func define(_ series: Int, _ place: UInt32, of table: SeriesTable, isInBatch: Bool) {
            defines[series] = true
            definesAny = true
            if isInBatch { return }
            let start = headLabels.count
            table.withLabels(place) { headLabels.append(contentsOf: $0) }
            headLabelRanges[series] = start..<headLabels.count
        }
    }

    /// What new series are held to.
    struct Limits: Sendable {
        /// Active series.
        var series: Int
        /// Bytes of the labels of all active series.
        var labelBytes: Int

        /// For series that were taken before.
        static let none = Limits(series: .max, labelBytes: .max)
    }

    /// Finds the places of a batch's series and creates those that are new.
    ///
    /// - Parameter indexesNow: without, new series are listed in the result for the caller to bring to ``index(_:)``.
    func resolve(_ batch: MetricBatch, generation: HeadGeneration, limits: Limits, indexesNow: Bool = true) -> Resolution {
        let count = batch.seriesCount
        var hashes = [UInt64](repeating: 0, count: count)
        var resolution = Resolution(
            references: batch.starts.map(\.reference), defines: [Bool](repeating: false, count: count), order: [], bounds: [])
        batch.labelBytes.withUnsafeBytes { labels in
            for series in 0..<count where resolution.references[series] == .unknown && batch.starts[series].hasLabels {
                hashes[series] = hash64(UnsafeRawBufferPointer(rebasing: labels[batch.labelRange(series)]))
            }
            group(&resolution, hashes)
            for partition in partitions.indices where resolution.bounds[partition] < resolution.bounds[partition + 1] {
                partitions[partition].table.withLock { table in
                    for index in resolution.bounds[partition]..<resolution.bounds[partition + 1] {
                        let series = Int(resolution.order[index])
                        let reference = resolution.references[series]
                        if reference != .unknown,
                            let isDefined = table.touch(reference.place, life: reference.life, generation: generation.ordinal)
                        {
                            if !isDefined {
                                resolution.define(series, reference.place, of: table, isInBatch: batch.starts[series].hasLabels)
                            }
                            continue
                        }
                        guard batch.starts[series].hasLabels else {
                            resolution.hasUnknownReference = true
                            continue
                        }
                        let packed = UnsafeRawBufferPointer(rebasing: labels[batch.labelRange(series)])
                        let hash = reference == .unknown ? hashes[series] : hash64(packed)
                        let (place, isNew): (UInt32, Bool)
                        switch self.place(of: packed, hash: hash, &table, limits) {
                        case .known(let known): (place, isNew) = (known, false)
                        case .created(let created): (place, isNew) = (created, true)
                        case .refused(let reason):
                            resolution.references[series] = .unknown
                            resolution.refused[series] = reason
                            continue
                        }
                        if isNew, indexesNow {
                            // Before the partition is let go: who finds the series in the table finds it in the index too.
                            self.index.withLock { $0.insert(packed, series: Head.number(place: place, partition: partition)) }
                        } else if isNew {
                            resolution.unindexed.append(series)
                        }
                        let life = table.entries[Int(place)].life
                        resolution.references[series] = SeriesReference(partition: partition, place: place, life: life)
                        let isDefined = table.touch(place, life: life & SeriesReference.lifeMask, generation: generation.ordinal)
                        if isDefined != true { resolution.define(series, place, of: table, isInBatch: true) }
                    }
                }
            }
        }
        return resolution
    }

    /// Series with their labels, on their way into the index.
    struct Unindexed: Sendable {
        fileprivate var labelBytes: [UInt8] = []
        fileprivate var series: [(number: UInt32, end: Int)] = []

        /// The series of a batch that a resolution left out of the index, in the order of the batch: neighbours have most labels in common.
        init(_ resolution: Resolution, of batch: MetricBatch) {
            for index in resolution.unindexed.sorted() {
                labelBytes.append(contentsOf: batch.labelBytes[batch.labelRange(index)])
                let reference = resolution.references[index]
                series.append((Head.number(place: reference.place, partition: reference.partition), labelBytes.count))
            }
        }
    }

    /// Takes new series into the index.
    func index(_ unindexed: Unindexed) {
        index.withLock { index in
            unindexed.labelBytes.withUnsafeBytes { raw in
                var start = 0
                for (number, end) in unindexed.series {
                    index.insert(UnsafeRawBufferPointer(rebasing: raw[start..<end]), series: number)
                    start = end
                }
            }
        }
    }

    /// Sorts the series by partition, keeping their order within each.
    private func group(_ resolution: inout Resolution, _ hashes: [UInt64]) {
        let count = hashes.count
        let partitionCount = SeriesReference.partitionCount
        var bounds = [Int](repeating: 0, count: partitionCount + 1)
        var partitionOf = [UInt8](repeating: 0, count: count)
        for series in 0..<count {
            let reference = resolution.references[series]
            let partition = reference == .unknown ? Int(hashes[series] & UInt64(partitionCount - 1)) : reference.partition
            partitionOf[series] = UInt8(partition)
            bounds[partition + 1] += 1
        }
        for partition in 0..<partitionCount { bounds[partition + 1] += bounds[partition] }
        var next = bounds
        var order = [Int32](repeating: 0, count: count)
        for series in 0..<count {
            let partition = Int(partitionOf[series])
            order[next[partition]] = Int32(series)
            next[partition] += 1
        }
        resolution.order = order
        resolution.bounds = bounds
    }

    private enum Placing {
        case known(UInt32)
        case created(UInt32)
        case refused(RejectedSample.Reason)
    }

    /// The place of one series, where it has one or may be created.
    private func place(
        of packed: UnsafeRawBufferPointer, hash: UInt64, _ table: inout SeriesTable, _ limits: Limits
    ) -> Placing {
        if let place = table.find(packed, hash: hash) { return .known(place) }
        guard activeSeries.load(ordering: .relaxed) < limits.series else { return .refused(.tooManySeries) }
        guard activeLabels.load(ordering: .relaxed) <= limits.labelBytes - packed.count, table.hasRoom(for: packed.count) else {
            return .refused(.tooManyLabelBytes)
        }
        let place = table.insert(packed, hash: hash)
        activeSeries.add(1, ordering: .relaxed)
        activeLabels.add(packed.count, ordering: .relaxed)
        seriesCreated.add(1, ordering: .relaxed)
        return .created(place)
    }

    /// Takes note that the segment of a generation knows the labels of series, and that they are in use in it.
    func noteWritten(_ resolution: Resolution, generation: HeadGeneration) {
        for partition in partitions.indices where resolution.bounds[partition] < resolution.bounds[partition + 1] {
            partitions[partition].table.withLock { table in
                for index in resolution.bounds[partition]..<resolution.bounds[partition + 1] {
                    let series = Int(resolution.order[index])
                    guard resolution.references[series] != .unknown else { continue }
                    table.touch(resolution.references[series].place, generation: generation.ordinal)
                    if resolution.defines[series] {
                        table.define(resolution.references[series].place, generation: generation.ordinal)
                    }
                }
            }
        }
    }

    // MARK: Looking up

    /// Runs a look-up of numbers, labels and samples again where numbers changed their meaning meanwhile.
    func consistently<Result>(_ lookUp: () -> Result) -> Result {
        while true {
            let before = placesReleased.load(ordering: .sequentiallyConsistent)
            let result = lookUp()
            if placesReleased.load(ordering: .sequentiallyConsistent) == before { return result }
        }
    }

    /// The numbers of the series that pass all matchers, sorted.
    func series(matching matchers: [LabelMatcher]) -> [UInt32] {
        // Nothing in the head's index throws; the protocol allows it for shards.
        index.withLock { index in (try? index.series(matching: matchers)) ?? [] }
    }

    /// As ``series(matching:)`` where that is a matter of microseconds: nobody holds the index, and the lists are short; else nil.
    func seriesBriefly(matching matchers: [LabelMatcher]) -> [UInt32]? {
        let found: [UInt32]?? = index.withLockIfAvailable { index in
            for matcher in matchers {
                guard matcher.operator == .equal || matcher.operator == .notEqual, !matcher.value.isEmpty else { return nil }
                if index.seriesCount(name: matcher.name, value: matcher.value) > LookupEffort.briefListMax { return nil }
            }
            guard matchers.contains(where: { $0.operator == .equal }) else { return nil }
            return try? index.series(matching: matchers)
        }
        return found ?? nil
    }

    /// Runs the body with the index, unless somebody holds it.
    func withIndexAtHand<Result: Sendable>(_ body: (LabelIndex) -> Result) -> Result? { index.withLockIfAvailable { body($0) } }

    /// Runs the body with the index.
    func withIndex<Result: Sendable>(_ body: (LabelIndex) -> Result) -> Result { index.withLock { body($0) } }

    /// Copies the packed labels of a series; nil where it has left.
    func labels(_ series: UInt32) -> LabelSet? {
        let place = series >> UInt32(SeriesReference.partitionBits)
        return partitions[Int(series) & (SeriesReference.partitionCount - 1)].table.withLock { table in
            guard Int(place) < table.entries.count, table.entries[Int(place)].isLive else { return nil }
            return table.withLabels(place) { LabelSet(canonical: Array($0)) }
        }
    }
}
