internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// The series of an instant selector with `smoothed`: values on the line between the samples before and after the step.
    func forEachSmoothed(_ plan: SelectorPlan, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        let selected = try select(plan, grid, before: lookback - 1, after: lookback)
        var columns = SampleColumns()
        var series = StepSeries(labels: LabelSet(), column: StepColumn(count: grid.count))
        var part = PartCount(steps: grid.count)
        for index in 0..<selected.count {
            try read(selected, index, into: &columns, part: plan.part)
            columns.removeStaleMarkers()
            if columns.isEmpty { continue }
            series.labels = selected.labels(at: index)
            series.dropsName = false
            series.column.reset(count: grid.count)
            // A window of twice the lookback, which ends that much after the step.
            let windows = RangeWindows(
                columns: columns, grid: grid, range: 0, offset: plan.offset, fixedEnd: plan.anchor.map { $0 - plan.offset },
                boundary: .smoothed, lookback: lookback)
            let metricName = series.labels.metricName ?? ""
            // The samples around a step are what is held, those of a series' last step for good.
            let weights = tally.add(windows)
            part.cost.pass(weights.most)
            part.cost.held += weights.last
            try budget.admit(samples: part.cost.peak)
            windows.forEach { window in
                if !window.floats.isEmpty && !window.histograms.isEmpty {
                    annotations.add(
                        QueryAnnotation(
                            .warning,
                            "PromQL warning: encountered a mix of histograms and floats for metric name \(quoted(metricName))",
                            at: plan.position))
                } else if !window.floats.isEmpty {
                    if let value = windows.smoothedFloat(window) { series.column.setFloat(window.step, value) }
                } else if let histogram = windows.smoothedHistogram(window, metricName, at: plan.position, &annotations) {
                    series.column.setHistogram(window.step, histogram)
                }
            }
            if part.counts.add(series.column) == 0 { continue }
            try body(&series)
        }
        counted = part
    }
}

extension RangeWindows {
    /// The value at the end of the range, from the samples around it; nil where none is before it.
    fileprivate func smoothedFloat(_ window: RangeWindow) -> Double? {
        let (times, values) = (columns.timestamps, columns.values)
        let next = window.floats.first { times[$0] >= window.rangeEnd } ?? window.floats.upperBound
        if next < window.floats.upperBound && times[next] == window.rangeEnd { return values[next] }
        guard next > window.floats.lowerBound else { return nil }
        return next < window.floats.upperBound ? interpolated(next - 1, next, at: window.rangeEnd) : values[next - 1]
    }

    fileprivate func smoothedHistogram(
        _ window: RangeWindow, _ metricName: String, at position: SourceRange, _ annotations: inout QueryAnnotations
    ) -> NativeHistogram? {
        let samples = columns.histograms
        let next = window.histograms.first { samples[$0].timestamp >= window.rangeEnd } ?? window.histograms.upperBound
        if next < window.histograms.upperBound && samples[next].timestamp == window.rangeEnd { return samples[next].histogram }
        guard next > window.histograms.lowerBound else { return nil }
        guard next < window.histograms.upperBound else {
            var last = samples[next - 1].histogram
            last.resetHint = .unknown
            return last
        }
        let (before, after) = (samples[next - 1], samples[next])
        let isCounter = before.histogram.resetHint != .gauge || after.histogram.resetHint != .gauge
        let fraction = Double(window.rangeEnd - before.timestamp) / Double(after.timestamp - before.timestamp)
        var result = after.histogram
        if before.histogram.usesCustomBuckets == after.histogram.usesCustomBuckets, isCounter, result.isReset(since: before.histogram) {
            result.multiply(by: fraction)
            return result
        }
        do {
            let difference = try result.subtract(before.histogram)
            result.multiply(by: fraction)
            let sum = try result.add(before.histogram)
            for (combination, name) in [(difference, "subtraction"), (sum, "addition")] where combination.boundsReconciled {
                annotations.add(
                    QueryAnnotation(.info, "PromQL info: mismatched custom buckets were reconciled during \(name)", at: position))
            }
            return result
        } catch {
            annotations.add(
                QueryAnnotation(
                    .warning,
                    "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
                        + quoted(metricName), at: position))
            return nil
        }
    }
}
