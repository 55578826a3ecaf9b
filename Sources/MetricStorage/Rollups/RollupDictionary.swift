internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// The series numbers of a rollup shard: those of the roles of one series follow each other in the order of the roles.
struct RollupDictionary {
    /// The number of the first role of each series, by its packed labels.
    private(set) var numbers: [[UInt8]: UInt32] = [:]
    private var last: (first: UInt32, labels: [[UInt8]]) = (0, [])
    private let compressor: ZstdCompressor

    /// Reads what the shard has.
    init(reading transaction: ShardTransaction) throws {
        compressor = try ZstdCompressor(level: 3)
        let decompressor = try ZstdDecompressor()
        var last: (first: UInt32, labels: [[UInt8]]) = (0, [])
        var numbers: [[UInt8]: UInt32] = [:]
        try transaction.forEachGroup { first, count, data in
            guard let labels = try? SeriesGroup.decode(data, count: count, decompressor) else {
                // Its numbers are left behind, and its series get new ones.
                last = (first + UInt32(Shard.seriesPerGroup), [])
                return
            }
            for (offset, packed) in labels.enumerated() {
                if let (role, base) = RollupRole.split(packed), role.rawValue == 0 { numbers[base] = first + UInt32(offset) }
            }
            last = (first, labels)
        }
        self.numbers = numbers
        self.last = last
    }

    /// Numbers those of some series that have no number yet, and writes dictionary and index.
    mutating func add(_ series: [[UInt8]], _ transaction: ShardTransaction) throws {
        let new = series.filter { numbers[$0] == nil }.map { packed in
            var key: [UInt8] = []
            packed.withUnsafeBytes { SeriesOrder.appendKey(of: $0, to: &key) }
            return (key: key, packed: packed)
        }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        guard !new.isEmpty else { return }
        var next = max(UInt32(transaction.contents.seriesCount), last.first)
        var index = LabelIndex()
        for (_, packed) in new {
            numbers[packed] = next
            for role in RollupRole.allCases {
                if last.labels.count == Shard.seriesPerGroup {
                    try put(transaction)
                    last = (next, [])
                }
                let labels = role.added(to: packed)
                last.labels.append(labels)
                labels.withUnsafeBytes { index.insert($0, series: next) }
                next += 1
            }
        }
        try put(transaction)
        try index.forEachPair { name, value, series in
            try transaction.addPosting(
                name: name, value: value, first: series[0], count: series.count, series: PostingCoding.encode(series[...]))
        }
        try transaction.setSeriesCount(Int(next))
    }

    private func put(_ transaction: ShardTransaction) throws {
        guard !last.labels.isEmpty else { return }
        try transaction.putGroup(first: last.first, count: last.labels.count, data: try SeriesGroup.encode(last.labels, compressor))
    }
}
