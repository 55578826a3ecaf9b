internal import ByteCoding
internal import ColumnCoding
internal import Compression

/// Bytes and speed of columns on their own, and of pages of neighbouring series as storage writes them.
struct CodecBenchmark {
    let stopwatch: Stopwatch

    /// A sample every 15 seconds: what a seal, and what the merge of a day writes of a series.
    private static let lengths = [(name: "90 min", count: 360), (name: "1 day", count: 5760)]
    private static let seriesCount = 64
    private static let start: Int64 = 1_790_000_000_000

    func run() throws {
        try timestampColumns()
        for length in CodecBenchmark.lengths { try valueColumns(length.name, length.count) }
        for length in CodecBenchmark.lengths { try pages(length.name, length.count) }
    }

    private func timestampColumns() throws {
        var generator = SeededGenerator(seed: 1)
        var table = Table("timestamps, every 15 s", "column", "bytes/value", "encode M/s", "decode M/s")
        for length in CodecBenchmark.lengths {
            let regular = (0..<length.count).map { CodecBenchmark.start + Int64($0) * 15_000 }
            let jittery = regular.map { $0 + Int64.random(in: -2...2, using: &generator) }
            for (name, times) in [("regular", regular), ("±2 ms", jittery)] {
                var bytes: [UInt8] = []
                let encoding = stopwatch.time(items: times.count) {
                    bytes.removeAll(keepingCapacity: true)
                    TimestampColumn.encode(times.span, into: &bytes)
                    keep(bytes.count)
                }
                var decoded: [Int64] = []
                let decoding = try stopwatch.time(items: times.count) {
                    decoded.removeAll(keepingCapacity: true)
                    var reader = ByteReader(bytes)
                    try TimestampColumn.decode(&reader, into: &decoded)
                    keep(decoded.count)
                }
                precondition(decoded == times, "BUG: timestamps came back changed")
                table.add(name, length.name, shown(perValue(bytes.count, times.count), digits: 3), millions(encoding), millions(decoding))
            }
        }
        table.print()
    }

    private func valueColumns(_ name: String, _ count: Int) throws {
        var table = Table("one column of \(name)", "encoding", "bytes/value", "encode M/s", "decode M/s")
        for kind in SeriesKind.all {
            var generator = SeededGenerator(seed: 2)
            let series = kind.make(CodecBenchmark.seriesCount, count, &generator)
            var columns = [[UInt8]](repeating: [], count: series.count)
            let encoding = stopwatch.time(items: series.count * count) {
                for index in series.indices {
                    let values = series[index]
                    columns[index].removeAll(keepingCapacity: true)
                    ValueColumn.encode(values.span, into: &columns[index])
                }
            }
            var decoded: [Double] = []
            let decoding = try stopwatch.time(items: series.count * count) {
                for index in series.indices {
                    decoded.removeAll(keepingCapacity: true)
                    var reader = ByteReader(columns[index])
                    try ValueColumn.decode(&reader, count: count, into: &decoded)
                    keep(decoded.count)
                }
            }
            precondition(haveSameBits(decoded, series[series.count - 1]), "BUG: \(kind.name): values came back changed")
            let bytes = columns.reduce(0) { $0 + $1.count }
            table.add(
                kind.name, encodingNames(columns), shown(perValue(bytes, series.count * count), digits: 3), millions(encoding),
                millions(decoding))
        }
        table.print()
    }

    private func pages(_ name: String, _ count: Int) throws {
        let times = (0..<count).map { CodecBenchmark.start + Int64($0) * 15_000 }
        var table = Table("pages of 64 series of \(name)", "bytes/sample", "encode M/s", "decode M/s")
        for kind in SeriesKind.all {
            var generator = SeededGenerator(seed: 2)
            let series = kind.make(CodecBenchmark.seriesCount, count, &generator)
            var pages: [EncodedPage] = []
            let compressor = try ZstdCompressor()
            var builder = ChunkPageBuilder()
            let encoding = try stopwatch.time(items: series.count * count) {
                pages.removeAll(keepingCapacity: true)
                for index in series.indices {
                    let values = series[index]
                    builder.append(series: UInt32(index), timestamps: times.span, values: values.span)
                    if builder.estimatedBytes >= 96 << 10 { pages.append(try builder.finish(compressor)) }
                }
                if !builder.isEmpty { pages.append(try builder.finish(compressor)) }
            }
            let decompressor = try ZstdDecompressor()
            var (decodedTimes, decoded): ([Int64], [Double]) = ([], [])
            let decoding = try stopwatch.time(items: series.count * count) {
                for page in pages {
                    var cursor = ChunkPageCursor(try ChunkPage(decoding: page.bytes, decompressor))
                    for chunk in cursor.page.chunks.indices {
                        decodedTimes.removeAll(keepingCapacity: true)
                        decoded.removeAll(keepingCapacity: true)
                        try cursor.decode(chunk: chunk, timestamps: &decodedTimes, values: &decoded)
                        keep(decoded.count)
                    }
                }
            }
            precondition(
                decodedTimes == times && haveSameBits(decoded, series[series.count - 1]), "BUG: \(kind.name): samples came back changed")
            let bytes = pages.reduce(0) { $0 + $1.bytes.count }
            table.add(kind.name, shown(perValue(bytes, series.count * count), digits: 3), millions(encoding), millions(decoding))
        }
        table.print()
    }

    private func perValue(_ bytes: Int, _ values: Int) -> Double { Double(bytes) / Double(values) }

    private func haveSameBits(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern }
    }

    /// What the heads of columns say, most frequent first; docs/storage-format.md explains the first byte of a column.
    private func encodingNames(_ columns: [[UInt8]]) -> String {
        var counts: [String: Int] = [:]
        for column in columns { counts[encodingName(column[0]), default: 0] += 1 }
        let ordered = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return ordered.map { ordered.count == 1 ? $0.key : "\($0.key) (\($0.value))" }.joined(separator: ", ")
    }

    private func encodingName(_ head: UInt8) -> String {
        switch head {
        case 0: return "constant"
        case 1: return "bits"
        default:
            var name = head & 0x1f == 2 ? "whole" : "decimal \(Int(head & 0x1f) - 2)"
            if head & 0x20 != 0 { name += " + corrections" }
            if head & 0x80 != 0 { name += " + exceptions" }
            return name
        }
    }
}
