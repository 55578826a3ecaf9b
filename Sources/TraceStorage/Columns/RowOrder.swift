internal import TelemetryModel

/// The order in which rows are shown and stored: by trace id, then by start, then as they came; each span once.
struct RowOrder: Sendable {
    private(set) var traceIDs: [TraceID] = []
    /// One element more than there are traces.
    private(set) var traceStarts: [Int32] = [0]
    /// The row of the columns at each place.
    private(set) var rows: [UInt32] = []

    var count: Int { rows.count }

    /// Orders some rows of some columns.
    init(_ columns: SpanColumns, where isTaken: (_ row: Int) -> Bool = { _ in true }) {
        let ids = columns.traces.ids
        let sorted = ids.indices.sorted { ids[$0] < ids[$1] }
        var ranks = [Int32](repeating: 0, count: ids.count)
        for (rank, number) in sorted.enumerated() { ranks[number] = Int32(rank) }
        var places = [Int32](repeating: 0, count: sorted.count + 1)
        for (row, trace) in columns.traceOf.enumerated() where isTaken(row) { places[Int(ranks[Int(trace)]) + 1] += 1 }
        for index in places.indices.dropFirst() { places[index] += places[index - 1] }
        var all = [UInt32](repeating: 0, count: Int(places[sorted.count]))
        var next = places
        for row in columns.traceOf.indices where isTaken(row) {
            let rank = ranks[Int(columns.traceOf[row])]
            all[Int(next[Int(rank)])] = UInt32(row)
            next[Int(rank)] += 1
        }
        rows.reserveCapacity(all.count)
        traceIDs.reserveCapacity(sorted.count)
        traceStarts.reserveCapacity(sorted.count + 1)
        for (rank, number) in sorted.enumerated() {
            appendTrace(all[Int(places[rank])..<Int(places[rank + 1])], columns)
            guard rows.count > Int(traceStarts[traceStarts.count - 1]) else { continue }
            traceIDs.append(ids[number])
            traceStarts.append(Int32(rows.count))
        }
    }

    /// The order cut into runs of whole traces with about equally many rows, and at most some number of them unless a trace has more.
    func slices(rowsMax: Int) -> [RowOrder] {
        let count = max(1, (rows.count + rowsMax - 1) / rowsMax)
        if count == 1 { return [self] }
        let target = rows.count / count + 1
        var slices: [RowOrder] = []
        var first = 0
        for trace in traceIDs.indices {
            let isLast = trace == traceIDs.count - 1
            let size = Int(traceStarts[trace + 1] - traceStarts[first])
            if isLast || size >= target || Int(traceStarts[trace + 2] - traceStarts[first]) > rowsMax {
                slices.append(RowOrder(self, traces: first..<trace + 1))
                first = trace + 1
            }
        }
        return slices
    }

    private init(_ whole: RowOrder, traces: Range<Int>) {
        traceIDs = Array(whole.traceIDs[traces])
        let start = whole.traceStarts[traces.lowerBound]
        traceStarts = whole.traceStarts[traces.lowerBound...traces.upperBound].map { $0 - start }
        rows = Array(whole.rows[Int(start)..<Int(whole.traceStarts[traces.upperBound])])
    }

    /// Adds the rows of a trace.
    private mutating func appendTrace(_ trace: ArraySlice<UInt32>, _ columns: SpanColumns) {
        let first = rows.count
        var isSorted = true
        for row in trace {
            if rows.count > first, columns.starts[Int(row)] < columns.starts[Int(rows[rows.count - 1])] { isSorted = false }
            rows.append(row)
        }
        if !isSorted {
            rows[first...].sort { a, b in
                let (left, right) = (columns.starts[Int(a)], columns.starts[Int(b)])
                return left != right ? left < right : a < b
            }
        }
        removeRepeated(from: first, columns)
    }

    /// Leaves of spans that came twice the first one.
    private mutating func removeRepeated(from first: Int, _ columns: SpanColumns) {
        let count = rows.count - first
        if count <= 32 {
            var kept = first
            for index in first..<rows.count {
                var isNew = true
                for other in first..<kept where columns.isSameSpan(Int(rows[index]), Int(rows[other])) {
                    isNew = false
                    break
                }
                guard isNew else { continue }
                rows[kept] = rows[index]
                kept += 1
            }
            rows.removeSubrange(kept...)
            return
        }
        struct Identity: Hashable {
            var spanID: UInt64
            var role: UInt64
        }
        var seen = Set<Identity>(minimumCapacity: count)
        var kept = first
        for index in first..<rows.count {
            let row = Int(rows[index])
            guard seen.insert(Identity(spanID: columns.spanIDs[row], role: columns.spans.field(SpanKindField.role, row))).inserted else {
                continue
            }
            rows[kept] = rows[index]
            kept += 1
        }
        rows.removeSubrange(kept...)
    }

    /// The place of the parent of the span at each place; -1 for a root, -2 where the parent is not there.
    func parents(_ columns: SpanColumns) -> [Int32] {
        var parents = [Int32](repeating: -1, count: rows.count)
        for trace in traceIDs.indices {
            let range = Int(traceStarts[trace])..<Int(traceStarts[trace + 1])
            if range.count <= 24 { linkFew(range, columns, &parents) } else { linkMany(range, columns, &parents) }
        }
        return parents
    }

    private func linkFew(_ range: Range<Int>, _ columns: SpanColumns, _ parents: inout [Int32]) {
        for place in range {
            let parent = columns.parentIDs[Int(rows[place])]
            if parent == 0 { continue }
            var found: Int32 = -2
            for other in range where columns.spanIDs[Int(rows[other])] == parent && other != place {
                if found < 0 || isServer(Int(rows[other]), columns) { found = Int32(other) }
            }
            parents[place] = found
        }
    }

    private func linkMany(_ range: Range<Int>, _ columns: SpanColumns, _ parents: inout [Int32]) {
        // Of two halves of a call that share an id, the server's is the nearer parent of what the server did.
        var places: [UInt64: Int32] = [:]
        places.reserveCapacity(range.count)
        var shared: [UInt64: [Int32]] = [:]
        for place in range {
            let row = Int(rows[place])
            let id = columns.spanIDs[row]
            if let known = places[id] { shared[id, default: [known]].append(Int32(place)) }
            if places[id] == nil || isServer(row, columns) { places[id] = Int32(place) }
        }
        for place in range {
            let row = Int(rows[place])
            let parent = columns.parentIDs[row]
            if parent == 0 { continue }
            guard let found = places[parent] else {
                parents[place] = -2
                continue
            }
            if Int(found) != place {
                parents[place] = found
            } else {
                parents[place] = shared[parent]?.first { Int($0) != place } ?? -2
            }
        }
    }

    private func isServer(_ row: Int, _ columns: SpanColumns) -> Bool {
        columns.spans.field(SpanKindField.role, row) == UInt64(SpanKind.server.rawValue)
    }
}
