internal import Synchronization
internal import TelemetryModel

/// Finds entries that several tables have, so that each is answered once, and keeps what was found of blocks, which do not change.
final class DuplicateRows: Sendable {
    private struct Pair: Hashable, Sendable {
        var earlier: Int
        var later: Int
    }

    private static let pairsMax = 100_000
    private let known = Mutex<[Pair: [Int32]]>([:])

    /// For each of some tables the rows that one before it in the list has as well.
    func find(_ sources: [any LogColumnSource]) throws -> [[Int32]] {
        var found = [[Int32]](repeating: [], count: sources.count)
        let order = sources.indices.sorted { sources[$0].times.lowerBound < sources[$1].times.lowerBound }
        for (place, a) in order.enumerated() {
            for b in order[(place + 1)...] {
                if sources[b].times.lowerBound > sources[a].times.upperBound { break }
                let (earlier, later) = (min(a, b), max(a, b))
                found[later] += try rows(of: sources[later], alsoIn: sources[earlier])
            }
        }
        return found
    }

    private func rows(of later: any LogColumnSource, alsoIn earlier: any LogColumnSource) throws -> [Int32] {
        let pair = Pair(earlier: earlier.serial, later: later.serial)
        if let rows = known.withLock({ $0[pair] }) { return rows }
        let rows = try DuplicateRows.compare(later, earlier)
        known.withLock { known in
            if known.count >= DuplicateRows.pairsMax { known.removeAll() }
            known[pair] = rows
        }
        return rows
    }

    private static func compare(_ later: any LogColumnSource, _ earlier: any LogColumnSource) throws -> [Int32] {
        let (laterSpans, earlierSpans) = (try later.streams(), try earlier.streams())
        var frames: (later: StoredLogFrame, earlier: StoredLogFrame)?
        // Rows of the same stream and time.
        var candidates: [(later: Int32, earlier: Int32)] = []
        var (a, b) = (0, 0)
        while a < laterSpans.labels.count, b < earlierSpans.labels.count {
            if laterSpans.labels[a] != earlierSpans.labels[b] {
                if laterSpans.labels[a] < earlierSpans.labels[b] { a += 1 } else { b += 1 }
                continue
            }
            if laterSpans.times[a].overlaps(earlierSpans.times[b]) {
                let both = try frames ?? (later.frame(), earlier.frame())
                frames = both
                pair(
                    both.later.times, Int(laterSpans.starts[a])..<Int(laterSpans.starts[a + 1]), both.earlier.times,
                    Int(earlierSpans.starts[b])..<Int(earlierSpans.starts[b + 1]), &candidates)
            }
            (a, b) = (a + 1, b + 1)
        }
        if candidates.isEmpty { return [] }
        return try withEqualMetadata(try withEqualLines(candidates, later, earlier), later, earlier)
    }

    private static func pair(
        _ later: [Int64], _ laterRows: Range<Int>, _ earlier: [Int64], _ earlierRows: Range<Int>,
        _ candidates: inout [(later: Int32, earlier: Int32)]
    ) {
        var (a, b) = (laterRows.lowerBound, earlierRows.lowerBound)
        while a < laterRows.upperBound, b < earlierRows.upperBound {
            if later[a] < earlier[b] {
                a += 1
            } else if later[a] > earlier[b] {
                b += 1
            } else {
                var end = b
                while end < earlierRows.upperBound, earlier[end] == later[a] { end += 1 }
                let time = later[a]
                while a < laterRows.upperBound, later[a] == time {
                    for row in b..<end { candidates.append((Int32(a), Int32(row))) }
                    a += 1
                }
                b = end
            }
        }
    }

    private static func withEqualLines(
        _ candidates: [(later: Int32, earlier: Int32)], _ later: any LogColumnSource, _ earlier: any LogColumnSource
    ) throws -> [(later: Int32, earlier: Int32)] {
        var found: [(later: Int32, earlier: Int32)] = []
        // Some at a time, so that few lines are in memory.
        for start in stride(from: 0, to: candidates.count, by: 8192) {
            let some = candidates[start..<min(start + 8192, candidates.count)]
            let laterRows = Set(some.map(\.later)).sorted()
            let earlierRows = Set(some.map(\.earlier)).sorted()
            let laterLines = try Lines(laterRows, later.lines(of: laterRows))
            let earlierLines = try Lines(earlierRows, earlier.lines(of: earlierRows))
            for candidate in some where laterLines[candidate.later].elementsEqual(earlierLines[candidate.earlier]) {
                found.append(candidate)
            }
        }
        return found
    }

    private static func withEqualMetadata(
        _ candidates: [(later: Int32, earlier: Int32)], _ later: any LogColumnSource, _ earlier: any LogColumnSource
    ) throws -> [Int32] {
        var candidates = candidates
        for name in Set(try later.metadataNames()).union(try earlier.metadataNames()).sorted() where !candidates.isEmpty {
            let (ours, theirs) = (try later.metadata(name), try earlier.metadata(name))
            candidates.removeAll { value(of: $0.later, in: ours) != value(of: $0.earlier, in: theirs) }
        }
        return Set(candidates.map(\.later)).sorted()
    }

    private static func value(of row: Int32, in column: LogColumn?) -> ArraySlice<UInt8>? {
        guard let column, column.codes[Int(row)] >= 0 else { return nil }
        return column.values.bytes[column.values.range(Int(column.codes[Int(row)]))]
    }

    /// Lines by row.
    private struct Lines {
        private let places: [Int32: Int]
        private let texts: PackedTexts

        init(_ rows: [Int32], _ texts: PackedTexts) {
            places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, $0) })
            self.texts = texts
        }

        subscript(row: Int32) -> ArraySlice<UInt8> { places[row].map { texts.bytes[texts.range($0)] } ?? [] }
    }
}
