internal import CivilCalendar
internal import ColumnCoding
internal import LabelMatching
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

/// Series found by a select, and a hold on their samples: what is read later is what was there then.
///
/// Let go of it soon: while it lives, memory and pages of its moment stay.
public final class MetricSelection: Sendable {
    /// How much of a series each generation of the head held.
    struct HeadCount: Sendable {
        var floats: UInt32
        var histograms: UInt32
    }

    /// A series' number in one of the shards.
    struct ShardSeries: Sendable {
        var shard: UInt32
        var series: UInt32
    }

    /// A series' number in the head, and where its counts begin.
    struct HeadSeries: Sendable {
        var number: UInt32
        var counts: Int
    }

    /// Where a series' samples are.
    struct Item: Sendable {
        let labels: LabelSet
        /// Nil where it has no samples in the head.
        var head: HeadSeries?
        /// The oldest of its shards; most series of most selections are in one.
        private var first: ShardSeries?
        private var others: [ShardSeries] = []

        init(labels: LabelSet, head: HeadSeries) {
            self.labels = labels
            self.head = head
        }

        init(labels: LabelSet, shard: ShardSeries) {
            self.labels = labels
            first = shard
        }

        init(labels: LabelSet) { self.labels = labels }

        mutating func add(_ place: ShardSeries) {
            if first == nil { first = place } else { others.append(place) }
        }

        /// Lends its places in shards, the oldest first.
        func forEachShard<Failure: Error>(_ body: (ShardSeries) throws(Failure) -> Void) throws(Failure) {
            if let first { try body(first) }
            for place in others { try body(place) }
        }
    }

    /// A series' number in one of the rollup shards.
    struct RollupSeries: Sendable {
        var shard: UInt32
        var series: UInt32
        var role: RollupRole
        var resolution: RollupResolution
    }

    /// What is read of rollups.
    struct RollupReading: Sendable {
        var use: SampleUse
        /// Which times are read from what, for each kind of series that there is.
        var segments: [[RollupPlan.Segment]] = []
        /// For each series which of these it is; nil where samples are all there is to read.
        var kinds: [Int?] = []
        /// For each series where its rollups are.
        var places: [[RollupSeries]] = []
    }

    let range: TimeRange
    let items: [Item]
    let generations: [HeadGeneration]
    private let headCounts: [HeadCount]
    let snapshots: [ShardSnapshot]
    /// Whether any sample may say when it began to be counted.
    let hasStarts: Bool
    private let pageCache: PageCache
    private let effort: LookupEffort
    private let reportDamage: @Sendable (String, String) -> Void
    private let collectedWarnings: Mutex<[String]>
    private let rollups: RollupReading?
    /// For each series the time before which samples are too old to be shown; nil where there is no such time.
    private let earliest: [Timestamp]?
    /// For who reads without its own; missing while somebody has them.
    private let commonCursors = Mutex<PageCursors?>(PageCursors())
    /// Pages that were opened, with their sizes.
    private let openedPages = Mutex<[PageCursors.Key: Int]>([:])

    init(
        range: TimeRange, items: [Item], generations: [HeadGeneration], headCounts: [HeadCount], snapshots: [ShardSnapshot],
        rollups: RollupReading? = nil, earliest: [Timestamp]? = nil, pageCache: PageCache, effort: LookupEffort, warnings: [String],
        reportDamage: @escaping @Sendable (String, String) -> Void
    ) {
        self.rollups = rollups
        self.earliest = earliest

        self.range = range
        self.items = items
        self.generations = generations
        self.headCounts = headCounts
        self.snapshots = snapshots
        self.pageCache = pageCache
        self.effort = effort
        self.reportDamage = reportDamage
        collectedWarnings = Mutex(warnings)
        hasStarts = snapshots.contains { $0.contents.hasStartRuns } || generations.contains { $0.hasStarts }
    }

    /// The number of series.
    public var count: Int { items.count }

    /// The labels of a series.
    public func labels(at index: Int) -> LabelSet { items[index].labels }

