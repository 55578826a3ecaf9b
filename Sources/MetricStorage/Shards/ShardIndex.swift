internal import Compression
internal import ShardStorage

/// The index of a shard, as of one snapshot.
struct ShardIndex: PostingSource {
    let reader: ShardReader
    let contents: ShardContents

    func series(name: String, value: String) throws -> [UInt32] {
        var found: [UInt32] = []
        try reader.forEachPosting(name: name, value: value) { count, bytes in try decode(bytes, count: count, into: &found) }
        return SeriesList.normalized(found)
    }

    func series(name: String, where passes: (UnsafeRawBufferPointer) -> Bool) throws -> [UInt32] {
        var found: [UInt32] = []
        var latest: String?
        var latestPasses = false
        try reader.forEachValue(of: name) { value, count, bytes in
            if value != latest {
                var text = value
                latestPasses = text.withUTF8 { passes(UnsafeRawBufferPointer($0)) }
                latest = value
            }
            if latestPasses { try decode(bytes, count: count, into: &found) }
        }
        return SeriesList.normalized(found)
    }

    func allSeries() -> [UInt32] { Array(0..<UInt32(contents.seriesCount)) }

    /// The values of a label; only those of the given series (sorted) where there are any given.
    func values(of name: String, among series: [UInt32]?) throws -> [String] {
        guard let series else { return try reader.values(of: name) }
        var values: [String] = []
        try reader.forEachValue(of: name) { value, count, bytes in
            if let last = values.last, last.utf8.elementsEqual(value.utf8) { return }
            var found: [UInt32] = []
            try decode(bytes, count: count, into: &found)
            if !SeriesList.intersection(found, series).isEmpty { values.append(value) }
        }
        return values
    }

    /// Numbers that the snapshot does not know yet are left out.
    private func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into series: inout [UInt32]) throws {
        try PostingCoding.decode(bytes, count: count, limit: Int(UInt32.max), into: &series)
        while let last = series.last, Int(last) >= contents.seriesCount { series.removeLast() }
    }
}
