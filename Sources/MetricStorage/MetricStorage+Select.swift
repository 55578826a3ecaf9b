public import LabelMatching
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension MetricStorage {
    /// Finds the series that pass all matchers and may have samples within a range of times, both ends inclusive.
    ///
    /// The selection sees every append that returned before the call. Damaged files leave gaps, which its warnings tell.
    public func select(_ matchers: [LabelMatcher], in range: TimeRange) throws(MetricStorageError) -> MetricSelection {
        try checkOpen()
        // The head first: what is sealed in between is then found in both, and counts once; the other way round it would be missed.
        let found = head.consistently { selectFromHead(matchers, range) }
        var items: [MetricSelection.Item] = []
        var places: [LabelSet: Int] = [:]
        var snapshots: [ShardSnapshot] = []
        var warnings: [String] = []
        for (snapshot, series, problem) in shardSeries(matchers, range) {
            if let problem { warnings.append(problem) }
            guard let snapshot else { continue }
            let shard = UInt32(snapshots.count)
            snapshots.append(snapshot)
            warnings += forEachLabels(series, of: snapshot) { number, labels in
                let place = MetricSelection.ShardSeries(shard: shard, series: number)
                if let index = places[labels] {
                    items[index].shards.append(place)
                } else {
                    places[labels] = items.count
                    items.append(MetricSelection.Item(labels: labels, head: nil, shards: [place]))
                }
            }
        }
        for (number, labels, counts) in found.series {
            if let index = places[labels] {
                items[index].head = (number, counts)
            } else {
                items.append(MetricSelection.Item(labels: labels, head: (number, counts)))
            }
        }
        return MetricSelection(
            range: range, items: items, generations: found.generations, headCounts: found.counts, snapshots: snapshots,
            pageCache: pageCache, warnings: warnings, reportDamage: { [damage] in damage.report($0, $1) })
    }

    private struct HeadFindings {
        var generations: [HeadGeneration]
        var series: [(number: UInt32, labels: LabelSet, counts: Int)] = []
        var counts: [MetricSelection.HeadCount] = []
    }

    private func selectFromHead(_ matchers: [LabelMatcher], _ range: TimeRange) -> HeadFindings {
        let generations = head.allGenerations.filter { $0.timeRange?.overlaps(range) ?? false }
        var findings = HeadFindings(generations: generations)
        guard !generations.isEmpty else { return findings }
        var byPartition = [[UInt32]](repeating: [], count: SeriesReference.partitionCount)
        for number in head.series(matching: matchers) { byPartition[Int(number) & (SeriesReference.partitionCount - 1)].append(number) }
        for (partition, numbers) in byPartition.enumerated() where !numbers.isEmpty {
            let first = findings.counts.count
            findings.counts.append(
                contentsOf: repeatElement(.init(floats: 0, histograms: 0), count: numbers.count * generations.count))
            for (offset, generation) in generations.enumerated() {
                generation.partitions[partition].columns.withLock { columns in
                    for (index, number) in numbers.enumerated() {
                        let place = number >> UInt32(SeriesReference.partitionBits)
                        findings.counts[first + index * generations.count + offset] = .init(
                            floats: UInt32(columns.count(place)), histograms: UInt32(columns.histograms[place]?.count ?? 0))
                    }
                }
            }
            for (index, number) in numbers.enumerated() {
                let start = first + index * generations.count
                let hasSamples = findings.counts[start..<start + generations.count].contains { $0.floats > 0 || $0.histograms > 0 }
                if hasSamples, let labels = head.labels(number) { findings.series.append((number, labels, start)) }
            }
        }
        return findings
    }

    /// The matching series of each shard of a range of times, by their numbers there, or what keeps the shard from answering.
    func shardSeries(
        _ matchers: [LabelMatcher], _ range: TimeRange
    ) -> [(snapshot: ShardSnapshot?, series: [UInt32], problem: String?)] {
        guard let days = Day.range(range) else { return [] }
        let (shards, missing) = catalog.shards(days: days)
        var results: [(snapshot: ShardSnapshot?, series: [UInt32], problem: String?)] = missing.map { (nil, [], "\($0)") }
        for shard in shards {
            let snapshot = shard.snapshot()
            do {
                let series = try shard.read { reader in
                    try ShardIndex(reader: reader, contents: snapshot.contents).series(matching: matchers)
                }
                let present = snapshot.contents.series(series, withPagesFrom: range.start, through: range.end)
                results.append((snapshot, present, nil))
            } catch {
                results.append((nil, [], problem(with: shard, error)))
            }
        }
        return results
    }

    /// Lends the labels of series (sorted) of a shard. Series whose labels cannot be read are left out.
    ///
    /// - Returns: what keeps labels from being read.
    func forEachLabels(_ series: [UInt32], of snapshot: ShardSnapshot, _ body: (UInt32, LabelSet) -> Void) -> [String] {
        guard !series.isEmpty else { return [] }
        var problems: [String] = []
        do {
            try snapshot.shard.read { reader in
                var group: (first: UInt32, labels: [[UInt8]]) = (.max, [])
                for number in series {
                    let first = number / UInt32(Shard.seriesPerGroup) * UInt32(Shard.seriesPerGroup)
                    if group.first != first {
                        group = (first, [])
                        do { group.labels = try labels(ofGroup: first, reader, snapshot) } catch {
                            problems.append(problem(with: snapshot.shard, error))
                        }
                    }
                    if Int(number - first) < group.labels.count {
                        body(number, LabelSet(canonical: group.labels[Int(number - first)]))
                    }
                }
            }
        } catch {
            problems.append(problem(with: snapshot.shard, error))
        }
        return problems
    }

    private func labels(ofGroup first: UInt32, _ reader: ShardReader, _ snapshot: ShardSnapshot) throws -> [[UInt8]] {
        guard let data = try reader.group(first: first) else {
            throw ShardStorageError(.corrupt, "series group \(first) is missing", path: snapshot.shard.path)
        }
        return try pageCache.withDecompressor { try SeriesGroup.decode(data, $0) }
    }

    /// Takes note of what showed while a shard was read, and says what an answer lacks for it.
    func problem(with shard: Shard, _ error: any Error) -> String {
        let problem = ShardStorageError(error, path: shard.path)
        damage.report(shard.path, problem.message)
        return "\(problem)"
    }
}
