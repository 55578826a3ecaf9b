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
        evaluateFloats(windows, into: &column)
    }

    private func evaluateFloats(_ windows: RangeWindows, into column: inout StepColumn) {
        let values = windows.columns.values
        let times = windows.columns.timestamps
        let resets = isCounter ? FloatResets(values) : FloatResets([])
        var cursor = resets.cursor
        let seconds = windows.rangeSeconds
        windows.forEach { window in
            if window.floats.count < 2 { return }
            let change = floatChange(window.floats, values, &cursor)
            let factor = extrapolation(
                window, first: times[window.floats.lowerBound], last: times[window.floats.upperBound - 1], count: window.floats.count,
                startValue: values[window.floats.lowerBound], change: change, seconds)
            column.values[window.step] = change * factor
        }
    }

    /// Last less first, and for each reset in between the value before it.
    private func floatChange(_ window: Range<Int>, _ values: [Double], _ cursor: inout FloatResets.Cursor) -> Double {
        var change = values[window.upperBound - 1] - values[window.lowerBound]
        if isCounter { cursor.forEachReset(in: window) { change += values[$0 - 1] } }
        return change
    }

    /// What the change between the first and the last sample has to be multiplied by.
    ///
    /// Samples count as reaching to a border of the range where they are no further from it than 1.1 times their average distance; else the
    /// series is taken to begin or end half that distance beyond its outermost sample. A counter is not extrapolated below zero.
    ///
    /// - Parameters:
    ///   - startValue: the counter's value at the first sample (of a histogram: its count).
    ///   - change: the change of that value.
    private func extrapolation(
        _ window: RangeWindow, first: Timestamp, last: Timestamp, count: Int, startValue: Double, change: Double, _ seconds: Double
    ) -> Double {
        var toStart = Double(first - window.rangeStart) / 1000
        var toEnd = Double(window.rangeEnd - last) / 1000
        let sampled = Double(last - first) / 1000
        let average = sampled / Double(count - 1)
        let threshold = average * 1.1
        if toStart >= threshold { toStart = average / 2 }
        if isCounter && change > 0 && startValue >= 0 {
            let toZero = sampled * (startValue / change)
            if toZero < toStart { toStart = toZero }
        }
        if toEnd >= threshold { toEnd = average / 2 }
        var factor = 1.0
        if sampled != 0 { factor = (sampled + toStart + toEnd) / sampled }
        return isRate ? factor / seconds : factor
    }

    // MARK: Histograms

    private func evaluateHistograms(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        let values = windows.columns.values
        let resets = isCounter ? FloatResets(values) : FloatResets([])
        var cursor = resets.cursor
        var change = HistogramChange(windows.columns.histograms, isCounter: isCounter)
        let seconds = windows.rangeSeconds
        var notes: Set<FunctionNote> = []
        let metric = context.metricName
        windows.forEach { window in
            if !window.histograms.isEmpty && !window.floats.isEmpty {
                notes.insert(.mixedFloatsAndHistograms(metric: metric))
            } else if window.histograms.count > 1 {
                guard var result = change.between(window.histograms, metric: metric, &notes) else { return }
                let first = windows.columns.histograms[window.histograms.lowerBound]
                let last = windows.columns.histograms[window.histograms.upperBound - 1]
                let factor = extrapolation(
                    window, first: first.timestamp, last: last.timestamp, count: window.histograms.count,
                    startValue: first.histogram.count, change: result.count, seconds)
                result.multiply(by: factor)
                column.setHistogram(window.step, result)
            } else if window.floats.count > 1 {
                let times = windows.columns.timestamps
                let change = floatChange(window.floats, values, &cursor)
                let factor = extrapolation(
                    window, first: times[window.floats.lowerBound], last: times[window.floats.upperBound - 1], count: window.floats.count,
                    startValue: values[window.floats.lowerBound], change: change, seconds)
                column.setFloat(window.step, change * factor)
            }
        }
        context.note(notes)
    }
}

/// The places of a series where its value went down.
struct FloatResets {
    /// Indices of the values that are lower than the one before, rising.
    let indices: [Int]

    init(_ values: [Double]) {
        var indices: [Int] = []
        if values.count > 1 {
            for index in 1..<values.count where values[index] < values[index - 1] { indices.append(index) }
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
