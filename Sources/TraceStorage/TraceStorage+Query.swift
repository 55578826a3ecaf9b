internal import ByteCoding
internal import ColumnCoding
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension TraceStorage {
    /// Parts of a trace that lie in different blocks with more than this between them are in different tables; see
    /// ``scatteredTraces(_:from:through:)``. An hour.
    static let traceGapMax: UInt64 = 3_600_000_000_000

    /// All spans of a trace, from memory and all shards, each once, by their start; nil where there are none.
    ///
    /// A block that is damaged is reported, and left out.
    ///
    /// - Throws: ``TraceStorageError``, where nothing was found and a block that the trace may be in is damaged.
    public func trace(_ id: TraceID) throws(TraceStorageError) -> SpanBatch? {
        try checkOpen()
        do {
            var columns = SpanColumns()
            var damage: TraceStorageError?
            // Memory first: what is sealed meanwhile is in both then, and counts once.
            for generation in head.all { generation.copyTrace(id, into: &columns) }
            let lead = UInt32(truncatingIfNeeded: id.high >> 32)
            for snapshot in try snapshots() {
                for page in snapshot.contents.pages where page.firstSeries <= lead && page.lastSeries >= lead {
                    do { try copyTrace(id, StoredBlock(page, of: snapshot, cache: columnCache), into: &columns) } catch let error
                        as TraceStorageError
                        where error.code == .corrupt
                    {
                        damage = error
                    }
                }
            }
            if columns.count == 0, let damage { throw damage }
            if columns.count == 0 { return nil }
            var reader = RecordReader(columns)
            let isShown = try keeping.staying(columns, now: clock())
            let order = isShown.map { RowOrder(columns, where: $0) } ?? RowOrder(columns)
            if order.count == 0 { return nil }
            for row in order.rows { try reader.append(row: Int(row)) }
            return reader.batch
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    private func copyTrace(_ id: TraceID, _ block: StoredBlock, into columns: inout SpanColumns) throws {
        do {
            let source = try BlockSource(block)
            guard let place = try source.place(of: id) else { return }
            let found = try source.columns(traces: place..<place + 1)
            var copier = RowCopier(from: found)
            for row in 0..<found.count { copier.copy(row, into: &columns) }
        } catch {
            throw noted(error, block)
        }
    }

    /// The tables with the traces of which a span may overlap a range of times (both ends inclusive), those with the newest spans first. Each trace
    /// is in exactly one of them, whole, each of its spans once; but parts of a trace in different blocks with more than an hour between them are
    /// traces of their own, see ``scatteredTraces(_:from:through:)``. All that was acknowledged before the call is in them, but for what is too old.
    public func tables(from start: UnixNanoseconds, through end: UnixNanoseconds) throws(TraceStorageError) -> [any TraceTable] {
        try checkOpen()
        do {
            let reach = TraceStorage.reach(of: start, end, among: try parts())
            return reach.inRange.isEmpty ? [] : try tables(of: reach.inRange, reach.near)
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// Everything that has spans.
    func parts() throws -> [QueryPart] {
        // Memory first: what is sealed meanwhile is in both then, and counts once.
        var all = head.all.map { QueryPart.head($0.table()) }
        all.removeAll { if case .head(let table) = $0 { table.source.order.count == 0 } else { false } }
        for snapshot in try snapshots() {
            for page in snapshot.contents.pages { all.append(.block(StoredBlock(page, of: snapshot, cache: columnCache))) }
        }
        return all
    }

    /// The parts that a query over a range of times reads, and those in which traces of these may go on, since they are near.
    static func reach(
        of start: UInt64, _ end: UInt64, among all: [QueryPart]
    ) -> (inRange: [QueryPart], near: [QueryPart]) {
        let inRange = all.filter { $0.times.lowerBound <= end && $0.times.upperBound >= start }
        guard let earliest = inRange.map(\.times.lowerBound).min(), let latest = inRange.map(\.times.upperBound).max() else {
            return ([], [])
        }
        let near = all.filter { part in
            let times = part.times
            let isIn = times.lowerBound <= end && times.upperBound >= start
            let low = earliest > traceGapMax ? earliest - traceGapMax : 0
            return !isIn && times.upperBound >= low && times.lowerBound <= latest &+ traceGapMax
        }
        return (inRange, near)
    }

    private func tables(of inRange: [QueryPart], _ near: [QueryPart]) throws -> [any TraceTable] {
        let now = clock()
        let inRange = try inRange.filter(isReadable)
        let parts = try inRange + near.filter(isReadable)
        let split = try splitTraces.find(parts, gapMax: TraceStorage.traceGapMax)
        var tables: [(newest: UInt64, table: any TraceTable)] = []
        var gathered = SpanColumns()
        let wanted = Set(split[..<inRange.count].joined())
        for (index, part) in parts.enumerated() {
            let own = split[index].filter(wanted.contains)
            if !own.isEmpty { try splitTraces.gather(own, of: part, into: &gathered) }
            guard index < inRange.count, let table = try table(of: part, leavingOut: split[index], now: now) else { continue }
            tables.append((part.times.upperBound, table))
        }
        if gathered.count > 0 {
            let newest = zip(gathered.starts, gathered.ends).reduce(0) { max($0, $1.0, $1.1) }
            let isShown = try keeping.staying(gathered, now: now)
            let source = MemorySource(gathered, isShown.map { RowOrder(gathered, where: $0) } ?? RowOrder(gathered))
            tables.append((newest, table(source, TableCut(serial: StoredBlock.nextSerial()), path: directory)))
        }
        return tables.sorted { $0.newest > $1.newest }.map(\.table)
    }

    /// Whether a part can be read at all; one that is damaged is reported, and the others serve on.
    private func isReadable(_ part: QueryPart) throws -> Bool {
        guard case .block(let block) = part else { return true }
        do { try BlockSource(block).checkTraceIDs() } catch {
            guard noted(error, block).code == .corrupt else { throw error }
            return false
        }
        return true
    }

    /// The table of a part; nil where the part is damaged so that it cannot be told which of its spans are to be shown.
    private func table(of part: QueryPart, leavingOut left: [TraceID], now: UInt64) throws -> (any TraceTable)? {
        switch part {
        case .head(let head):
            let cut = try tableCuts.cut(part, of: head.source, leavingOut: left, keeping, now: now)
            return table(head.source, cut, path: part.path)
        case .block(let block):
            do {
                let source = try BlockSource(block)
                return table(source, try tableCuts.cut(part, of: source, leavingOut: left, keeping, now: now), path: part.path)
            } catch {
                guard noted(error, block).code == .corrupt else { throw error }
                return nil
            }
        }
    }

    func table(_ source: some ColumnSource, _ cut: TableCut, path: String) -> any TraceTable {
        ColumnTable(source, leavingOut: cut, keeping, path: path, cache: tableCache)
    }

    /// What all shards have at this moment.
    func snapshots() throws -> [ShardSnapshot] {
        var snapshots: [ShardSnapshot] = []
        for day in catalog.days {
            do {
                if let shard = try catalog.shard(day: day) { snapshots.append(shard.snapshot()) }
            } catch {
                // A damaged file was told of when it was set aside; the others serve on.
                guard error.code == .corrupt || error.code == .unsupportedVersion else { throw error }
            }
        }
        return snapshots
    }

    /// Damage of a block that a query met, reported.
    func noted(_ error: any Error, _ block: StoredBlock) -> TraceStorageError {
        guard error is BlockError || error is ByteCodingError else { return TraceStorageError(error, path: block.snapshot.shard.path) }
        let reason = "block \(block.page.id): \(error)"
        damage.report(block.snapshot.shard.path, reason)
        return TraceStorageError(.corrupt, "\(block.snapshot.shard.path): \(reason)")
    }
}
