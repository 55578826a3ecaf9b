internal import QueryModel
internal import TelemetryModel

/// `rate`, `increase` and `delta` over ranges completed at their borders: `anchored` takes the last sample before the range as its first,
/// `smoothed` interpolates values at both borders.
struct BoundaryChange {
    var isCounter: Bool
    var isRate: Bool

    func evaluate(_ windows: RangeWindows, into column: inout StepColumn, _ context: inout FunctionContext) {
        var notes: Set<FunctionNote> = []
        let metric = context.metricName
        let isSmoothed = windows.boundary == .smoothed
        let seconds = windows.rangeSeconds
        windows.forEach { window in
            if !window.floats.isEmpty && !window.histograms.isEmpty {
                notes.insert(.mixedFloatsAndHistograms(metric: metric))
            } else if window.histograms.isEmpty {
                let samples = FloatBorders(
                    times: windows.columns.timestamps, values: windows.columns.values, window: window, isSmoothed: isSmoothed)
                guard let change = samples?.change(isCounter: isCounter) else { return }
                column.setFloat(window.step, isRate ? change / seconds : change)
            } else {
                let samples = HistogramBorders(samples: windows.columns.histograms, window: window, isSmoothed: isSmoothed)
                guard var change = samples?.change(isCounter: isCounter, metric: metric, &notes) else { return }
                if isRate { change.divide(by: seconds) }
                change.resetHint = .gauge
                column.setHistogram(window.step, change.compacted())
            }
        }
        context.note(notes)
    }

    /// The samples next to the borders of a range: the last one at or before its start (else the first), and the last one (for interpolation
    /// the first at or after its end). Nil where no sample lies after the start, or all lie after the end.
    static func borders(
        _ window: RangeWindow, _ range: Range<Int>, isSmoothed: Bool, time: (Int) -> Timestamp
    ) -> (first: Int, last: Int)? {
        var last = range.upperBound - 1
        let beyond = (range.lowerBound..<last).firstIndexAfter { time($0) > window.rangeStart }
        let first = max(range.lowerBound, beyond - 1)
        if isSmoothed { last = (range.lowerBound..<last).firstIndexAfter { time($0) >= window.rangeEnd } }
        if time(last) <= window.rangeStart || (isSmoothed && time(first) > window.rangeEnd) { return nil }
        return (first, last)
    }
}

