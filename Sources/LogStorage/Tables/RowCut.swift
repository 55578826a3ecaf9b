internal import TelemetryModel

/// Some rows of a table, the others left out.
struct RowCut: Sendable {
    /// The rows that stay, rising.
    let kept: [Int32]

    /// - Parameter dropped: the rows that go.
    init(rowCount: Int, dropping dropped: Set<Int32>) {
        var isDropped = [Bool](repeating: false, count: rowCount)
        for row in dropped { isDropped[Int(row)] = true }
        kept = (0..<Int32(truncatingIfNeeded: rowCount)).filter { !isDropped[Int($0)] }
    }

    func frame(_ whole: StoredLogFrame) -> StoredLogFrame {
        var frame = StoredLogFrame(streams: [], streamStarts: [0], times: [])
        frame.times.reserveCapacity(kept.count)
        var next = 0
        for stream in whole.streams.indices {
            let end = whole.streamStarts[stream + 1]
            let before = next
            while next < kept.count, kept[next] < end {
                frame.times.append(whole.times[Int(kept[next])])
                next += 1
            }
            guard next > before else { continue }
            frame.streams.append(whole.streams[stream])
            frame.streamStarts.append(Int32(truncatingIfNeeded: next))
        }
        return frame
    }

    /// The values that no row has any more stay; codes stay as they were.
    func column(_ whole: LogColumn) -> LogColumn { LogColumn(codes: kept.map { whole.codes[Int($0)] }, values: whole.values) }

    func values<Value>(_ whole: [Value]) -> [Value] { kept.map { whole[Int($0)] } }

    /// Rows of this table as rows of the whole one.
    func rowsOfWhole(_ rows: [Int32]) -> [Int32] { rows.map { kept[Int($0)] } }

    /// Rows of the whole table, rising, as rows of this one, as far as they are in it.
    func rows(ofWhole rows: [Int32]) -> [Int32] {
        var result: [Int32] = []
        var next = 0
        for row in rows {
            while next < kept.count, kept[next] < row { next += 1 }
            if next < kept.count, kept[next] == row { result.append(Int32(truncatingIfNeeded: next)) }
        }
        return result
    }
}
