internal import Compression
internal import ShardStorage

/// Makes the index of a shard again from its dictionary, which has everything that the index has.
enum IndexRepair {
    /// - Throws: where the dictionary or the file cannot be read or written; nothing is changed then.
    static func rebuildIndex(of shard: Shard) throws {
        let decompressor = try ZstdDecompressor()
        try shard.write { transaction in
            var index = LabelIndex()
            try transaction.forEachGroup { first, count, data in
                for (offset, packed) in try SeriesGroup.decode(data, count: count, decompressor).enumerated() {
                    packed.withUnsafeBytes { index.insert($0, series: first + UInt32(offset)) }
                }
            }
            try transaction.deleteAllPostings()
            try index.forEachPair { name, value, series in
                try transaction.addPosting(
                    name: name, value: value, first: series[0], count: series.count, series: PostingCoding.encode(series[...]))
            }
        }
    }
}
