internal import QueryModel
internal import TelemetryModel

/// The samples of one series and the windows over them, one a step: what a ``RangeFunction`` works on.
///
/// Stale markers are gone from ``columns``. The window of a step covers (rangeStart, rangeEnd] where `rangeEnd` is the step's time less the
/// offset (or the anchor of `@`, the same for all steps) and `rangeStart` is `rangeEnd - range`.
/// With ``RangeBoundary/anchored`` the indices begin `lookback` earlier, and with ``RangeBoundary/smoothed`` they also end `lookback` later,
/// so that the function finds the samples to interpolate from; the borders of the range stay as said.
struct RangeWindows: Sendable {
    let columns: SampleColumns
    let grid: StepGrid
    /// Milliseconds, at least 0.
    let range: Int64
    /// Milliseconds to take from a step's time to get the end of its range.
    let offset: Int64
    /// The end of the range where it is the same for all steps (`@`), offset already taken off.
    let fixedEnd: Timestamp?
    let boundary: RangeBoundary
    let lookback: Int64
    /// When the samples began to be counted; nil where that is unknown of all, or does not matter.
    var starts: StartTimes?
    /// Where the floats of the windows lie, where that was found already.
    var floatBounds: FloatBounds?
    /// How far the floats of each window reach, where that was found already and holds: it knows nothing of starts.
    var floatReaches: [WindowReach]?

    /// Finds where the floats of the windows lie, and what the function wants to know of them besides.
    ///
    /// - Parameter bounds: what was found for the series before.
    mutating func findFloats(for function: RangeFunction, _ bounds: inout FloatBounds) {
        guard columns.histograms.isEmpty else { return }
        bounds.find(self)
        if boundary == .plain, starts == nil, let change = function.change {
            bounds.findReaches(self, rateSeconds: change.isRate ? rangeSeconds : nil)
            floatReaches = bounds.reaches
        }
        floatBounds = bounds
    }
}

/// Where the floats of each window over one series lie: found once for all that goes through the windows, and for all series in a row whose
/// samples have the same times, as those of one target have.
struct FloatBounds: Sendable {
    /// For each step the first sample of its window, and the one behind its last; equal where it has none.
    private(set) var starts: [Int] = []
    private(set) var ends: [Int] = []
    /// How many samples the windows hold.
    private(set) var counts = WindowCounts()
    /// How far the samples of each window reach, where that was asked for; else empty.
    private(set) var reaches: [WindowReach] = []
    private var reachedRateSeconds: Double?
    /// The times and windows that this was found for.
    private var times: [Timestamp] = []
    private var frame: Frame?

    /// All of windows but the samples.
    private struct Frame: Equatable {
        var grid: StepGrid
        var range: Int64
        var offset: Int64
        var fixedEnd: Timestamp?
        var boundary: RangeBoundary
        var lookback: Int64
    }

    init() {}

    /// Finds the windows of a series, in the memory that there is.
    ///
    /// Samples come at a steady pace nearly always, so each border is looked for first where it would be if it moved as far as it did last.
    mutating func find(_ windows: RangeWindows) {
        let steps = windows.grid.count
        let times = windows.columns.timestamps
        let frame = Frame(
            grid: windows.grid, range: windows.range, offset: windows.offset, fixedEnd: windows.fixedEnd, boundary: windows.boundary,
            lookback: windows.lookback)
        if frame == self.frame, isKnown(times) { return }
        self.frame = frame
        self.times = times
        reaches.removeAll(keepingCapacity: true)
        if starts.count != steps {
            starts = [Int](repeating: 0, count: steps)
            ends = starts
        }
        let before = windows.boundary == .plain ? 0 : windows.lookback
        let after = windows.boundary == .smoothed ? windows.lookback : 0
        var first = Border()
        var last = Border()
        counts = WindowCounts()
        for step in 0..<steps {
            let rangeEnd = windows.fixedEnd ?? windows.grid.time(step) - windows.offset
            first.move(beyond: rangeEnd - windows.range - before, times.span)
            last.move(beyond: rangeEnd + after, times.span)
            starts[step] = first.index
            ends[step] = last.index
            counts.add(first.index..<last.index)
        }
    }

    /// Finds how far the samples of each window reach, where that is not known yet.
    ///
    /// - Precondition: ``find(_:)`` was called for these windows.
    mutating func findReaches(_ windows: RangeWindows, rateSeconds: Double?) {
        if reaches.count == starts.count, reachedRateSeconds == rateSeconds { return }
        reaches.removeAll(keepingCapacity: true)
        reachedRateSeconds = rateSeconds
        var extrapolation = Extrapolation(isCounter: false, rateSeconds: rateSeconds)
        let times = windows.columns.timestamps
        for step in starts.indices {
            guard ends[step] - starts[step] >= 2 else {
                reaches.append(WindowReach())
                continue
            }
            let rangeEnd = windows.fixedEnd ?? windows.grid.time(step) - windows.offset
            reaches.append(
                extrapolation.reach(
                    rangeEnd - windows.range, rangeEnd, first: times[starts[step]], last: times[ends[step] - 1],
                    count: ends[step] - starts[step]))
        }
    }

