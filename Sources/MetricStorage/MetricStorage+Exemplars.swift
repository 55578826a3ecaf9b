internal import ByteCoding
public import LabelMatching
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

/// The exemplars of one series.
public struct SeriesExemplars: Sendable {
    public let labels: LabelSet
    /// In rising order of time, one per time.
    public let exemplars: [Exemplar]
}

extension MetricStorage {
    /// The exemplars within a range of times of the series that pass any of the selectors. Series without any are left out.
    ///
    /// - Parameter countMax: how many are given per series, the latest ones.
    public func exemplars(
        _ selectors: [LabelSelector], in range: TimeRange, countMax: Int = 1000
    ) throws(MetricStorageError) -> [SeriesExemplars] {
        try checkOpen()
        var found: [LabelSet: [Timestamp: Exemplar]] = [:]
        for selector in selectors {
            for (snapshot, series, _) in try shardSeries(selector.matchers, range) {
                guard let snapshot else { continue }
                do { try readExemplars(series, of: snapshot, range, into: &found) } catch {
                    _ = try problem(with: snapshot.shard, error)
                }
            }
            for number in head.series(matching: selector.matchers) { readExemplars(number, range, into: &found) }
        }
        return found.keys.sorted().map { labels in
            let exemplars = (found[labels] ?? [:]).values.sorted { $0.timestamp < $1.timestamp }
            return SeriesExemplars(labels: labels, exemplars: exemplars.suffix(countMax))
        }
    }

    private func readExemplars(_ number: UInt32, _ range: TimeRange, into found: inout [LabelSet: [Timestamp: Exemplar]]) {
        let place = number >> UInt32(SeriesReference.partitionBits)
        let partition = Int(number) & (SeriesReference.partitionCount - 1)
        for generation in head.allGenerations {
            let exemplars = generation.partitions[partition].columns.withLock { $0.exemplars[place] ?? [] }
            let due = exemplars.filter { range.contains($0.timestamp) }
            guard !due.isEmpty, let labels = head.labels(number) else { continue }
            for exemplar in due { found[labels, default: [:]][exemplar.timestamp] = exemplar }
        }
    }

    private func readExemplars(
        _ series: [UInt32], of snapshot: ShardSnapshot, _ range: TimeRange, into found: inout [LabelSet: [Timestamp: Exemplar]]
    ) throws {
        var byNumber: [UInt32: [Exemplar]] = [:]
        try snapshot.shard.read { reader in
            for number in series {
                try reader.forEachAttachment(of: number, from: range.start, through: range.end) { _, data in
                    var bytes = ByteReader(data)
                    byNumber[number, default: []].append(try HistogramCoding.decodeExemplar(&bytes))
                }
            }
        }
        _ = try forEachLabels(byNumber.keys.sorted(), of: snapshot) { number, labels, _ in
            for exemplar in byNumber[number] ?? [] { found[labels, default: [:]][exemplar.timestamp] = exemplar }
        }
    }
}
