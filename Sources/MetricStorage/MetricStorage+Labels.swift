public import LabelMatching
internal import ShardStorage
public import TelemetryModel

extension MetricStorage {
    /// Names of the labels of series that pass any of the selectors (all series where there are none) and may have samples within a range,
    /// sorted by bytes.
    public func labelNames(_ selectors: [LabelSelector] = [], in range: TimeRange = .all) throws(MetricStorageError) -> [String] {
        try checkOpen()
        var names = NameSet()
        if selectors.isEmpty {
            if headOverlaps(range) { names.formUnion(head.withIndex { $0.names }) }
            forEachShard(range) { reader, _ in names.formUnion(try reader.names()) }
        } else {
            for labels in try series(selectors, in: range) { for label in labels { names.insert(label.name) } }
        }
        return names.sorted
    }

    /// Values of a label in such series, sorted by bytes.
    public func labelValues(
        _ name: String, _ selectors: [LabelSelector] = [], in range: TimeRange = .all
    ) throws(MetricStorageError) -> [String] {
        try checkOpen()
        var values = NameSet()
        if headOverlaps(range) {
            let numbers = selectors.isEmpty ? nil : SeriesList.normalized(selectors.flatMap { head.series(matching: $0.matchers) })
            values.formUnion(head.withIndex { $0.values(of: name, among: numbers) })
        }
        forEachShard(range) { reader, snapshot in
            let index = ShardIndex(reader: reader, contents: snapshot.contents)
            var series = selectors.isEmpty ? nil : SeriesList.normalized(try selectors.flatMap { try index.series(matching: $0.matchers) })
            if let found = series {
                series = snapshot.contents.series(found, withPagesFrom: range.start, through: range.end)
            }
            values.formUnion(try index.values(of: name, among: series))
        }
        return values.sorted
    }

    /// The label sets of such series, each once, sorted.
    public func series(_ selectors: [LabelSelector], in range: TimeRange = .all) throws(MetricStorageError) -> [LabelSet] {
        var found = Set<LabelSet>()
        for selector in selectors.isEmpty ? [LabelSelector([])] : selectors {
            let selection = try select(selector.matchers, in: range)
            for index in 0..<selection.count { found.insert(selection.labels(at: index)) }
        }
        return found.sorted()
    }

    private func headOverlaps(_ range: TimeRange) -> Bool {
        head.allGenerations.contains { $0.timeRange?.overlaps(range) ?? false }
    }

    /// Runs the body for every shard of a range; what of it cannot be read is left out and reported.
    private func forEachShard(_ range: TimeRange, _ body: (ShardReader, ShardSnapshot) throws -> Void) {
        guard let days = Day.range(range) else { return }
        for shard in catalog.shards(days: days).shards {
            let snapshot = shard.snapshot()
            do { try shard.read { try body($0, snapshot) } } catch { _ = problem(with: shard, error) }
        }
    }
}

/// Names told apart by their bytes, as Swift's strings are not.
private struct NameSet {
    private var names = Set<[UInt8]>()

    mutating func insert(_ name: String) { names.insert(Array(name.utf8)) }
    mutating func formUnion(_ others: [String]) { for name in others { insert(name) } }

    /// The names in the order of their bytes.
    var sorted: [String] {
        names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
}
