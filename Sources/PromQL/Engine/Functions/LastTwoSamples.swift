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
                column.setFloat(window.step, change(columns.values[last - 1], columns.values[last], interval))
                return
            }
            let (before, after) = lastTwo(columns, window)
            let interval = after.time - before.time
            if interval == 0 { return }
            switch (before.value, after.value) {
            case (.float(let earlier), .float(let later)): column.setFloat(window.step, change(earlier, later, interval))
            case (.histogram(let earlier), .histogram(let later)):
                guard let result = change(earlier, later, interval, metric, &notes) else { return }
                column.setHistogram(window.step, result)
            default: notes.insert(.mixedFloatsAndHistograms(metric: metric))
            }
        }
        context.note(notes)
    }

    private func change(_ earlier: Double, _ later: Double, _ interval: Int64) -> Double {
        // After a reset the whole value is new.
        let change = isRate && later < earlier ? later : later - earlier
        return isRate ? change / (Double(interval) / 1000) : change
    }

    private func change(
        _ earlier: NativeHistogram, _ later: NativeHistogram, _ interval: Int64, _ metric: String, _ notes: inout Set<FunctionNote>
    ) -> NativeHistogram? {
        if isRate && (earlier.resetHint == .gauge || later.resetHint == .gauge) { notes.insert(.notACounter(metric: metric)) }
        if !isRate && (earlier.resetHint != .gauge || later.resetHint != .gauge) { notes.insert(.notAGauge(metric: metric)) }
        var result = later
        if !isRate || !later.isReset(since: earlier) {
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

    /// The last two samples of either kind.
    private func lastTwo(
        _ columns: SampleColumns, _ window: RangeWindow
    ) -> (before: (time: Timestamp, value: PointValue), after: (time: Timestamp, value: PointValue)) {
        var float = window.floats.upperBound
        var histogram = window.histograms.upperBound
        func takeLast() -> (time: Timestamp, value: PointValue) {
            let hasFloat = float > window.floats.lowerBound
            let hasHistogram = histogram > window.histograms.lowerBound
            if hasFloat, !hasHistogram || columns.timestamps[float - 1] > columns.histograms[histogram - 1].timestamp {
                float -= 1
                return (columns.timestamps[float], .float(columns.values[float]))
            }
            histogram -= 1
            return (columns.histograms[histogram].timestamp, .histogram(columns.histograms[histogram].histogram))
        }
        let after = takeLast()
        return (takeLast(), after)
    }
}