    /// What was read so far, and from where. Costs as much as going through the series once.
    public var statistics: SelectionStatistics {
        var headSeries = 0
        var seriesByShard = [Int](repeating: 0, count: snapshots.count)
        for item in items {
            if item.head != nil { headSeries += 1 }
            item.forEachShard { seriesByShard[Int($0.shard)] += 1 }
        }
        var opened: [Int: (pages: Int, bytes: Int)] = [:]
        for (key, bytes) in openedPages.withLock({ $0 }) {
            opened[key.shard, default: (0, 0)].pages += 1
            opened[key.shard, default: (0, 0)].bytes += bytes
        }
        let shards = zip(snapshots, seriesByShard).map { snapshot, series in
            let (pages, bytes) = opened[snapshot.shard.serial] ?? (0, 0)
            return SelectionStatistics.Shard(day: Day.range(snapshot.shard.day).start, series: series, pages: pages, bytes: bytes)
        }
        return SelectionStatistics(
            headSeries: headSeries, shards: shards.filter { $0.series > 0 }.sorted { $0.day < $1.day })
    }

    /// Whether values are numbers of samples, as the use asked for these and rollups have no others: to be added up instead of counted.
    public var countsAsValues: Bool { rollups?.use.purpose == .count && !rollupRanges.isEmpty }

    /// The times that rollups speak for instead of samples, by resolution, and whether results are the same as with samples.
    public var rollupRanges: [(resolution: RollupResolution, range: TimeRange, isExact: Bool)] {
        guard let rollups else { return [] }
        let used = Set(rollups.kinds.compactMap { $0 })
        let segments = Set(used.flatMap { rollups.segments[$0] })
        return segments.compactMap { segment in
            segment.resolution.map { ($0, segment.range, rollups.use.isExact(on: $0)) }
        }.sorted { ($0.range.start, $0.range.end) < ($1.range.start, $1.range.end) }
    }

    /// Gaps that damaged files leave in what was found and read so far, as sentences.
    public var warnings: [String] { collectedWarnings.withLock { $0 } }

    /// Replaces the content of `columns` by the samples of a series within the selection's range, in rising order of time, one per time.
    ///
    /// A page that cannot be read leaves a gap and a warning. May be called from several threads at once. Reading the series in their order
    /// is fastest: neighbours share pages.
    ///
    /// - Throws: ``MetricStorageError``: `closed`, and `tooMuch` where the selection is brief and a page is not in memory.
    public func read(_ index: Int, into columns: inout SampleColumns) throws(MetricStorageError) {
        var cursors =
            commonCursors.withLock { common in
                defer { common = nil }
                return common
            } ?? PageCursors()
        defer { commonCursors.withLock { $0 = cursors } }
        try read(index, into: &columns, keeping: &cursors)
    }

    /// The same for one thread of several.
    ///
    /// - Parameter cursors: kept from one series of this selection to the next.
    public func read(
        _ index: Int, into columns: inout SampleColumns, keeping cursors: inout PageCursors
    ) throws(MetricStorageError) {
        columns.removeAll()
        if let rollups, let kind = rollups.kinds[index] {
            try read(index, rollups.segments[kind], rollups, into: &columns, &cursors)
        } else {
            try readSamples(index, range, into: &columns, &cursors)
        }
    }

    /// Appends the samples of a range to empty columns.
    private func readSamples(
        _ index: Int, _ range: TimeRange, into columns: inout SampleColumns, _ cursors: inout PageCursors
    ) throws(MetricStorageError) {
        let range = TimeRange(start: max(range.start, earliest?[index] ?? .min), end: range.end)
        guard range.start <= range.end else { return }
        var rises = true
        try items[index].forEachShard { place throws(MetricStorageError) in
            if columns.isEmpty { columns.shareTimes() }
            if try !read(place.series, of: snapshots[Int(place.shard)], in: range, into: &columns, &cursors) { rises = false }
        }
        if let head = items[index].head {
            let place = head.number >> UInt32(SeriesReference.partitionBits)
            let partition = Int(head.number) & (SeriesReference.partitionCount - 1)
            for (offset, generation) in generations.enumerated() {
                let counts = headCounts[head.counts + offset]
                guard counts.floats > 0 || counts.histograms > 0 else { continue }
                rises = false
                generation.partitions[partition].columns.withLock { data in
                    data.read(
                        place, count: Int(counts.floats), in: range, timestamps: &columns.timestamps, values: &columns.values)
                    if let histograms = data.histograms[place] {
                        columns.histograms += histograms.prefix(Int(counts.histograms)).filter { range.contains($0.timestamp) }
                    }
                }
            }
        }
        columns.normalize(floatsRise: rises)
        columns.trim(to: range)
    }