    private func isKnown(_ wanted: [Timestamp]) -> Bool {
        // Most other series show it at once; what is compared in full is the same nearly always, so that nothing is gained by stopping early.
        guard times.count == wanted.count, times.first == wanted.first, times.last == wanted.last else { return false }
        let (known, wanted) = (times.span, wanted.span)
        if known.isIdentical(to: wanted) { return true }
        var difference: Int64 = 0
        for index in 0..<known.count { difference |= known[index] ^ wanted[index] }
        return difference == 0
    }

    /// The first sample later than a time that only rises.
    private struct Border {
        var index = 0
        private var stride = 0

        @inline(__always)
        mutating func move(beyond time: Timestamp, _ times: Span<Timestamp>) {
            let guess = index + stride
            if guess <= times.count, guess == index || times[guess - 1] <= time, guess == times.count || times[guess] > time {
                index = guess
                return
            }
            let begin = index
            while index < times.count, times[index] <= time { index += 1 }
            stride = index - begin
        }
    }
}

/// How many samples the windows over one series hold.
struct WindowCounts: Sendable {
    /// The windows' counts added up.
    private(set) var all = 0
    /// Samples that are in any window.
    private(set) var distinct = 0
    /// Of the fullest window.
    private(set) var most = 0
    /// Of the window added last.
    private(set) var last = 0
    private var end = 0

    /// Adds a window, none of whose borders is before that of the one before.
    @inline(__always)
    mutating func add(_ window: Range<Int>) {
        last = window.count
        all += last
        distinct += window.upperBound - Swift.max(end, window.lowerBound)
        end = window.upperBound
        if last > most { most = last }
    }
}

/// One window: where its samples lie in the columns of the series.
struct RangeWindow: Sendable {
    /// Index of the step in the grid.
    var step: Int
    /// The step's time (not shifted by the offset).
    var stepTime: Timestamp
    /// Exclusive border.
    var rangeStart: Timestamp
    /// Inclusive border.
    var rangeEnd: Timestamp
    /// Into `columns.timestamps` and `columns.values`.
    var floats: Range<Int>
    /// Into `columns.histograms`.
    var histograms: Range<Int>

    /// The number of samples.
    var count: Int { floats.count + histograms.count }
}

extension RangeWindows {
    /// Calls the closure for each step whose window holds at least one sample, in order of time. The windows move by two cursors,
    /// so that all of them together cost one pass over the samples.
    @inline(__always)
    func forEach<Failure: Error>(_ body: (RangeWindow) throws(Failure) -> Void) throws(Failure) {
        if let floatBounds, columns.histograms.isEmpty { return try forEach(floatBounds, body) }
        let before = boundary == .plain ? 0 : lookback
        let after = boundary == .smoothed ? lookback : 0
        let floatCount = columns.timestamps.count
        let histogramCount = columns.histograms.count
        var (floatStart, floatEnd, histogramStart, histogramEnd) = (0, 0, 0, 0)
        for step in 0..<grid.count {
            let stepTime = grid.time(step)
            let rangeEnd = fixedEnd ?? stepTime - offset
            let rangeStart = rangeEnd - range
            let (first, last) = (rangeStart - before, rangeEnd + after)
            while floatEnd < floatCount, columns.timestamps[floatEnd] <= last { floatEnd += 1 }
            while floatStart < floatEnd, columns.timestamps[floatStart] <= first { floatStart += 1 }
            if histogramCount > 0 {
                while histogramEnd < histogramCount, columns.histograms[histogramEnd].timestamp <= last { histogramEnd += 1 }
                while histogramStart < histogramEnd, columns.histograms[histogramStart].timestamp <= first { histogramStart += 1 }
            }
            if floatStart == floatEnd, histogramStart == histogramEnd { continue }
            try body(
                RangeWindow(
                    step: step, stepTime: stepTime, rangeStart: rangeStart, rangeEnd: rangeEnd, floats: floatStart..<floatEnd,
                    histograms: histogramStart..<histogramEnd))
        }
    }

    @inline(__always)
    private func forEach<Failure: Error>(_ bounds: FloatBounds, _ body: (RangeWindow) throws(Failure) -> Void) throws(Failure) {
        for step in 0..<grid.count {
            let (start, end) = (bounds.starts[step], bounds.ends[step])
            if start == end { continue }
            let stepTime = grid.time(step)
            let rangeEnd = fixedEnd ?? stepTime - offset
            try body(
                RangeWindow(
                    step: step, stepTime: stepTime, rangeStart: rangeEnd - range, rangeEnd: rangeEnd, floats: start..<end,
                    histograms: 0..<0))
        }
    }
}
