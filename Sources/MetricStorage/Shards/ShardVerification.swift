internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Looks at everything in a shard, and says what is not as it was written.
struct ShardVerification {
    private let decompressor: ZstdDecompressor

    init() throws { decompressor = try ZstdDecompressor() }

    /// Something that is wrong.
    struct Finding {
        /// What it is wrong with.
        enum Part { case file, page, dictionary, index }

        let part: Part
        /// One sentence.
        let text: String

        init(_ part: Part, _ text: String) {
            self.part = part
            self.text = text
        }
    }

    /// What is wrong, one sentence each; empty for a sound shard.
    func problems(of shard: Shard) -> [String] { findings(in: shard).map(\.text) }

    /// What is wrong with the contents that a reader reads, one sentence each.
    func problems(of contents: ShardContents, _ reader: ShardReader) -> [String] { findings(in: contents, reader).map(\.text) }

    /// What is wrong; empty for a sound shard.
    func findings(in shard: Shard) -> [Finding] {
        let snapshot = shard.snapshot()
        do { return try shard.read { findings(in: snapshot.contents, $0) } } catch { return [Finding(.file, "\(error)")] }
    }

    private func findings(in contents: ShardContents, _ reader: ShardReader) -> [Finding] {
        var problems: [Finding] = []
        do {
            problems += try reader.integrityProblems().map { Finding(.file, $0) }
            problems += try reader.changesOfRows().map { Finding(.file, $0) }
            for page in contents.pages { check(page, reader, &problems) }
            try checkIndex(contents, reader, &problems)
        } catch {
            problems.append(Finding(.file, "\(error)"))
        }
        return problems
    }

    /// A page's payload holds its checksum, decodes, and is what its row says.
    private func check(_ row: ShardPage, _ reader: ShardReader, _ problems: inout [Finding]) {
        do {
            guard let bytes = try reader.page(row.id) else {
                problems.append(Finding(.page, "page \(row.id) is missing"))
                return
            }
            var cursor = ChunkPageCursor(try ChunkPage(decoding: bytes, decompressor))
            let numbers = cursor.page.chunks.map(\.series)
            var samples = SampleColumns()
            for series in Set(numbers) { try cursor.read(series, in: .all, into: &samples) }
            let times = samples.timestamps + samples.histograms.map(\.timestamp)
            let isAsSaid =
                bytes.count == row.bytes && samples.count == row.items && times.min() == row.minTime && times.max() == row.maxTime
                && numbers.min() == row.firstSeries && numbers.max() == row.lastSeries
            if !isAsSaid { problems.append(Finding(.page, "page \(row.id) is not what its row says")) }
        } catch {
            problems.append(Finding(.page, "page \(row.id): \(error)"))
        }
    }

    /// The index has exactly the label pairs that the dictionary has.
    private func checkIndex(_ contents: ShardContents, _ reader: ShardReader, _ problems: inout [Finding]) throws {
        var expected = LabelIndex()
        var count = 0
        var groups = Set<UInt32>()
        try reader.forEachGroup { first, groupCount, data in
            groups.insert(first)
            if Int(first) % Shard.seriesPerGroup != 0 || Int(first) >= contents.seriesCount {
                problems.append(Finding(.dictionary, "series group \(first) is at a place where none is"))
            }
            do {
                let labels = try SeriesGroup.decode(data, count: groupCount, decompressor)
                for (offset, packed) in labels.enumerated() {
                    packed.withUnsafeBytes { expected.insert($0, series: first + UInt32(offset)) }
                }
                count += labels.count
            } catch {
                problems.append(Finding(.dictionary, "series group \(first): \(error)"))
            }
        }
        let missing = stride(from: 0, to: contents.seriesCount, by: Shard.seriesPerGroup).filter { !groups.contains(UInt32($0)) }
        for first in missing { problems.append(Finding(.dictionary, "series group \(first) is missing")) }
        if count > contents.seriesCount { problems.append(Finding(.file, "there are \(count) series, not \(contents.seriesCount)")) }
        var found: [[UInt8]: [UInt32]] = [:]
        try reader.forEachPosting { name, value, first, count, bytes in
            let pair = ShardVerification.pair(name, value)
            do {
                var list: [UInt32] = []
                try PostingCoding.decode(bytes, count: count, limit: contents.seriesCount, into: &list)
                if list.first.map(Int64.init) != first {
                    problems.append(Finding(.index, "index of \(name)=\(quoted(value)) does not begin with what its row says"))
                }
                found[pair, default: []] += list
            } catch {
                problems.append(Finding(.index, "index of \(name)=\(quoted(value)): \(error)"))
            }
        }
        expected.forEachPair { name, value, series in
            let pair = ShardVerification.pair(name, value)
            if found[pair].map(SeriesList.normalized) != series {
                problems.append(Finding(.index, "index of \(name)=\(quoted(value)) differs from the dictionary"))
            }
            found[pair] = nil
        }
        for pair in found.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            problems.append(Finding(.index, "the index has \(quoted(String(decoding: pair, as: UTF8.self))), which no series has"))
        }
    }

    private static func pair(_ name: String, _ value: String) -> [UInt8] { Array(name.utf8) + [0] + Array(value.utf8) }
}
