internal import Synchronization
internal import TelemetryModel

/// Finds the traces whose spans lie in several parts, and keeps what was found of blocks, which do not change.
final class SplitTraces: Sendable {
    private struct Pair: Hashable, Sendable {
        var a: Int
        var b: Int
    }

    /// Spans of a block's traces that others have as well.
    private struct Gathered: Sendable {
        var ids: Set<TraceID>
        var columns: SpanColumns
        var used: UInt64
    }

    private struct State: Sendable {
        var shared: [Pair: [TraceID]] = [:]
        var gathered: [Int: Gathered] = [:]
        var clock: UInt64 = 0
    }

    private static let pairsMax = 200_000
    private static let gatheredSpansMax = 65_536
    private let state = Mutex(State())

    /// For each of some parts the ids of traces that any other part has as well, sorted.
    ///
    /// - Parameter gapMax: nanoseconds; parts that are further apart are taken to share no trace.
    func find(_ parts: [QueryPart], gapMax: UInt64) throws -> [[TraceID]] {
        var found = [Set<TraceID>](repeating: [], count: parts.count)
        var ids = [[TraceID]?](repeating: nil, count: parts.count)
        func traceIDs(_ index: Int) throws -> [TraceID] {
            if let known = ids[index] { return known }
            let own = try parts[index].traceIDs()
            ids[index] = own
            return own
        }
        for a in parts.indices {
            let times = parts[a].times
            for b in parts.indices.dropFirst(a + 1) {
                let other = parts[b].times
                guard times.lowerBound <= other.upperBound.addingClamped(gapMax), other.lowerBound <= times.upperBound.addingClamped(gapMax)
                else { continue }
                let shared = try self.shared(parts[a], parts[b]) {
                    SplitTraces.common(try traceIDs(a), try traceIDs(b))
                }
                if shared.isEmpty { continue }
                found[a].formUnion(shared)
                found[b].formUnion(shared)
            }
        }
        return found.map { $0.sorted() }
    }

    private func shared(_ a: QueryPart, _ b: QueryPart, _ make: () throws -> [TraceID]) rethrows -> [TraceID] {
        guard a.isBlock, b.isBlock else { return try make() }
        let pair = Pair(a: min(a.serial, b.serial), b: max(a.serial, b.serial))
        if let known = state.withLock({ $0.shared[pair] }) { return known }
        let shared = try make()
        state.withLock { state in
            if state.shared.count >= SplitTraces.pairsMax { state.shared.removeAll() }
            state.shared[pair] = shared
        }
        return shared
    }

    /// What two sorted lists have in common.
    static func common(_ a: [TraceID], _ b: [TraceID]) -> [TraceID] {
        if a.count > b.count { return common(b, a) }
        var found: [TraceID] = []
        if a.count * 16 < b.count {
            for id in a where contains(b, id) { found.append(id) }
            return found
        }
        var j = 0
        for id in a {
            while j < b.count, b[j] < id { j += 1 }
            guard j < b.count else { break }
            if b[j] == id { found.append(id) }
        }
        return found
    }

    private static func contains(_ ids: [TraceID], _ id: TraceID) -> Bool {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id
    }

    /// Adds the spans of some traces of a part to some columns. Those of blocks are kept for the next query.
    func gather(_ ids: [TraceID], of part: QueryPart, into target: inout SpanColumns) throws {
        guard part.isBlock else { return try part.copy(Set(ids), into: &target) }
        var gathered =
            state.withLock { state in
                state.clock += 1
                state.gathered[part.serial]?.used = state.clock
                return state.gathered[part.serial]
            } ?? Gathered(ids: [], columns: SpanColumns(), used: 0)
        let missing = Set(ids).subtracting(gathered.ids)
        if !missing.isEmpty {
            try part.copy(missing, into: &gathered.columns)
            gathered.ids.formUnion(missing)
            keep(gathered, part.serial)
        }
        let wanted = Set(ids)
        let columns = gathered.columns
        var copier = RowCopier(from: columns)
        for row in 0..<columns.count where wanted.contains(columns.traces.ids[Int(columns.traceOf[row])]) {
            copier.copy(row, into: &target)
        }
    }

    /// Forgets what is of some blocks that merges replaced.
    func forget(serials: Set<Int>) {
        state.withLock { state in
            for serial in serials { state.gathered[serial] = nil }
            state.shared = state.shared.filter { !serials.contains($0.key.a) && !serials.contains($0.key.b) }
        }
    }

    private func keep(_ gathered: Gathered, _ serial: Int) {
        state.withLock { state in
            state.clock += 1
            state.gathered[serial] = gathered
            state.gathered[serial]?.used = state.clock
            var spans = state.gathered.values.reduce(0) { $0 + $1.columns.count }
            for (serial, entry) in state.gathered.sorted(by: { $0.value.used < $1.value.used }) where spans > SplitTraces.gatheredSpansMax {
                state.gathered[serial] = nil
                spans -= entry.columns.count
            }
        }
    }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
