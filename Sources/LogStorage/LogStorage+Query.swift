internal import ByteCoding
internal import ColumnCoding
internal import Compression
public import LabelMatching
internal import ShardStorage
public import TelemetryModel

extension LogStorage {
    /// Tables with all entries of the streams that pass all matchers, from `start` (inclusive) to `end` (exclusive), each entry in exactly one of them. They may
    /// have further entries. All that was acknowledged before the call is in them. Those with the newest entries come first.
    ///
    /// A block that is damaged is reported, and left out.
    public func tables(matching matchers: [LabelMatcher], from start: Int64, to end: Int64) throws(LogStorageError) -> [any StoredLogTable]
    {
        try checkOpen()
        guard start < end else { return [] }
        let selector = LabelSelector(matchers)
        do {
            var chosen: [any LogColumnSource] = []
            for source in try sources(in: start...(end - 1)) {
                do {
                    let spans = try source.streams()
                    let isWanted = spans.labels.indices.contains { stream in
                        spans.times[stream].lowerBound < end && spans.times[stream].upperBound >= start
                            && selector.matches(spans.labels[stream])
                    }
                    if isWanted { chosen.append(source) }
                } catch {
                    guard source.noted(error).code == .corrupt else { throw error }
                }
            }
            let doubled = try duplicates.find(chosen)
            let now = clock()
            var tables: [any StoredLogTable] = []
            for (index, source) in chosen.enumerated() {
                // A row may be in several other tables, and be hidden besides.
                let dropped = Set(try doubled[index] + hiddenRows(of: source, now))
                if dropped.count < source.rowCount { tables.append(table(source, dropped)) }
            }
            // Of tables that end alike the one that was written later comes first.
            let order = tables.indices.sorted { (tables[$1].times.upperBound, $1) < (tables[$0].times.upperBound, $0) }
            return order.map { tables[$0] }
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }

    private func table(_ source: some LogColumnSource, _ dropped: Set<Int32>) -> any StoredLogTable {
        ColumnTable(source, dropping: dropped)
    }

    /// What rules of the retention hide by the clock, before it is deleted.
    private func hiddenRows(of source: some LogColumnSource, _ now: Int64) throws -> [Int32] {
        guard !keeping.rules.isEmpty else { return [] }
        let spans = try source.streams()
        var hidden: [Int32] = []
        for stream in spans.labels.indices {
            let earliest = keeping.earliest(of: spans.labels[stream], now)
            guard spans.times[stream].lowerBound < earliest else { continue }
            let times = try source.frame().times
            hidden += (spans.starts[stream]..<spans.starts[stream + 1]).prefix { times[Int($0)] < earliest }
        }
        return hidden
    }

    /// What has entries within a range of times: blocks in the order in which they were written, then what is in memory.
    ///
    /// - Parameter isWanted: whether the blocks of a day are.
    private func sources(
        in range: ClosedRange<Int64>, ofDays isWanted: (Int) -> Bool = { _ in true }
    ) throws -> [any LogColumnSource] {
        // Memory first: what is sealed meanwhile is in both then, and counts once.
        let generations = head.all
        let heads = generations.compactMap { $0.table() }
        let inMemory = Set(generations.filter { !$0.isReplayed }.map(\.number))
        var blocks: [StoredBlock] = []
        for snapshot in try snapshots(days: LogDay.of(range.lowerBound)...LogDay.of(range.upperBound)) where isWanted(snapshot.shard.day) {
            for page in snapshot.contents.pages where page.minTime <= range.upperBound && page.maxTime >= range.lowerBound {
                // A block as it was sealed holds nothing but what its generation held.
                if page.level == 0, inMemory.contains(page.seal) { continue }
                blocks.append(StoredBlock(page, of: snapshot, cache: cache, damage: damage))
            }
        }
        blocks.sort {
            ($0.page.seal, $0.page.level, $0.snapshot.shard.day, $0.page.id) < (
                $1.page.seal, $1.page.level, $1.snapshot.shard.day, $1.page.id
            )
        }
        return blocks.map { BlockSource($0) } + heads.filter { $0.times.overlaps(range) }
    }

    /// What the shards of some days have at this moment.
    func snapshots(days range: ClosedRange<Int>) throws -> [ShardSnapshot] {
        var snapshots: [ShardSnapshot] = []
        for day in catalog.days where range.contains(day) {
            do {
                if let shard = try catalog.shard(day: day) { snapshots.append(shard.snapshot()) }
            } catch {
                // A damaged file was told of when it was set aside; the others serve on.
                guard error.code == .corrupt || error.code == .unsupportedVersion else { throw error }
            }
        }
        return snapshots
    }

    // MARK: Streams and labels

    /// The streams that pass all matchers and have entries from `start` (inclusive) to `end` (exclusive), each once, in no particular order.
    public func streams(matching matchers: [LabelMatcher], from start: Int64, to end: Int64) throws(LogStorageError) -> [LabelSet] {
        try checkOpen()
        guard start < end else { return [] }
        let selector = LabelSelector(matchers)
        let now = clock()
        do {
            var found: Set<LabelSet> = []
            let range = start...(end - 1)
            // Where no rule hides entries, a whole day has the streams that its blocks have.
            func isWhole(_ day: Int) -> Bool {
                let times = LogDay.range(day)
                return keeping.rules.isEmpty && range.contains(times.lowerBound) && range.contains(times.upperBound)
            }
            for source in try sources(in: range, ofDays: { !isWhole($0) }) {
                do {
                    let spans = try source.streams()
                    for (stream, labels) in spans.labels.enumerated() {
                        let times = spans.times[stream]
                        guard times.lowerBound < end,
                            times.upperBound >= max(start, keeping.rules.isEmpty ? .min : keeping.earliest(of: labels, now)),
                            selector.matches(labels)
                        else { continue }
                        found.insert(labels)
                    }
                } catch {
                    guard source.noted(error).code == .corrupt else { throw error }
                }
            }
            // Memory was looked at first: what was sealed meanwhile is in both.
            for snapshot in try snapshots(days: LogDay.of(range.lowerBound)...LogDay.of(range.upperBound)) where isWhole(snapshot.shard.day)
            {
                for labels in try streams(of: snapshot) where selector.matches(labels) { found.insert(labels) }
            }
            dayStreams.keep(catalog.days)
            return Array(found)
        } catch {
            throw LogStorageError(error, path: directory)
        }
    }

    private func streams(of snapshot: ShardSnapshot) throws -> Set<LabelSet> {
        try dayStreams.streams(of: snapshot) { page in
            let source = BlockSource(StoredBlock(page, of: snapshot, cache: cache, damage: damage))
            do { return try source.streams().labels } catch {
                guard source.noted(error).code == .corrupt else { throw error }
                return []
            }
        }
    }

    /// The names of the labels of ``streams(matching:from:to:)``, sorted.
    public func labelNames(matching matchers: [LabelMatcher], from start: Int64, to end: Int64) throws(LogStorageError) -> [String] {
        var names: Set<String> = []
        for labels in try streams(matching: matchers, from: start, to: end) { for label in labels { names.insert(label.name) } }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The values of one label of ``streams(matching:from:to:)``, sorted.
    public func labelValues(
        of name: String, matching matchers: [LabelMatcher], from start: Int64, to end: Int64
    ) throws(LogStorageError) -> [String] {
        let values = try streams(matching: matchers, from: start, to: end).compactMap { $0[name] }
        return Set(values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
