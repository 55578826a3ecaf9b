internal import Compression
internal import LabelMatching
internal import ShardStorage
internal import TelemetryModel

/// The index of a shard, as of one snapshot.
struct ShardIndex: PostingSource {
    private enum Source {
        /// A shard in use: what was read of it before comes from memory.
        case shard(ShardSnapshot, IndexCache)
        /// A file that is looked at once.
        case file(ShardReader)
    }

    let contents: ShardContents
    private let source: Source
    private let effort: LookupEffort

    init(_ snapshot: ShardSnapshot, _ cache: IndexCache, _ effort: LookupEffort) {
        self.effort = effort
        contents = snapshot.contents
        source = .shard(snapshot, cache)
    }

    init(reader: ShardReader, contents: ShardContents) {
        self.contents = contents
        source = .file(reader)
        effort = .full
    }

    func series(name: String, value: String) throws -> [UInt32] {
        guard case .shard(let snapshot, let cache) = source else { return try read { try readSeries($0, name: name, value: value) } }
        let series = try cache.posting(name: name, value: value, of: snapshot) { try read { try readSeries($0, name: name, value: value) } }
        try effort.check(series.count <= LookupEffort.briefListMax)
        return series
    }

    func series(name: String, where passes: (UnsafeRawBufferPointer) -> Bool) throws -> [UInt32] {
        try effort.check(false)
        let values = try values(of: name)
        var found: [UInt32] = []
        for index in 0..<values.count where values.withValue(index, passes) { found += values.series(index) }
        return SeriesList.normalized(found)
    }

    func allSeries() throws -> [UInt32] {
        try effort.check(contents.seriesCount <= LookupEffort.briefSeriesMax)
        return Array(0..<UInt32(contents.seriesCount))
    }

    /// The names of all labels, sorted.
    func names() throws -> [[UInt8]] {
        guard case .shard(let snapshot, let cache) = source else { return try read(readNames) }
        return try cache.names(of: snapshot) { try read(readNames) }
    }

    /// The values of a label with their series.
    func values(of name: String) throws -> ValueLists {
        guard case .shard(let snapshot, let cache) = source else { return try read { try readValues($0, of: name) } }
        let values = try cache.values(of: name, snapshot) { try read { try readValues($0, of: name) } }
        try effort.check(values.count <= LookupEffort.briefValuesMax)
        return values
    }

    private func read<Result>(_ body: (ShardReader) throws -> Result) throws -> Result {
        try effort.check(false)
        switch source {
        case .shard(let snapshot, _): return try snapshot.shard.read(body)
        case .file(let reader): return try body(reader)
        }
    }

    private func readSeries(_ reader: ShardReader, name: String, value: String) throws -> [UInt32] {
        var found: [UInt32] = []
        try reader.forEachPosting(name: name, value: value) { count, bytes in try decode(bytes, count: count, into: &found) }
        return SeriesList.normalized(found)
    }

    private func readNames(_ reader: ShardReader) throws -> [[UInt8]] { try reader.names().map { Array($0.utf8) } }

    private func readValues(_ reader: ShardReader, of name: String) throws -> ValueLists {
        var values = ValueLists()
        var found: [UInt32] = []
        try reader.forEachValue(of: name) { value, count, bytes in
            found.removeAll(keepingCapacity: true)
            try decode(bytes, count: count, into: &found)
            values.append(value, found)
        }
        return values
    }

    /// Numbers that the snapshot does not know yet are left out.
    private func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into series: inout [UInt32]) throws {
        try PostingCoding.decode(bytes, count: count, limit: Int(UInt32.max), into: &series)
        while let last = series.last, Int(last) >= contents.seriesCount { series.removeLast() }
    }
}
