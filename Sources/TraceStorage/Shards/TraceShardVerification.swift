internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Looks at everything in a shard, and says what is not as it was written.
struct TraceShardVerification {
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
        let source = BlockSource(PartsInHand(parts: parts, bytes: row.bytes), directory: directory)
        let columns = try source.columns(traces: 0..<directory.summary.traces)
        var records = RecordReader(columns)
        for span in 0..<columns.count { try records.append(row: span) }
        _ = try source.frame()
        let ids = try source.traceIDs()
        let filter = try source.block.part(PartNumber.traceFilter).hard
        guard ids.allSatisfy({ TraceFilter.mayHold($0, filter) }) else { throw BlockError("the filter of trace ids lacks some") }
        guard zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) else { throw BlockError("trace ids are out of order") }
        let summary = directory.summary
        let isAsSaid =
            columns.count == row.items && columns.starts.min() == summary.minStart && columns.starts.max() == summary.maxStart
            && max(columns.starts.max() ?? 0, columns.ends.max() ?? 0) == summary.maxTime
            && Int64(clamping: summary.minStart) == row.minTime
            && Int64(clamping: summary.maxTime) == row.maxTime
            && ids.first.map { UInt32(truncatingIfNeeded: $0.high >> 32) } == row.firstSeries
            && ids.last.map { UInt32(truncatingIfNeeded: $0.high >> 32) } == row.lastSeries
            && directory.entries.reduce(bytes.count, { $0 + ($1.place == nil ? $1.bytes : 0) }) == row.bytes
        guard isAsSaid else { throw BlockError("it is not what its row says") }
    }
}

/// Parts that are all in memory.
private struct PartsInHand: BlockParts {
    let parts: [Int: DecodedPart]
    let bytes: Int

    func part(_ number: Int) throws -> DecodedPart {
        guard let part = parts[number] else { throw BlockError("there is no part \(number)") }
        return part
    }

    func kept<Value: Sendable>(_ what: SpanBlockPiece, _ make: () throws -> (Value, bytes: Int)) rethrows -> Value { try make().0 }
}
