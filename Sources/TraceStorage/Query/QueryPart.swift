internal import ShardStorage
internal import TelemetryModel

/// Spans that a query may have to read: a block, or what a generation of the head holds at that moment.
enum QueryPart: Sendable {
    case block(StoredBlock)
    case head(HeadTable)

    /// A number that no other part has.
    var serial: Int {
        switch self {
        case .block(let block): block.serial
        case .head(let table): table.serial
        }
    }

    /// The earliest start, and the latest end or start.
    var times: ClosedRange<UInt64> {
        switch self {
        case .block(let block):
            UInt64(clamping: block.page.minTime)...UInt64(clamping: max(block.page.minTime, block.page.maxTime))
        case .head(let table): min(table.minStart, table.maxTime)...table.maxTime
        }
    }

    /// Which of the parts change no more.
    var isBlock: Bool {
        if case .block = self { return true }
        return false
    }

    var path: String {
        switch self {
        case .block(let block): block.snapshot.shard.path
        case .head: "spans in memory"
        }
    }

    /// The trace ids, sorted.
    func traceIDs() throws -> [TraceID] {
        switch self {
        case .block(let block): try BlockSource(block).traceIDs()
        case .head(let table): table.source.order.traceIDs
        }
    }

    /// The spans of some traces, which are all there, added to some columns.
    func copy(_ ids: Set<TraceID>, into target: inout SpanColumns) throws {
        switch self {
        case .head(let table):
            let columns = table.source.columns
            var isTaken = [Bool](repeating: false, count: columns.traces.count)
            for id in ids { if let number = columns.traces.number(of: id) { isTaken[Int(number)] = true } }
            var copier = RowCopier(from: columns)
            for row in columns.traceOf.indices where isTaken[Int(columns.traceOf[row])] { copier.copy(row, into: &target) }
        case .block(let block):
            let source = try BlockSource(block)
            // Reading one trace costs a look at all of the block's columns; of many it is cheaper to read all.
            if ids.count > 24 {
                let columns = try source.columns(traces: 0..<source.summary.traces)
                var copier = RowCopier(from: columns)
                for row in 0..<columns.count where ids.contains(columns.traces.ids[Int(columns.traceOf[row])]) {
                    copier.copy(row, into: &target)
                }
                return
            }
            for id in ids {
                guard let place = try source.place(of: id) else { continue }
                let columns = try source.columns(traces: place..<place + 1)
                var copier = RowCopier(from: columns)
                for row in 0..<columns.count { copier.copy(row, into: &target) }
            }
        }
    }
}
