internal import QueryModel
internal import TelemetryModel

extension RangeFunction {
    /// How `rate`, `increase` and `delta` are computed; nil for the others.
    var change: CounterChange? {
        switch self {
        case .rate: CounterChange(isCounter: true, isRate: true)
        case .increase: CounterChange(isCounter: true, isRate: false)
        case .delta: CounterChange(isCounter: false, isRate: false)
        default: nil
        }
    }

    /// Computes the function over every window of one series.
    ///
    /// - Throws: ``QueryError`` where an argument is out of its domain.
    func evaluate(
        _ windows: RangeWindows, _ arguments: [ScalarColumn], into column: inout StepColumn, _ context: inout FunctionContext
    ) throws(QueryError) {
        switch self {
        case .rate, .increase, .delta: change?.evaluate(windows, into: &column, &context)
        case .irate: LastTwoSamples(isRate: true).evaluate(windows, into: &column, &context)
        case .idelta: LastTwoSamples(isRate: false).evaluate(windows, into: &column, &context)
        case .changes: SampleComparison(countsResets: false).evaluate(windows, into: &column)
        case .resets: SampleComparison(countsResets: true).evaluate(windows, into: &column)
        case .deriv: LinearTrend.slopes(windows, into: &column, &context)
        case .predictLinear: LinearTrend.predictions(windows, arguments[0], into: &column, &context)
        case .doubleExponentialSmoothing:
            try LinearTrend.smoothing(windows, factor: arguments[0], trend: arguments[1], into: &column, &context)
        case .sumOverTime: WindowSums.sums(windows, into: &column, &context)
        case .avgOverTime: WindowSums.means(windows, into: &column, &context)
        case .minOverTime: WindowExtremes.evaluate(windows, .lowest, into: &column, &context)
        case .maxOverTime: WindowExtremes.evaluate(windows, .highest, into: &column, &context)
        case .timeOfMinOverTime: WindowExtremes.evaluate(windows, .timeOfLowest, into: &column, &context)
        case .timeOfMaxOverTime: WindowExtremes.evaluate(windows, .timeOfHighest, into: &column, &context)
        case .countOverTime: windows.forEach { column.values[$0.step] = Double($0.count) }
        case .presentOverTime: windows.forEach { column.values[$0.step] = 1 }
        case .firstOverTime, .lastOverTime, .timeOfFirstOverTime, .timeOfLastOverTime: pickSamples(windows, into: &column)
        case .quantileOverTime: quantiles(windows, arguments[0], into: &column, &context)
        case .madOverTime:
            var scratch: [Double] = []
            forEachFloatWindow(windows, &context) { window in
                scratch.replaceAll(with: windows.columns.values[window.floats])
                column.values[window.step] = Quantile.medianDeviation(&scratch)
            }
        case .stddevOverTime:
            forEachFloatWindow(windows, &context) { window in
                column.values[window.step] = WindowSums.variance(windows.columns.values[window.floats]).squareRoot()
            }
        case .stdvarOverTime:
            forEachFloatWindow(windows, &context) { window in
                column.values[window.step] = WindowSums.variance(windows.columns.values[window.floats])
            }
        }
    }

    /// The windows that hold floats; notes that histograms beside them are ignored.
    private func forEachFloatWindow(_ windows: RangeWindows, _ context: inout FunctionContext, _ body: (RangeWindow) -> Void) {
        var ignoresHistograms = false
        windows.forEach { window in
            if window.floats.isEmpty { return }
            if !window.histograms.isEmpty { ignoresHistograms = true }
            body(window)
        }
        if ignoresHistograms { context.note(.ignoredHistogramsInRange(metric: context.metricName)) }
    }

    private func quantiles(
        _ windows: RangeWindows, _ quantile: ScalarColumn, into column: inout StepColumn, _ context: inout FunctionContext
    ) {
        var scratch: [Double] = []
        var invalid: Set<Double> = []
        var invalidIsNaN = false
        forEachFloatWindow(windows, &context) { window in
            let quantile = quantile[window.step]
            if Quantile.isInvalid(quantile) {
                if quantile.isNaN { invalidIsNaN = true } else { invalid.insert(quantile) }
            }
            scratch.replaceAll(with: windows.columns.values[window.floats])
            column.values[window.step] = Quantile.of(&scratch, quantile)
        }
        for value in invalid.sorted() { context.note(.invalidQuantile(value), at: context.position(ofArgument: 0)) }
        if invalidIsNaN { context.note(.invalidQuantile(.nan), at: context.position(ofArgument: 0)) }
    }

    /// The functions that give the first or last sample of a window, or its time. Each window is a look-up.
    private func pickSamples(_ windows: RangeWindows, into column: inout StepColumn) {
        let columns = windows.columns
        windows.forEach { window in
            let isFirst = self == .firstOverTime || self == .timeOfFirstOverTime
            let float = window.floats.isEmpty ? nil : isFirst ? window.floats.lowerBound : window.floats.upperBound - 1
            let histogram = window.histograms.isEmpty ? nil : isFirst ? window.histograms.lowerBound : window.histograms.upperBound - 1
            let takesFloat: Bool
            if let float, let histogram {
                let (floatTime, histogramTime) = (columns.timestamps[float], columns.histograms[histogram].timestamp)
                takesFloat = isFirst ? floatTime < histogramTime : floatTime > histogramTime
            } else {
                takesFloat = float != nil
            }
            switch self {
            case .firstOverTime, .lastOverTime:
                if takesFloat, let float {
                    column.setFloat(window.step, columns.values[float])
                } else if let histogram {
                    column.setHistogram(window.step, columns.histograms[histogram].histogram)
                }
            default:
                let time = takesFloat ? columns.timestamps[float ?? 0] : columns.histograms[histogram ?? 0].timestamp
                column.values[window.step] = Double(time) / 1000
            }
        }
    }
}

extension [Double] {
    /// Replaces the content and keeps the memory.
    mutating func replaceAll(with other: some Collection<Double>) {
        removeAll(keepingCapacity: true)
        append(contentsOf: other)
    }
}

extension RangeWindows {
    /// The length of the range in seconds, converted as Prometheus does: whole seconds and the rest apart.
    var rangeSeconds: Double { Double(range / 1000) + Double(range % 1000 * 1_000_000) / 1e9 }
}
