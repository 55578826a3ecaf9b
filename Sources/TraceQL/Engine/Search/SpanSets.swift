internal import QueryModel

/// Spans of one trace that belong together, and what was computed of them.
struct SpanSet {
    var trace: Int
    var rows: [Int32]
    var attributes: [(name: String, value: TraceValue)] = []
}

/// The span sets of a table's traces between two stages.
enum SpanSets {
    /// One set for each trace of which there are rows.
    case mask(RowMask)
    /// In the order of the traces.
    case list([SpanSet])

    var isEmpty: Bool {
        switch self {
        case .mask(let rows): rows.isEmpty
        case .list(let sets): sets.isEmpty
        }
    }

    func sets(_ reader: TableReader) -> [SpanSet] {
        switch self {
        case .list(let sets): return sets
        case .mask(let rows):
            var sets: [SpanSet] = []
            var trace = 0
            var next = rows.first(in: 0..<rows.rowCount)
            while let row = next {
                // Traces without rows are stepped over.
                while Int(reader.frame.traceStarts[trace + 1]) <= row { trace += 1 }
                let range = reader.rows(ofTrace: trace)
                sets.append(SpanSet(trace: trace, rows: rows.rows(in: range)))
                next = rows.first(in: range.upperBound..<rows.rowCount)
            }
            return sets
        }
    }

    /// All rows of all sets.
    func rows(_ reader: TableReader) -> RowMask {
        switch self {
        case .mask(let rows): return rows
        case .list(let sets):
            var mask = RowMask(rowCount: reader.rowCount)
            for set in sets { for row in set.rows { mask.insert(Int(row)) } }
            return mask
        }
    }
}
