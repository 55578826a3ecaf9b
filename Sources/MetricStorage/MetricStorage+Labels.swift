public import LabelMatching
internal import ShardStorage
public import TelemetryModel

extension MetricStorage {
    /// Names of the labels of series that pass any of the selectors (all series where there are none) and may have samples within a range,
    /// sorted by bytes.
    ///
    /// - Parameters:
    ///   - limit: how many names are given at most, the first ones.
    ///   - notes: take what there is to say of gaps, and of rollups that stood in where samples are gone.
    public func labelNames(
        _ selectors: [LabelSelector] = [], in range: TimeRange = .all, limit: Int = .max, effort: LookupEffort = .full,
        notes: LookupNotes? = nil
    ) throws(MetricStorageError) -> [String] {
        try checkOpen()
        var names = TextRuns()
        if selectors.isEmpty {
            if headOverlaps(range) { for name in try headIndex(effort, { $0.names }) { names.append(name.utf8) } }
            try forEachShard(range, effort, notes) { index in for name in try index.names() { names.append(name) } }
            try forEachRollupIndex(range, effort, notes) { index, _ in
                for name in try index.names() where !name.elementsEqual(RollupRole.label.utf8) { names.append(name) }
            }
        } else {
            var known = Set<[UInt8]>()
            try forEachSeries(selectors, in: range, effort, notes) { labels in
                var ranges = labels.labelRanges
                while let label = ranges.next() { known.insert(Array(labels.packed[label.name])) }
                return true
            }
            for name in known { names.append(name) }
        }
        return names.sorted(limit: limit)
    }

    /// Values of a label in such series, sorted by bytes.
    ///
    /// - Parameters:
    ///   - limit: how many values are given at most, the first ones.
    ///   - notes: take what there is to say of gaps, and of rollups that stood in where samples are gone.
    public func labelValues(
        _ name: String, _ selectors: [LabelSelector] = [], in range: TimeRange = .all, limit: Int = .max, effort: LookupEffort = .full,
        notes: LookupNotes? = nil
    ) throws(MetricStorageError) -> [String] {
        try checkOpen()
        var values = TextRuns()
        if headOverlaps(range) {
            try effort.check(selectors.isEmpty)
            let numbers = selectors.isEmpty ? nil : SeriesList.normalized(selectors.flatMap { head.series(matching: $0.matchers) })
            let found = try headIndex(effort) { index in
                effort == .brief && index.valueCount(of: name) > LookupEffort.briefValuesMax ? nil : index.values(of: name, among: numbers)
            }
            guard let found else { throw LookupEffort.tooMuch }
            for value in found { values.append(value.utf8) }
        }
        try forEachShard(range, effort, notes) { index in
            let contents = index.contents
            var series: [UInt32]?
            if !selectors.isEmpty {
                let found = SeriesList.normalized(try selectors.flatMap { try index.series(matching: $0.matchers) })
                series = contents.series(found, withPagesFrom: range.start, through: range.end)
                if series == [] { return }
            }
            let lists = try index.values(of: name)
            for number in 0..<lists.count {
                if let series, !SeriesList.overlap(lists.series(number), series) { continue }
                lists.withValue(number) { values.append($0) }
            }
        }
        if name != RollupRole.label {
            try forEachRollupIndex(range, effort, notes) { index, present in
                var series = present
                if !selectors.isEmpty {
                    series = SeriesList.intersection(
                        series, SeriesList.normalized(try selectors.flatMap { try index.series(matching: $0.matchers) }))
                }
                let lists = try index.values(of: name)
                for number in 0..<lists.count where SeriesList.overlap(lists.series(number), series) {
                    lists.withValue(number) { values.append($0) }
                }
            }
        }
        return values.sorted(limit: limit)
    }

    /// The label sets of such series, each once, sorted.
    ///
    /// - Parameters:
    ///   - limit: how many label sets are given at most; which ones, where there are more, is not defined.
    ///   - notes: take what there is to say of gaps, and of rollups that stood in where samples are gone.
    public func series(
        _ selectors: [LabelSelector], in range: TimeRange = .all, limit: Int = .max, effort: LookupEffort = .full,
        notes: LookupNotes? = nil
    ) throws(MetricStorageError) -> [LabelSet] {
        try checkOpen()
        guard limit > 0 else { return [] }
        var found: [LabelSet] = []
        var known = Set<LabelSet>()
        let mayRepeat = selectors.count > 1
        try forEachSeries(selectors.isEmpty ? [LabelSelector([])] : selectors, in: range, effort, notes) { labels in
            if !mayRepeat || known.insert(labels).inserted { found.append(labels) }
            return found.count < limit
        }
        return found.sorted()
    }

    /// Lends the label sets of the series of each selector, until the body has enough; a series that passes several comes several times.
    private func forEachSeries(
        _ selectors: [LabelSelector], in range: TimeRange, _ effort: LookupEffort, _ notes: LookupNotes?, _ body: (LabelSet) -> Bool
    ) throws(MetricStorageError) {
        let use = mayBeGone(range) ? MetricStorage.useOfLabels(in: range) : nil
        for selector in selectors {
            let selection = try select(selector.matchers, in: range, for: use, effort: effort)
            for warning in selection.warnings { notes?.warn(warning) }
            for (resolution, range, _) in selection.rollupRanges { notes?.noteRollups(resolution, range) }
            for index in 0..<selection.count where !body(selection.labels(at: index)) { return }
        }
    }

    private func headOverlaps(_ range: TimeRange) -> Bool {
        head.allGenerations.contains { $0.timeRange?.overlaps(range) ?? false }
    }

    /// Runs the body for the index of every shard of a range; what of it cannot be read is left out and reported.
    private func forEachShard(
        _ range: TimeRange, _ effort: LookupEffort, _ notes: LookupNotes?, _ body: (ShardIndex) throws -> Void
    ) throws(MetricStorageError) {
        let (shards, problems) = try shards(range, effort)
        for problem in problems { notes?.warn(problem) }
        for shard in shards {
            do { try body(index(of: shard.snapshot(), effort)) } catch {
                let problem = try problem(with: shard, error)
                notes?.warn(problem)
            }
        }
    }

    /// Runs the body with the index of the head; in a brief look-up only where nobody holds it.
    private func headIndex<Result: Sendable>(
        _ effort: LookupEffort, _ body: (LabelIndex) -> Result
    ) throws(MetricStorageError) -> Result {
        if effort == .full { return head.withIndex(body) }
        guard let result = head.withIndexAtHand(body) else { throw LookupEffort.tooMuch }
        return result
    }
}