    /// Appends samples and what stands for samples, segment by segment.
    private func read(
        _ index: Int, _ segments: [RollupPlan.Segment], _ rollups: RollupReading, into columns: inout SampleColumns,
        _ cursors: inout PageCursors
    ) throws(MetricStorageError) {
        let use = rollups.use
        var part = SampleColumns()
        for segment in segments {
            if let resolution = segment.resolution {
                var roles: [RollupRole: SampleColumns] = [:]
                for role in use.roles { roles[role] = try readRollup(rollups.places[index], role, resolution, segment.range, &cursors) }
                RollupEmission(use: use, resolution: resolution).emit(roles, within: segment.range, into: &columns)
            } else {
                part.removeAll()
                try readSamples(index, segment.range, into: &part, &cursors)
                if use.purpose == .count { part.countOnes() }
                columns.append(part)
            }
        }
        columns.normalize()
        columns.trim(to: range)
    }

    private func readRollup(
        _ places: [RollupSeries], _ role: RollupRole, _ resolution: RollupResolution, _ range: TimeRange, _ cursors: inout PageCursors
    ) throws(MetricStorageError) -> SampleColumns {
        var columns = SampleColumns()
        for place in places where place.role == role && place.resolution == resolution {
            try read(place.series, of: snapshots[Int(place.shard)], in: range, into: &columns, &cursors)
        }
        columns.normalize()
        columns.trim(to: range)
        return columns
    }

    /// Appends the samples of a series of one shard; some outside of the range may come along.
    ///
    /// - Returns: whether the times of the floats rise, also from what was there.
    @discardableResult
    private func read(
        _ series: UInt32, of snapshot: ShardSnapshot, in range: TimeRange, into columns: inout SampleColumns,
        _ cursors: inout PageCursors
    ) throws(MetricStorageError) -> Bool {
        var rises = true
        for page in snapshot.contents.pages(of: series, from: range.start, through: range.end) {
            let (floats, histograms) = (columns.timestamps.count, columns.histograms.count)
            do {
                let key = PageCursors.Key(shard: snapshot.shard.serial, page: page.id)
                try cursors.withCursor(key) {
                    openedPages.withLock { $0[key] = page.bytes }
                    return try pageCache.page(page, of: snapshot, effort)
                } _: {
                    if try !$0.read(series, in: range, into: &columns) { rises = false }
                }
            } catch {
                columns.timestamps.removeSubrange(floats...)
                columns.values.removeSubrange(min(floats, columns.values.count)...)
                columns.histograms.removeSubrange(histograms...)
                try report(error, page, of: snapshot)
            }
        }
        return rises
    }

    /// Takes note of a page that cannot be read.
    ///
    /// - Throws: the error, where it says nothing of the page.
    private func report(_ error: any Error, _ page: ShardPage, of snapshot: ShardSnapshot) throws(MetricStorageError) {
        if let error = error as? MetricStorageError, error.code == .tooMuch { throw error }
        if let error = error as? ShardStorageError, error.code == .closed {
            throw MetricStorageError(error, path: snapshot.shard.path)
        }
        let (start, end) = (CivilTime(milliseconds: page.minTime), CivilTime(milliseconds: page.maxTime))
        let times = "samples from \(RFC3339.text(start)) to \(RFC3339.text(end)) are missing"
        warn("page \(page.id) of \(snapshot.shard.path) is damaged, \(times): \(error)", file: snapshot.shard.path)
    }

    private func warn(_ warning: String, file: String) {
        let isNew = collectedWarnings.withLock { warnings in
            if warnings.contains(warning) { return false }
            warnings.append(warning)
            return true
        }
        if isNew { reportDamage(file, warning) }
    }
}
