internal import TelemetryModel

/// Which rows of a table stay where some of its traces are left out.
struct RowCut: Sendable {
    /// Places of the traces that stay.
    private var traces: [Int] = []
    /// Rows that stay, as runs.
    private var rows: [Range<Int>] = []

    /// - Parameter left: sorted, as the traces of the frame are.
    init(_ frame: TraceFrame, leavingOut left: [TraceID]) {
        var next = 0
        for (trace, id) in frame.traceIDs.enumerated() {
            while next < left.count, left[next] < id { next += 1 }
            if next < left.count, left[next] == id { continue }
            traces.append(trace)
            let range = Int(frame.traceStarts[trace])..<Int(frame.traceStarts[trace + 1])
            if let last = rows.last, last.upperBound == range.lowerBound {
                rows[rows.count - 1] = last.lowerBound..<range.upperBound
            } else {
                rows.append(range)
            }
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
        frame.parentRows.reserveCapacity(frame.spanIDs.count)
        for trace in traces {
            let range = Int(whole.traceStarts[trace])..<Int(whole.traceStarts[trace + 1])
            // Parents are of the same trace, which moves as a whole.
            let shift = whole.traceStarts[trace] - Int32(frame.parentRows.count)
            for row in range {
                let parent = whole.parentRows[row]
                if parent == -2 { frame.missingParentIDs[Int32(frame.parentRows.count)] = whole.missingParentIDs[Int32(row)] }
                frame.parentRows.append(parent < 0 ? parent : parent - shift)
            }
            frame.traceStarts.append(Int32(frame.parentRows.count))
        }
        return frame
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