extension Range<Int> {
    /// The first index that meets a condition which holds for all after it; the upper bound where none does. Binary search.
    fileprivate func firstIndexAfter(_ condition: (Int) -> Bool) -> Int {
        var (low, high) = (lowerBound, upperBound)
        while low < high {
            let middle = (low + high) / 2
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The floats of a completed range.
private struct FloatBorders {
    let times: [Timestamp]
    let values: [Double]
    let window: RangeWindow
    let isSmoothed: Bool
    var first: Int
    var last: Int

    init?(times: [Timestamp], values: [Double], window: RangeWindow, isSmoothed: Bool) {
        guard let found = BoundaryChange.borders(window, window.floats, isSmoothed: isSmoothed, time: { times[$0] }) else { return nil }
        (self.times, self.values, self.window, self.isSmoothed) = (times, values, window, isSmoothed)
        (first, last) = found
    }

    func change(isCounter: Bool) -> Double {
        var left = values[first]
        if isSmoothed && times[first] < window.rangeStart { left = interpolated(first, first + 1, window.rangeStart, isCounter: isCounter) }
        var right = values[last]
        if isSmoothed && last > window.floats.lowerBound && times[last] > window.rangeEnd {
            right = interpolated(last - 1, last, window.rangeEnd, isCounter: isCounter)
        }
        var change = right - left
        if !isCounter { return change }
        // Resets next to the borders are part of the interpolation already.
        let from = times[first] <= window.rangeStart ? first + 1 : first
        let to = times[last] >= window.rangeEnd ? last - 1 : last
        var correction = 0.0
        var previous = left
        if from <= to {
            for value in values[from...to] {
                if value < previous { correction += previous }
                previous = value
            }
        }
        if right < previous { correction += previous }
        change += correction
        return change
    }

    /// The value at a time between two samples; a counter that went down is taken to start at 0.
    private func interpolated(_ before: Int, _ after: Int, _ time: Timestamp, isCounter: Bool) -> Double {
        var start = values[before]
        let end = values[after]
        if isCounter && end < start { start = 0 }
        return start + (end - start) * Double(time - times[before]) / Double(times[after] - times[before])
    }
}

/// The histograms of a completed range.
private struct HistogramBorders {
    let samples: [HistogramSample]
    let window: RangeWindow
    let isSmoothed: Bool
    var first: Int
    var last: Int

    init?(samples: [HistogramSample], window: RangeWindow, isSmoothed: Bool) {
        guard let found = BoundaryChange.borders(window, window.histograms, isSmoothed: isSmoothed, time: { samples[$0].timestamp })
        else { return nil }
        (self.samples, self.window, self.isSmoothed) = (samples, window, isSmoothed)
        (first, last) = found
    }

    func change(isCounter: Bool, metric: String, _ notes: inout Set<FunctionNote>) -> NativeHistogram? {
        let isCustom = samples[first].histogram.usesCustomBuckets
        for sample in samples[first...last] {
            if sample.histogram.usesCustomBuckets != isCustom {
                notes.insert(.mixedBucketSchemas(metric: metric))
                return nil
            }
            if isCounter && sample.histogram.resetHint == .gauge { notes.insert(.notACounter(metric: metric)) }
        }
        do throws(NativeHistogramError) {
            let left = try leftBorder(isCounter, &notes)
            let right = try rightBorder(isCounter, &notes)
            if !isCounter && (left.resetHint != .gauge || right.resetHint != .gauge) { notes.insert(.notAGauge(metric: metric)) }
            var result = right
            if try result.subtract(left).boundsReconciled { notes.insert(.reconciledBounds(.subtraction)) }
            if isCounter, let correction = try correction(left, right, &notes) {
                if try result.add(correction).boundsReconciled { notes.insert(.reconciledBounds(.addition)) }
            }
            return result
        } catch {
            notes.insert(.mixedBucketSchemas(metric: metric))
            return nil
        }
    }

    private func leftBorder(_ isCounter: Bool, _ notes: inout Set<FunctionNote>) throws(NativeHistogramError) -> NativeHistogram {
        guard isSmoothed, samples[first].timestamp < window.rangeStart else { return samples[first].histogram }
        return try interpolated(samples[first], samples[first + 1], window.rangeStart, isCounter, &notes)
    }

    private func rightBorder(_ isCounter: Bool, _ notes: inout Set<FunctionNote>) throws(NativeHistogramError) -> NativeHistogram {
        guard isSmoothed, last > window.histograms.lowerBound, samples[last].timestamp > window.rangeEnd else {
            return samples[last].histogram
        }
        return try interpolated(samples[last - 1], samples[last], window.rangeEnd, isCounter, &notes)
    }

    private func interpolated(
        _ before: HistogramSample, _ after: HistogramSample, _ time: Timestamp, _ isCounter: Bool, _ notes: inout Set<FunctionNote>
    ) throws(NativeHistogramError) -> NativeHistogram {
        if time == before.timestamp { return before.histogram }
        if time == after.timestamp { return after.histogram }
        let fraction = Double(time - before.timestamp) / Double(after.timestamp - before.timestamp)
        var result = after.histogram
        if isCounter && after.histogram.isReset(since: before.histogram) {
            result.multiply(by: fraction)
            return result
        }
        if try result.subtract(before.histogram).boundsReconciled { notes.insert(.reconciledBounds(.subtraction)) }
        result.multiply(by: fraction)
        if try result.add(before.histogram).boundsReconciled { notes.insert(.reconciledBounds(.addition)) }
        return result
    }

    /// The sum of the histograms right before resets, or nil where there was none.
    private func correction(
        _ left: NativeHistogram, _ right: NativeHistogram, _ notes: inout Set<FunctionNote>
    ) throws(NativeHistogramError) -> NativeHistogram? {
        var start = first + 1
        var previous = left
        if isSmoothed && samples[first].timestamp < window.rangeStart
            && samples[first + 1].histogram.isReset(since: samples[first].histogram)
        {
            // The left border was interpolated across this reset.
            previous = samples[first + 1].histogram
            start += 1
        }
        // The last sample, or what was interpolated towards it, is the right border.
        let end = last
        if start > end { return nil }
        var correction: NativeHistogram?
        func account(_ lost: NativeHistogram) throws(NativeHistogramError) {
            guard correction != nil else {
                correction = lost
                return
            }
            if try correction!.add(lost).boundsReconciled { notes.insert(.reconciledBounds(.addition)) }
        }
        for sample in samples[start..<end] {
            if sample.histogram.isReset(since: previous) { try account(previous) }
            previous = sample.histogram
        }
        if right.isReset(since: previous) { try account(previous) }
        return correction
    }
}
