internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Looks at everything in a shard, and says what is not as it was written.
struct LogShardVerification {
    private let decompressor: ZstdDecompressor

    init() throws { decompressor = try ZstdDecompressor() }

    /// What is wrong, one sentence each; empty for a sound shard.
    func problems(of shard: Shard) -> [String] {
        let snapshot = shard.snapshot()
        do { return try shard.read { problems(of: snapshot.contents, $0) } } catch { return ["\(error)"] }
    }

    /// What is wrong with the contents that a reader reads, one sentence each.
    func problems(of contents: ShardContents, _ reader: ShardReader) -> [String] {
        var problems: [String] = []
        do { problems += try reader.integrityProblems() + reader.changesOfRows() } catch { problems.append("\(error)") }
        for page in contents.pages {
            do { try check(page, reader) } catch { problems.append("block \(page.id): \(error)") }
        }
        return problems
    }

    /// A block's parts hold their checksums, decode, and are what its row says.
    private func check(_ row: ShardPage, _ reader: ShardReader) throws {
        guard let bytes = try reader.page(row.id) else { throw BlockError("the directory is missing") }
        let directory = try BlockDirectory(decoding: bytes)
        let stored = try directory.hasStoredParts ? reader.partNumbers(ofPage: row.id) : []
        let expected = directory.entries.filter { $0.place == nil }.map(\.number)
        guard stored == expected else { throw BlockError("it has the parts \(stored), not \(expected)") }
        var parts: [Int: DecodedPart] = [:]
        for entry in directory.entries {
            let bytes = try entry.place.map { directory.inlineBytes($0) } ?? reader.part(entry.number, ofPage: row.id)
            guard let bytes, bytes.count == entry.bytes else { throw BlockError("part \(entry.number) has another length") }
            do { parts[entry.number] = try DecodedPart(bytes, decompressor) } catch { throw BlockError("part \(entry.number): \(error)") }
        }
        let source = BlockSource(PartsInHand(parts: parts, bytes: row.bytes, directory: directory))
        let rows = try source.allRows()
        let lengths = try source.lineLengths()
        guard zip(lengths, rows.lines).allSatisfy({ Int($0) == $1.count }) else { throw BlockError("lines have other lengths") }
        for metadata in rows.metadata where metadata.count > 0 {
            do { _ = try LabelSet(validating: [UInt8](metadata.bytes)) } catch { throw BlockError("metadata: \(error)") }
        }
        _ = try source.documents()
        try checkFilters(source, directory)
        let summary = directory.summary
        let isAsSaid =
            rows.count == row.items && rows.times.min() == summary.minTime && rows.times.max() == summary.maxTime
            && rows.lineBytes == summary.lineBytes && summary.minTime == row.minTime && summary.maxTime == row.maxTime
            && row.firstSeries == 0
            && row.lastSeries == UInt32(clamping: summary.streams - 1)
            && directory.entries.reduce(bytes.count, { $0 + ($1.place == nil ? $1.bytes : 0) }) == row.bytes
        guard isAsSaid else { throw BlockError("it is not what its row says") }
    }

    /// Filters know every id of their column.
    private func checkFilters(_ source: BlockSource, _ directory: BlockDirectory) throws {
        for entry in directory.entries where entry.number >= PartNumber.firstFilter {
            let column = try source.column(entry.number - PartNumber.firstFilter)
            guard case .patterns(let patterns) = column.form,
                case .hexadecimal(let high, let low, _, _)? = patterns.patterns.first?.slots.first?.form
            else { throw BlockError("a filter of a column without ids") }
            let filter = try source.block.part(entry.number).hard
            for index in low.indices where !IDFilter.mayHold(high: high.isEmpty ? 0 : high[index], low: low[index], filter) {
                throw BlockError("the filter of column \(entry.number - PartNumber.firstFilter) lacks ids")
            }
        }
    }
}
