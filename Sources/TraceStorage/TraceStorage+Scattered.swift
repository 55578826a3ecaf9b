internal import ShardStorage
public import TelemetryModel

/// A trace, or a part of one, that a search found and takes for incomplete.
public struct IncompleteTrace: Sendable, Hashable {
    public var id: TraceID
    /// When its latest span ended.
    public var end: UnixNanoseconds

    public init(_ id: TraceID, end: UnixNanoseconds) {
        self.id = id
        self.end = end
    }
}

extension TraceStorage {
    /// A trace of which something ended within this time is going on: what is missing of it comes soon, and need not be looked for far away. A minute.
    static let traceRest: UInt64 = 60_000_000_000

    /// Those of some traces that ``tables(from:through:)`` does not show as one, since parts of them lie too far apart: in one table, whole, each span
    /// once. Nil where there is none.
    ///
    /// Most blocks say at a glance that they have nothing of a trace, so this is for the few traces of an answer.
    public func scatteredTraces(
        _ traces: [IncompleteTrace], from start: UnixNanoseconds, through end: UnixNanoseconds
    ) throws(TraceStorageError) -> (any TraceTable)? {
        try checkOpen()
        let now = clock()
        let ids = Set(traces.filter { $0.end < now && now - $0.end > TraceStorage.traceRest }.map(\.id))
        guard !ids.isEmpty else { return nil }
        do {
            let all = try parts()
            let reach = TraceStorage.reach(of: start, end, among: all)
            let reached = Set((reach.inRange + reach.near).map(\.serial))
            var places: [TraceID: [QueryPart]] = [:]
            for part in all.sorted(by: { $0.times.lowerBound < $1.times.lowerBound }) {
                for id in try self.ids(in: part, among: ids) { places[id, default: []].append(part) }
            }
            places = places.filter { _, parts in
                parts.contains { !reached.contains($0.serial) } || TraceStorage.areApart(parts)
            }
            if places.isEmpty { return nil }
            var columns = SpanColumns()
            for part in all {
                let own = Set(places.keys.filter { id in places[id]?.contains { $0.serial == part.serial } ?? false })
                if !own.isEmpty { try part.copy(own, into: &columns) }
            }
            let isShown = try keeping.staying(columns, now: now)
            let source = MemorySource(columns, isShown.map { RowOrder(columns, where: $0) } ?? RowOrder(columns))
            return table(source, TableCut(serial: StoredBlock.nextSerial()), path: directory)
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// Those of some traces of which there are spans in a part. One that is damaged is reported, and left out.
    private func ids(in part: QueryPart, among ids: Set<TraceID>) throws -> [TraceID] {
        do { return try part.ids(among: ids) } catch {
            guard case .block(let block) = part, noted(error, block).code == .corrupt else { throw error }
            return []
        }
    }

    /// Whether there is too long a time between any of some parts, which are in the order of their starts.
    private static func areApart(_ parts: [QueryPart]) -> Bool {
        var latest = UInt64.max
        for part in parts {
            if latest != .max, part.times.lowerBound > latest, part.times.lowerBound - latest > traceGapMax { return true }
            latest = latest == .max ? part.times.upperBound : max(latest, part.times.upperBound)
        }
        return false
    }
}

extension QueryPart {
    /// Those of some traces of which there are spans in it.
    func ids(among ids: Set<TraceID>) throws -> [TraceID] {
        switch self {
        case .head(let table): return ids.filter { table.source.columns.traces.number(of: $0) != nil }
        case .block(let block):
            let leads = ids.filter {
                let lead = UInt32(truncatingIfNeeded: $0.high >> 32)
                return block.page.firstSeries <= lead && lead <= block.page.lastSeries
            }
            if leads.isEmpty { return [] }
            let source = try BlockSource(block)
            return try leads.filter { try source.place(of: $0) != nil }
        }
    }
}
