internal import QueryModel
internal import TelemetryModel

/// `rate`, `increase` and `delta`: the change within a window, extrapolated to its borders.
///
/// Where counters were reset is found once per series; a window then only visits the resets inside it, in their order, so that sliding over
/// a long series costs one pass and gives the bits that a scan of each window would.
struct CounterChange {
    /// Whether values that go down mean a reset, and extrapolation stops at zero.
    var isCounter: Bool
    /// Whether the result is per second.
    var isRate: Bool

    func evaluate(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        if windows.boundary != .plain {
            BoundaryChange(isCounter: isCounter, isRate: isRate).evaluate(windows, into: &column, &context)
            return
        }
        if !windows.columns.histograms.isEmpty {
            evaluateHistograms(windows, into: &column, &context)
            return
        }
        evaluateFloats(windows, into: &column, &context)
    }

    private func evaluateFloats(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        var floats = FloatChange(windows, isCounter: isCounter)
        let seconds = windows.rangeSeconds
        windows.forEach { window in
            if let result = floatResult(window, &floats, seconds) { column.values[window.step] = result }
        }
        note(overlaps: floats.overlapping, &context)
    }

    private func floatResult(_ window: RangeWindow, _ floats: inout FloatChange, _ seconds: Double) -> Double? {
        let first = window.floats.lowerBound
        let origin = floats.starts?.origin(window, first: first)
        if window.floats.count < 2 && origin == nil { return nil }
        var change = floats.change(in: window.floats)
        if origin != nil { change += floats.values[first] }
        let factor = extrapolation(
            window, first: floats.times[first], last: floats.times[window.floats.upperBound - 1], origin: origin,
            count: window.floats.count, startValue: floats.values[first], change: change, seconds)
        return change * factor
    }

    /// What the change between the first and the last sample has to be multiplied by.
    ///
    /// Samples count as reaching to a border of the range where they are no further from it than 1.1 times their average distance; else the
    /// series is taken to begin or end half that distance beyond its outermost sample. A counter is not extrapolated below zero, nor back
    /// beyond the moment at which it is known to have begun.
    ///
    /// - Parameters:
    ///   - origin: when the counter was 0, where that is known and inside the range; the change counts from there then.
    ///   - startValue: the counter's value at the first sample (of a histogram: its count).
    ///   - change: the change of that value.
    private func extrapolation(
        _ window: RangeWindow, first: Timestamp, last: Timestamp, origin: Timestamp?, count: Int, startValue: Double, change: Double,
        _ seconds: Double
    ) -> Double {
        var toStart = origin == nil ? Double(first - window.rangeStart) / 1000 : 0
        var toEnd = Double(window.rangeEnd - last) / 1000
        let sampled = Double(last - (origin ?? first)) / 1000
        let average = count > 1 ? Double(last - first) / 1000 / Double(count - 1) : 0
        let threshold = average * 1.1
        if origin == nil {
            if toStart >= threshold { toStart = average / 2 }
            if isCounter && change > 0 && startValue >= 0 {
                let toZero = sampled * (startValue / change)
                if toZero < toStart { toStart = toZero }
            }
        }
        if toEnd >= threshold { toEnd = average / 2 }
        var factor = 1.0
        if sampled != 0 { factor = (sampled + toStart + toEnd) / sampled }
        return isRate ? factor / seconds : factor
    }

    /// Says how many windows held samples whose starts lie before the sample before.
    private func note(overlaps: Int, _ context: inout FunctionContext) {
        guard overlaps > 0 else { return }
        let note = FunctionNote.overlappingStarts(metric: context.metricName)
        context.annotations.add(QueryAnnotation(note.severity, note.message, at: context.position, occurrences: overlaps))
    }

    // MARK: Histograms

