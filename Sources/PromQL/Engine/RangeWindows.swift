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
}
