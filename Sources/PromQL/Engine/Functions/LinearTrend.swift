internal import QueryModel
internal import TelemetryModel

/// `deriv`, `predict_linear` and `double_exponential_smoothing`.
enum LinearTrend {
    static func slopes(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        let columns = windows.columns
        forEachTrendWindow(windows, &context) { window in
            // A time near the samples, so that no digits are lost.
            column.values[window.step] = regression(columns, window.floats, around: columns.timestamps[window.floats.lowerBound]).slope
        }
    }

    static func predictions(
        _ windows: RangeWindows, _ seconds: ScalarColumn, into column: inout StepColumn, _ context: inout FunctionContext
    ) {
        let columns = windows.columns
        forEachTrendWindow(windows, &context) { window in
            let line = regression(columns, window.floats, around: window.stepTime)
            column.values[window.step] = line.slope * seconds[window.step] + line.intercept
        }
    }

    /// Holt's linear method: a smoothed value and a smoothed trend.
    static func smoothing(
        _ windows: RangeWindows, factor: ScalarColumn, trend: ScalarColumn, into column: inout StepColumn, _ context: inout FunctionContext
    ) throws(QueryError) {
        var outside: QueryError?
        let values = windows.columns.values
        windows.forEach { window in
            let (factor, trend) = (factor[window.step], trend[window.step])
            if factor <= 0 || factor >= 1, outside == nil { outside = outOfDomain("smoothing", "sf", factor) }
            if trend <= 0 || trend >= 1, outside == nil { outside = outOfDomain("trend", "tf", trend) }
        }
        if let outside { throw outside }
        forEachTrendWindow(windows, &context) { window in
            column.values[window.step] = smoothed(values[window.floats], factor: factor[window.step], trendFactor: trend[window.step])
        }
    }

    private static func outOfDomain(_ name: String, _ symbol: String, _ value: Double) -> QueryError {
        QueryError(.execution, "invalid \(name) factor. Expected: 0 < \(symbol) < 1, got: \(PrintedNumber.fixedPoint(value))")
    }

    static func smoothed(_ values: ArraySlice<Double>, factor: Double, trendFactor: Double) -> Double {
        let start = values.startIndex
        var before = 0.0
        var smoothed = values[start]
        var trend = values[start + 1] - values[start]
        for index in start + 1..<values.endIndex {
            if index > start + 1 { trend = trendFactor * (smoothed - before) + (1 - trendFactor) * trend }
            let next = factor * values[index] + (1 - factor) * (smoothed + trend)
            before = smoothed
            smoothed = next
        }
        return smoothed
    }

    /// Windows with at least two floats; notes that histograms beside floats are ignored.
    private static func forEachTrendWindow(_ windows: RangeWindows, _ context: inout FunctionContext, _ body: (RangeWindow) -> Void) {
        var ignoresHistograms = false
        windows.forEach { window in
            if !window.floats.isEmpty && !window.histograms.isEmpty { ignoresHistograms = true }
            if window.floats.count >= 2 { body(window) }
        }
        if ignoresHistograms { context.note(.ignoredHistogramsInRange(metric: context.metricName)) }
    }

    /// The line of least squares; its intercept is the value at a given time.
    static func regression(
        _ columns: SampleColumns, _ range: Range<Int>, around time: Timestamp
    ) -> (slope: Double, intercept: Double) {
        let first = columns.values[range.lowerBound]
        var isConstant = true
        var (sumX, sumY, sumXY, sumXX) = (KahanSum(), KahanSum(), KahanSum(), KahanSum())
        for index in range {
            let y = columns.values[index]
            if y != first && index > range.lowerBound { isConstant = false }
            let x = Double(columns.timestamps[index] - time) / 1e3
            sumX.add(x)
            sumY.add(y)
            sumXY.add(x * y)
            sumXX.add(x * x)
        }
        if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let count = Double(range.count)
        let (x, y) = (sumX.total, sumY.total)
        let covariance = sumXY.total - x * y / count
        let variance = sumXX.total - x * x / count
        let slope = covariance / variance
        return (slope, y / count - slope * x / count)
    }
}
