internal import Compression
internal import LabelMatching
internal import ShardStorage
internal import TelemetryModel

/// The dictionary and the index of a shard, as of one snapshot: from memory where they were read before.
struct ShardIndex: PostingSource {
    let snapshot: ShardSnapshot
    let cache: IndexCache
    let pageCache: PageCache

    private var contents: ShardContents { snapshot.contents }

    func series(name: String, value: String) throws -> [UInt32] {
        try cache.posting(name: name, value: value, of: snapshot) {
            var found: [UInt32] = []
            try read { reader in
                try reader.forEachPosting(name: name, value: value) { count, bytes in try decode(bytes, count: count, into: &found) }
            }
            return SeriesList.normalized(found)
        }
    }

    func series(name: String, where passes: (UnsafeRawBufferPointer) -> Bool) throws -> [UInt32] {
        let values = try values(of: name)
        var found: [UInt32] = []
        for index in 0..<values.count where values.withValue(index, passes) { found += values.series(index) }
        return SeriesList.normalized(found)
    }

    func allSeries() -> [UInt32] { Array(0..<UInt32(contents.seriesCount)) }

    /// The names of all labels, sorted.
    func names() throws -> [[UInt8]] {
        try cache.names(of: snapshot) { try read { try $0.names().map { Array($0.utf8) } } }
    }

    /// The values of a label with their series.
    func values(of name: String) throws -> ValueLists {
        try cache.values(of: name, snapshot) {
            var values = ValueLists()
            var found: [UInt32] = []
            try read { reader in
                try reader.forEachValue(of: name) { value, count, bytes in
                    found.removeAll(keepingCapacity: true)
                    try decode(bytes, count: count, into: &found)
                    values.append(value, found)
                }
            }
            return values
        }
    }

    /// The labels of the group of series that starts with a number.
    func labels(ofGroup first: UInt32) throws -> LabelGroup {
        try cache.group(first, of: snapshot) {
            guard let data = try read({ try $0.group(first: first) }) else {
                throw ShardStorageError(.corrupt, "series group \(first) is missing", path: snapshot.shard.path)
            }
            return LabelGroup(try pageCache.withDecompressor { try SeriesGroup.decode(data, $0) })
        }
    }

    private func read<Result>(_ body: (ShardReader) throws -> Result) throws -> Result {
        try snapshot.shard.read(body)
    }

    /// Numbers that the snapshot does not know yet are left out.
    private func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into series: inout [UInt32]) throws {
        try PostingCoding.decode(bytes, count: count, limit: Int(UInt32.max), into: &series)
        while let last = series.last, Int(last) >= contents.seriesCount { series.removeLast() }
    }
}
