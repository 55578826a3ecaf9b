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
        if let bounds = windows.floatBounds, let reaches = windows.floatReaches,
            !isCounter || !FloatResets.goesDown(windows.columns.values)
        {
            evaluate(windows.columns.values.span, bounds, reaches.span, rateSeconds: isRate ? windows.rangeSeconds : nil, into: &column)
            return
        }
        var floats = FloatChange(windows, isCounter: isCounter)
        var extrapolation = Extrapolation(isCounter: isCounter, rateSeconds: isRate ? windows.rangeSeconds : nil)
        windows.forEach { window in
            if let result = floatResult(window, &floats, &extrapolation) { column.values[window.step] = result }
        }
        note(overlaps: floats.overlapping, &context)
    }

    /// The same for values without resets, where all that follows from the times is known.
    private func evaluate(
        _ values: Span<Double>, _ bounds: FloatBounds, _ reaches: Span<WindowReach>, rateSeconds: Double?, into column: inout StepColumn
    ) {
        let (starts, ends) = (bounds.starts.span, bounds.ends.span)
        var results = column.values.mutableSpan
        for step in 0..<reaches.count {
            let (start, end) = (starts[step], ends[step])
            if end - start < 2 { continue }
            let change = values[end - 1] - values[start]
            results[step] = change * reaches[step].factor(isCounter: isCounter, rateSeconds, startValue: values[start], change: change)
        }
    }

    @inline(__always)
    private func floatResult(_ window: RangeWindow, _ floats: inout FloatChange, _ extrapolation: inout Extrapolation) -> Double? {
        let first = window.floats.lowerBound
        let origin = floats.starts?.origin(window, first: first)
        if window.floats.count < 2 && origin == nil { return nil }
        var change = floats.change(in: window.floats)
        if origin != nil { change += floats.values[first] }
        let factor = extrapolation.factor(
            window, first: floats.times[first], last: floats.times[window.floats.upperBound - 1], origin: origin,
            count: window.floats.count, startValue: floats.values[first], change: change)
        return change * factor
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
        var extrapolation = Extrapolation(isCounter: isCounter, rateSeconds: isRate ? windows.rangeSeconds : nil)
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
                let factor = extrapolation.factor(
                    window, first: first.timestamp, last: last.timestamp, origin: origin, count: window.histograms.count,
                    startValue: first.histogram.count, change: result.count)
                result.multiply(by: factor)
                column.setHistogram(window.step, result)
            } else if let result = floatResult(window, &floats, &extrapolation) {
                column.setFloat(window.step, result)
            }
        }
        context.note(notes)
        note(overlaps: overlapping + floats.overlapping, &context)
    }
}

/// How far the samples of a window reach, and what the change between the first and the last of them has to be multiplied by for it.
///
/// Samples count as reaching to a border of the range where they are no further from it than 1.1 times their average distance; else the
/// series is taken to begin or end half that distance beyond its outermost sample. A counter is not extrapolated below zero, nor back
/// beyond the moment at which it is known to have begun.
struct WindowReach: Sendable {
    /// Seconds.
    private var toStart = 0.0
    private var toEnd = 0.0
    private var sampled = 0.0
    /// The factor where zero does not matter.
    private var usualFactor = 0.0

    init() {}

    /// - Parameter rateSeconds: the length of the range where the result is per second.
    fileprivate init(_ layout: Extrapolation.Layout, _ rateSeconds: Double?) {
        toStart = Double(layout.toStart) / 1000
        toEnd = Double(layout.toEnd) / 1000
        sampled = Double(layout.sampled) / 1000
        let average = layout.count > 1 ? Double(layout.span) / 1000 / Double(layout.count - 1) : 0
        let threshold = average * 1.1
        if toStart >= threshold { toStart = average / 2 }
        if toEnd >= threshold { toEnd = average / 2 }
        usualFactor = factor(toStart: toStart, rateSeconds)
    }

    /// - Parameters:
    ///   - startValue: the counter's value at the first sample (of a histogram: its count).
    ///   - change: the change of that value.
    @inline(__always)
    func factor(isCounter: Bool, _ rateSeconds: Double?, startValue: Double, change: Double) -> Double {
        guard isCounter && change > 0 && startValue >= 0 else { return usualFactor }
        // No division where it is plain that the counter was above zero all the way.
        let product = startValue * sampled
        if product > toStart * change * 1.000_000_001 && product > 1e-280 { return usualFactor }
        let toZero = sampled * (startValue / change)
        return toZero < toStart ? factor(toStart: toZero, rateSeconds) : usualFactor
    }

    private func factor(toStart: Double, _ rateSeconds: Double?) -> Double {
        let factor = sampled != 0 ? (sampled + toStart + toEnd) / sampled : 1
        return rateSeconds.map { factor / $0 } ?? factor
    }
}

/// Finds how far windows reach.
///
/// Where samples come at a steady pace all windows lie alike, so that what follows from the times is reckoned once.
struct Extrapolation {
    /// How the samples lie in a window, in milliseconds.
    fileprivate struct Layout: Equatable {
        var toStart: Int64
        var toEnd: Int64
        /// From the origin or the first sample to the last one.
        var sampled: Int64
        /// From the first sample to the last one.
        var span: Int64
        var count: Int
    }

    private let isCounter: Bool
    /// Nil where the result is not per second.
    private let rateSeconds: Double?
    /// That of the latest window; none has such a count to begin with.
    private var layout = Layout(toStart: 0, toEnd: 0, sampled: 0, span: 0, count: -1)
    private var latest = WindowReach()

    init(isCounter: Bool, rateSeconds: Double?) {
        self.isCounter = isCounter
        self.rateSeconds = rateSeconds
    }

    /// The reach of a window between two times, of the first of which the border itself is not inside.
    ///
    /// - Parameter origin: when the counter was 0, where that is known and inside the range; the change counts from there then.
    @inline(__always)
    mutating func reach(
        _ rangeStart: Timestamp, _ rangeEnd: Timestamp, first: Timestamp, last: Timestamp, origin: Timestamp? = nil, count: Int
    ) -> WindowReach {
        let layout = Layout(
            toStart: origin == nil ? first - rangeStart : 0, toEnd: rangeEnd - last, sampled: last - (origin ?? first),
            span: last - first, count: count)
        if layout != self.layout {
            self.layout = layout
            latest = WindowReach(layout, rateSeconds)
        }
        return latest
    }

    /// What the change has to be multiplied by.
    @inline(__always)
    mutating func factor(
        _ window: RangeWindow, first: Timestamp, last: Timestamp, origin: Timestamp?, count: Int, startValue: Double, change: Double
    ) -> Double {
        reach(window.rangeStart, window.rangeEnd, first: first, last: last, origin: origin, count: count)
            .factor(isCounter: isCounter, rateSeconds, startValue: startValue, change: change)
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
        if starts != nil || FloatResets.goesDown(values) {
            for index in values.indices.dropFirst() where values[index] < values[index - 1] || starts?.isReset(index) ?? false {
                indices.append(index)
            }
        }
        self.indices = indices
    }

    /// Whether any value is less than the one before: most counters never are, and finding that out takes no branches.
    static func goesDown(_ values: [Double]) -> Bool {
        values.withUnsafeBufferPointer { values in
            guard values.count > 1 else { return false }
            var drops = 0
            for index in 1..<values.count { drops &+= values[index] < values[index - 1] ? 1 : 0 }
            return drops > 0
        }
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
