internal import QueryModel
internal import TelemetryModel

/// `irate` and `idelta`: the change between the last two samples of a window.
struct LastTwoSamples {
    var isRate: Bool

    func evaluate(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        let columns = windows.columns
        var notes: Set<FunctionNote> = []
        let metric = context.metricName
        windows.forEach { window in
            if window.count < 2 { return }
            if window.histograms.isEmpty {
                let last = window.floats.upperBound - 1
                let interval = columns.timestamps[last] - columns.timestamps[last - 1]
                let isReset = isRate && windows.floatStarts?.isReset(last) ?? false
                column.setFloat(window.step, change(columns.values[last - 1], columns.values[last], interval, isReset))
                return
            }
            let (before, after) = lastTwo(windows, window)
            let interval = after.time - before.time
            if interval == 0 { return }
            let isReset =
                isRate
                && StartTimes.isReset(
                    start: after.start, time: after.time, previousStart: before.start, previousTime: before.time)
            switch (before.value, after.value) {
            case (.float(let earlier), .float(let later)):
                column.setFloat(window.step, change(earlier, later, interval, isReset))
            case (.histogram(let earlier), .histogram(let later)):
                guard let result = change(earlier, later, interval, isReset, metric, &notes) else { return }
                column.setHistogram(window.step, result)
            default: notes.insert(.mixedFloatsAndHistograms(metric: metric))
            }
        }
        context.note(notes)
    }

    private func change(_ earlier: Double, _ later: Double, _ interval: Int64, _ isReset: Bool) -> Double {
        // After a reset the whole value is new.
        let change = isReset || isRate && later < earlier ? later : later - earlier
        return isRate ? change / (Double(interval) / 1000) : change
    }

    private func change(
        _ earlier: NativeHistogram, _ later: NativeHistogram, _ interval: Int64, _ isReset: Bool, _ metric: String,
        _ notes: inout Set<FunctionNote>
    ) -> NativeHistogram? {
        if isRate && (earlier.resetHint == .gauge || later.resetHint == .gauge) { notes.insert(.notACounter(metric: metric)) }
        if !isRate && (earlier.resetHint != .gauge || later.resetHint != .gauge) { notes.insert(.notAGauge(metric: metric)) }
        var result = later
        if !isRate || !isReset && !later.isReset(since: earlier) {
            do throws(NativeHistogramError) {
                if try result.subtract(earlier).boundsReconciled { notes.insert(.reconciledBounds(.subtraction)) }
            } catch {
                notes.insert(.mixedBucketSchemas(metric: metric))
                return nil
            }
        }
        result.resetHint = .gauge
        result.compact()
        if isRate { result.divide(by: Double(interval) / 1000) }
        return result
    }

    private typealias TimedValue = (time: Timestamp, start: Timestamp, value: PointValue)

    /// The last two samples of either kind.
    private func lastTwo(_ windows: RangeWindows, _ window: RangeWindow) -> (before: TimedValue, after: TimedValue) {
        let (columns, starts) = (windows.columns, windows.starts)
        var float = window.floats.upperBound
        var histogram = window.histograms.upperBound
        func takeLast() -> TimedValue {
            let hasFloat = float > window.floats.lowerBound
            let hasHistogram = histogram > window.histograms.lowerBound
            if hasFloat, !hasHistogram || columns.timestamps[float - 1] > columns.histograms[histogram - 1].timestamp {
                float -= 1
                return (columns.timestamps[float], starts?.floats[float] ?? 0, .float(columns.values[float]))
            }
            histogram -= 1
            let sample = columns.histograms[histogram]
            return (sample.timestamp, starts?.histograms[histogram] ?? 0, .histogram(sample.histogram))
        }
        let after = takeLast()
        return (takeLast(), after)
    }
}
