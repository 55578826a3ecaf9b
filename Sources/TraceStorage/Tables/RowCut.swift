internal import TelemetryModel

/// Which rows of a table stay where some of its traces, or of its spans, are left out.
struct RowCut: Sendable {
    /// Places of the traces of which something stays.
    private var traces: [Int] = []
    /// Rows that stay, as runs.
    private var rows: [Range<Int>] = []

    /// - Parameters:
    ///   - left: traces that are left out, sorted as the traces of the frame are.
    ///   - isShown: whether a row stays; nil where all rows of the other traces do.
    init(_ frame: TraceFrame, leavingOut left: [TraceID], where isShown: ((_ row: Int) -> Bool)? = nil) {
        var next = 0
        for (trace, id) in frame.traceIDs.enumerated() {
            while next < left.count, left[next] < id { next += 1 }
            if next < left.count, left[next] == id { continue }
            let range = Int(frame.traceStarts[trace])..<Int(frame.traceStarts[trace + 1])
            if let isShown {
                let shown = range.filter(isShown)
                if shown.isEmpty { continue }
                for row in shown { append(row..<row + 1) }
            } else {
                append(range)
            }
            traces.append(trace)
        }
    }

    private mutating func append(_ range: Range<Int>) {
        if let last = rows.last, last.upperBound == range.lowerBound {
            rows[rows.count - 1] = last.lowerBound..<range.upperBound
        } else {
            rows.append(range)
        }
    }

    var memoryBytes: Int { traces.count * 8 + rows.count * 16 }

    private func kept<Element>(_ all: [Element]) -> [Element] {
        var kept: [Element] = []
        kept.reserveCapacity(all.count)
        for range in rows { kept.append(contentsOf: all[range]) }
        return kept
    }

    func frame(_ whole: TraceFrame) -> TraceFrame {
        var frame = TraceFrame()
        frame.traceIDs = traces.map { whole.traceIDs[$0] }
        frame.spanIDs = kept(whole.spanIDs)
        frame.starts = kept(whole.starts)
        frame.durations = kept(whole.durations)
        // For each row of the whole its row here; -1 where it is left out.
        var places = [Int32](repeating: -1, count: whole.spanIDs.count)
        var count: Int32 = 0
        for row in rows.joined() {
            places[row] = count
            count += 1
        }
        frame.parentRows.reserveCapacity(frame.spanIDs.count)
        for trace in traces {
            let range = Int(whole.traceStarts[trace])..<Int(whole.traceStarts[trace + 1])
            for row in range where places[row] >= 0 {
                let parent = RowCut.parent(of: row, in: range, whole, places)
                if parent == -2 {
                    let named = whole.parentRows[row]
                    frame.missingParentIDs[places[row]] = named >= 0 ? whole.spanIDs[Int(named)] : whole.missingParentIDs[Int32(row)]
                }
                frame.parentRows.append(parent)
            }
            frame.traceStarts.append(Int32(frame.parentRows.count))
        }
        return frame
    }

    /// The row here of the parent of a row of the whole; -1 for a root, -2 where it is not here.
    private static func parent(of row: Int, in trace: Range<Int>, _ whole: TraceFrame, _ places: [Int32]) -> Int32 {
        let parent = whole.parentRows[row]
        if parent < 0 || places[Int(parent)] >= 0 { return parent < 0 ? parent : places[Int(parent)] }
        // The other half of a call may still be here.
        let id = whole.spanIDs[Int(parent)]
        return trace.first { $0 != row && places[$0] >= 0 && whole.spanIDs[$0] == id }.map { places[$0] } ?? -2
    }

    func column(_ whole: SpanColumn) -> SpanColumn {
        switch whole {
        case .absent: return .absent
        case .single(let codes, let values): return .single(codes: kept(codes), values: values)
        case .multiple(let starts, let codes, let values):
            var newStarts: [Int32] = [0]
            var newCodes: [Int32] = []
            for range in rows {
                for row in range {
                    newCodes.append(contentsOf: codes[Int(starts[row])..<Int(starts[row + 1])])
                    newStarts.append(Int32(newCodes.count))
                }
            }
            return .multiple(starts: newStarts, codes: newCodes, values: values)
        }
    }
}