    private func evaluateHistograms(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        var floats = FloatChange(windows, isCounter: isCounter)
        let starts = isCounter ? windows.histogramStarts : nil
        var histograms = HistogramChange(windows.columns.histograms, isCounter: isCounter, starts: starts)
        let overlaps = starts?.overlaps ?? []
        var overlapping = 0
        let seconds = windows.rangeSeconds
        var notes: Set<FunctionNote> = []
        let metric = context.metricName
        windows.forEach { window in
            if !window.histograms.isEmpty && !window.floats.isEmpty {
                notes.insert(.mixedFloatsAndHistograms(metric: metric))
            } else if !window.histograms.isEmpty {
                let origin = starts?.origin(window, first: window.histograms.lowerBound)
                guard var result = histograms.change(in: window.histograms, fromZero: origin != nil, metric: metric, &notes) else { return }
                if overlaps.hasPair(in: window.histograms) { overlapping += 1 }
                let first = windows.columns.histograms[window.histograms.lowerBound]
                let last = windows.columns.histograms[window.histograms.upperBound - 1]
                let factor = extrapolation(
                    window, first: first.timestamp, last: last.timestamp, origin: origin, count: window.histograms.count,
                    startValue: first.histogram.count, change: result.count, seconds)
                result.multiply(by: factor)
                column.setHistogram(window.step, result)
            } else if let result = floatResult(window, &floats, seconds) {
                column.setFloat(window.step, result)
            }
        }
        context.note(notes)
        note(overlaps: overlapping + floats.overlapping, &context)
    }
}

/// The change between the floats of one series, not extrapolated.
private struct FloatChange {
    let times: [Timestamp]
    let values: [Double]
    let starts: StartColumn?
    /// Windows so far that held samples whose starts lie before the sample before.
    private(set) var overlapping = 0
    private let overlaps: [Int]
    private let isCounter: Bool
    private var cursor: FloatResets.Cursor

    init(_ windows: RangeWindows, isCounter: Bool) {
        times = windows.columns.timestamps
        values = windows.columns.values
        self.isCounter = isCounter
        starts = isCounter ? windows.floatStarts : nil
        overlaps = starts?.overlaps ?? []
        cursor = (isCounter ? FloatResets(values, starts) : FloatResets([])).cursor
    }

    /// Last less first, and for each reset in between the value before it.
    mutating func change(in window: Range<Int>) -> Double {
        var change = values[window.upperBound - 1] - values[window.lowerBound]
        if isCounter { cursor.forEachReset(in: window) { change += values[$0 - 1] } }
        if !overlaps.isEmpty, overlaps.hasPair(in: window) { overlapping += 1 }
        return change
    }
}

/// The places of a series where its value went down, or is known to have begun anew.
struct FloatResets {
    /// Indices of the values before which there was a reset, rising.
    let indices: [Int]

    init(_ values: [Double], _ starts: StartColumn? = nil) {
        var indices: [Int] = []
        if values.count > 1 {
            for index in 1..<values.count where values[index] < values[index - 1] || starts?.isReset(index) ?? false {
                indices.append(index)
            }
        }
        self.indices = indices
    }

    var cursor: Cursor { Cursor(indices: indices) }

    /// Finds the resets within windows that move forward.
    struct Cursor {
        let indices: [Int]
        private var start = 0

        init(indices: [Int]) { self.indices = indices }

        /// Calls the closure for the resets between two samples of a window.
        @inline(__always)
        mutating func forEachReset(in window: Range<Int>, _ body: (Int) -> Void) {
            if indices.isEmpty { return }
            // Windows that start anew (a fixed `@` gives the same one again) need no care: they never move back.
            while start < indices.count, indices[start] <= window.lowerBound { start += 1 }
            var place = start
            while place < indices.count, indices[place] < window.upperBound {
                body(indices[place])
                place += 1
            }
        }
    }
}

extension FunctionContext {
    /// Leaves notes in a stable order.
    mutating func note(_ notes: Set<FunctionNote>) {
        for note in notes.sorted(by: { $0.message < $1.message }) { self.note(note) }
    }
}
