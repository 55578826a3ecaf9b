public import LabelMatching
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension MetricStorage {
    /// Finds the series that pass all matchers and may have samples within a range of times, both ends inclusive.
    ///
    /// The selection sees every append that returned before the call. Damaged files leave gaps, which its warnings tell. With a brief effort
    /// reading from it is brief too.
    ///
    /// - Parameter use: what the samples are for. Rollups stand for them where they are gone, and where the result is the same; without
    ///   a use there are samples only.
    public func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse? = nil, effort: LookupEffort = .full
    ) throws(MetricStorageError) -> MetricSelection {
        try checkOpen()
        let (length, overflows) = range.end.subtractingReportingOverflow(range.start)
        try effort.check(!overflows && length <= LookupEffort.briefMilliseconds)
        // The head first: what is sealed in between is then found in both, and counts once; the other way round it would be missed.
        let looked = head.consistently {
            Result { () throws(MetricStorageError) in try selectFromHead(matchers, range, effort) }
        }
        let found = try looked.get()
        let rollups = try use.flatMap { (use) throws(MetricStorageError) in
            try rollupShards(for: use, in: range, besides: found.generations, effort)
        }
        var union = SeriesUnion()
        var snapshots: [ShardSnapshot] = []
        var warnings: [String] = []
        for (snapshot, series, problem) in try shardSeries(matchers, range, effort, days: rollups?.daysOfSamples) {
            if let problem { warnings.append(problem) }
            guard let snapshot else { continue }
            let shard = UInt32(snapshots.count)
            snapshots.append(snapshot)
            union.reserve(series.count)
            try effort.check(series.count <= LookupEffort.briefSeriesMax)
            warnings += try forEachLabels(series, of: snapshot, effort) { number, labels, hash in
                union.add(labels, hash: hash, MetricSelection.ShardSeries(shard: shard, series: number))
            }
        }
        union.add(found)
        let reading = try rollups.map { (rollups) throws(MetricStorageError) in
            try addRollups(rollups, matchers, &union, &snapshots, &warnings)
        }
        return MetricSelection(
            range: range, items: union.items, generations: found.generations, headCounts: found.counts, snapshots: snapshots,
            rollups: reading, earliest: earliestTimes(of: union.items), pageCache: pageCache, effort: effort, warnings: warnings,
            reportDamage: { [damage] in damage.report($0, $1) })
    }

    /// The earliest time that samples are shown of, for each series; nil where that is the same for all.
    private func earliestTimes(of items: [MetricSelection.Item]) -> [Timestamp]? {
        guard !keeping.rules.isEmpty else { return nil }
        let now = clock()
        return items.map { keeping.earliest(of: $0.labels, now: now) }
    }

    private func selectFromHead(
        _ matchers: [LabelMatcher], _ range: TimeRange, _ effort: LookupEffort
    ) throws(MetricStorageError) -> HeadFindings {
        var findings = HeadFindings(generations: head.allGenerations.filter { $0.timeRange?.overlaps(range) ?? false })
        guard !findings.generations.isEmpty else { return findings }
        var byPartition = [[UInt32]](repeating: [], count: SeriesReference.partitionCount)
        let numbers: [UInt32]
        switch effort {
        case .full: numbers = head.series(matching: matchers)
        case .brief:
            guard let found = head.seriesBriefly(matching: matchers), found.count <= LookupEffort.briefSeriesMax else {
                throw LookupEffort.tooMuch
            }
            numbers = found
        }
        for number in numbers { byPartition[Int(number) & (SeriesReference.partitionCount - 1)].append(number) }
        for (partition, numbers) in byPartition.enumerated() where !numbers.isEmpty { findings.add(numbers, partition, of: head) }
        return findings
    }

    /// The matching series of each shard of a range of times, by their numbers there, or what keeps the shard from answering.
    ///
    /// - Parameter wanted: the days to look at; nil for all of the range.
    func shardSeries(
        _ matchers: [LabelMatcher], _ range: TimeRange, _ effort: LookupEffort = .full, days wanted: Set<Int>? = nil
    ) throws(MetricStorageError) -> [(snapshot: ShardSnapshot?, series: [UInt32], problem: String?)] {
        let (shards, problems) = try shards(range, effort)
        var results: [(snapshot: ShardSnapshot?, series: [UInt32], problem: String?)] = problems.map { (nil, [], $0) }
        for shard in shards where wanted?.contains(shard.day) ?? true {
            let snapshot = shard.snapshot()
            do {
                let series = try index(of: snapshot, effort).series(matching: matchers)
                let present = snapshot.contents.series(series, withPagesFrom: range.start, through: range.end)
                results.append((snapshot, present, nil))
            } catch {
                results.append((nil, [], try problem(with: shard, error)))
            }
        }
        return results
    }

    /// The shards of a range of times, and what is missing because it is damaged, as sentences.
    func shards(_ range: TimeRange, _ effort: LookupEffort) throws(MetricStorageError) -> (shards: [Shard], problems: [String]) {
        guard let days = Day.range(range) else { return ([], []) }
        let known = damageNotes.withLock { $0 }.filter { days.contains($0.key) }.sorted { $0.key < $1.key }.flatMap(\.value)
        switch effort {
        case .full:
            let (shards, missing) = catalog.shards(days: days)
            return (shards, missing.map { "\($0)" } + known)
        case .brief:
            guard let shards = catalog.shardsAtHand(days: days, countMax: LookupEffort.briefShardsMax) else { throw LookupEffort.tooMuch }
            return (shards, known)
        }
    }

    func index(of snapshot: ShardSnapshot, _ effort: LookupEffort) -> ShardIndex {
        ShardIndex(snapshot, indexCache, effort)
    }

    /// Lends the labels of series (sorted) of a shard with their hashes. Series whose labels cannot be read are left out.
    ///
    /// - Returns: what keeps labels from being read.
    func forEachLabels(
        _ series: [UInt32], of snapshot: ShardSnapshot, _ effort: LookupEffort = .full,
        _ body: (UInt32, LabelSet, _ hash: UInt64) -> Void
    ) throws(MetricStorageError) -> [String] {
        var problems: [String] = []
        var known: (first: UInt32, group: LabelGroup?)?
        for number in series {
            let first = number / UInt32(Shard.seriesPerGroup) * UInt32(Shard.seriesPerGroup)
            if known?.first != first {
                known = (first, nil)
                do { known = (first, try labels(ofGroup: first, snapshot, effort)) } catch {
                    problems.append(try problem(with: snapshot.shard, error))
                }
            }
            // A series that was deleted has a number and no labels.
            if let group = known?.group, Int(number - first) < group.count, !group.labels[Int(number - first)].isEmpty {
                body(number, group.labels[Int(number - first)], group.hashes[Int(number - first)])
            }
        }
        return problems
    }

    func labels(ofGroup first: UInt32, _ snapshot: ShardSnapshot, _ effort: LookupEffort) throws -> LabelGroup {
        try indexCache.group(first, of: snapshot) {
            try effort.check(false)
            guard let data = try snapshot.shard.read({ try $0.group(first: first) }) else {
                throw ShardStorageError(.corrupt, "series group \(first) is missing", path: snapshot.shard.path)
            }
            return LabelGroup(try pageCache.withDecompressor { try SeriesGroup.decode(data, $0) })
        }
    }

    /// Takes note of what showed while a shard was read, and says what an answer lacks for it.
    ///
    /// - Throws: the error, where the look-up was given up for its effort.
    func problem(with shard: Shard, _ error: any Error) throws(MetricStorageError) -> String {
        if let error = error as? MetricStorageError, error.code == .tooMuch { throw error }
        let problem = ShardStorageError(error, path: shard.path)
        damage.report(shard.path, problem.message)
        return "\(problem)"
    }
}
