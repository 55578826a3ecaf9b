internal import TelemetryModel

/// The spans of time between all starts and ends of windows. Samples in one of them are in the same windows, so what can be added up is added up
/// by span first.
struct TimeBuckets: Sendable {
    /// The ends of spans, inclusive; each starts behind the end of the one before it.
    let ends: [Int64]
    /// Whether a span is in a window.
    let isCovered: [Bool]
    /// The first span starts behind this.
    let start: Int64

    init(_ windows: Windows) {
        start = windows.firstEnd - windows.length
        var edges: [Int64] = []
        edges.reserveCapacity(windows.count * 2)
        // Both kinds of edges rise; they are merged.
        var (nextStart, nextEnd) = (0, 0)
        while nextEnd < windows.count {
            let end = windows.end(nextEnd)
            let start = nextStart < windows.count ? windows.end(nextStart) - windows.length : Int64.max
            let edge = Swift.min(start, end)
            if edge == start { nextStart += 1 }
            if edge == end { nextEnd += 1 }
            if edge > self.start { edges.append(edge) }
        }
        ends = edges
        isCovered = edges.map { edge in
            // The first window that ends at the edge or later covers the span, or none does.
            let index = edge <= windows.firstEnd ? 0 : Int((edge - windows.firstEnd - 1) / windows.step) + 1
            return index < windows.count && windows.end(index) - windows.length < edge
        }
    }

    /// The span that a time is in; nil where it is in no window.
    func place(of time: Int64) -> Int? {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = low + (high - low) / 2
            if ends[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low < ends.count && time > start && isCovered[low] ? low : nil
    }

    /// Calls the closure with the rows of each span that has some and is in a window.
    ///
    /// - Parameters:
    ///   - rows: of one stream.
    ///   - times: of the rows of the table; they do not fall among `rows`.
    func forEach(_ rows: Range<Int>, _ times: [Int64], _ body: (_ end: Int64, Range<Int>) -> Void) {
        guard let first = rows.first else { return }
        times.withUnsafeBufferPointer { times in
            var row = first
            while row < rows.upperBound, times[row] <= start { row += 1 }
            var bucket = 0
            while row < rows.upperBound {
                // The span of the row at hand, which may be far ahead.
                let time = times[row]
                if ends[bucket] < time { bucket = next(from: bucket, time) }
                if bucket == ends.count { return }
                let end = TimeBuckets.firstRow(in: row..<rows.upperBound, times, behind: ends[bucket])
                if isCovered[bucket] { body(ends[bucket], row..<end) }
                row = end
                bucket += 1
                if bucket == ends.count { return }
            }
        }
    }

    private func next(from bucket: Int, _ time: Int64) -> Int {
        var (low, high) = (bucket, ends.count)
        while low < high {
            let middle = low + (high - low) / 2
            if ends[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first row behind a time, looked for with growing strides.
    private static func firstRow(in rows: Range<Int>, _ times: UnsafeBufferPointer<Int64>, behind time: Int64) -> Int {
        var (low, stride) = (rows.lowerBound, 1)
        while low + stride < rows.upperBound, times[low + stride] <= time {
            low += stride
            stride *= 2
        }
        var high = Swift.min(low + stride, rows.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if times[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
