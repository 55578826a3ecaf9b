internal import QueryModel
internal import TelemetryModel

/// `changes` and `resets`: how often a sample differs from the one before it, or is less.
///
/// Neighbours are compared once per series; a window counts the differences inside it.
struct SampleComparison {
    var countsResets: Bool

    func evaluate(_ windows: RangeWindows, into column: inout StepColumn) {
        let isAnchored = windows.boundary != .plain
        if windows.columns.histograms.isEmpty {
            evaluateFloats(windows, isAnchored: isAnchored, into: &column)
        } else {
            evaluateMixed(windows, isAnchored: isAnchored, into: &column)
        }
    }

    private func evaluateFloats(_ windows: RangeWindows, isAnchored: Bool, into column: inout StepColumn) {
        let values = windows.columns.values
        let times = windows.columns.timestamps
        var counts = [Int32](repeating: 0, count: values.count)
        let starts = countsResets ? windows.floatStarts : nil
        for index in values.indices.dropFirst() {
            let differs = differ(values[index - 1], values[index]) || starts?.isReset(index) ?? false
            counts[index] = counts[index - 1] + (differs ? 1 : 0)
        }
        windows.forEach { window in
            guard var first = window.floats.first else { return }
            if isAnchored {
                // The anchor is the last sample at or before the start; without a sample behind it there is nothing to compare.
                if times[window.floats.upperBound - 1] <= window.rangeStart { return }
                while first + 1 < window.floats.upperBound, times[first + 1] <= window.rangeStart { first += 1 }
            }
            column.setFloat(window.step, Double(counts[window.floats.upperBound - 1] - counts[first]))
        }
    }

    private func evaluateMixed(_ windows: RangeWindows, isAnchored: Bool, into column: inout StepColumn) {
        let columns = windows.columns
        let merged = MergedSamples(columns)
        var counts = [Int32](repeating: 0, count: merged.samples.count)
        for index in merged.samples.indices.dropFirst() {
            let (before, after) = (merged.samples[index - 1], merged.samples[index])
            let differs = differ(before, after, columns) || countsResets && startsAnew(before, after, windows)
            counts[index] = counts[index - 1] + (differs ? 1 : 0)
        }
        windows.forEach { window in
            var range = merged.range(of: window)
            if isAnchored {
                if merged.time(range.upperBound - 1, columns) <= window.rangeStart { return }
                while range.count > 1, merged.time(range.lowerBound + 1, columns) <= window.rangeStart { range.removeFirst() }
            }
            column.setFloat(window.step, Double(counts[range.upperBound - 1] - counts[range.lowerBound]))
        }
    }

    private func startsAnew(_ before: MergedSamples.Place, _ after: MergedSamples.Place, _ windows: RangeWindows) -> Bool {
        guard let starts = windows.starts else { return false }
        func start(_ place: MergedSamples.Place) -> (start: Timestamp, time: Timestamp) {
            switch place {
            case .float(let index): (starts.floats[index], windows.columns.timestamps[index])
            case .histogram(let index): (starts.histograms[index], windows.columns.histograms[index].timestamp)
            }
        }
        let (earlier, later) = (start(before), start(after))
        return StartTimes.isReset(
            start: later.start, time: later.time, previousStart: earlier.start, previousTime: earlier.time)
    }

    private func differ(_ before: Double, _ after: Double) -> Bool {
        if countsResets { return after < before }
        return after != before && !(after.isNaN && before.isNaN)
    }

    private func differ(_ before: MergedSamples.Place, _ after: MergedSamples.Place, _ columns: SampleColumns) -> Bool {
        switch (before, after) {
        case (.float(let earlier), .float(let later)): return differ(columns.values[earlier], columns.values[later])
        case (.histogram(let earlier), .histogram(let later)):
            let (before, after) = (columns.histograms[earlier].histogram, columns.histograms[later].histogram)
            return countsResets ? after.isReset(since: before) : !after.isIdentical(to: before)
        default: return true
        }
    }
}

/// Floats and histograms of a series in order of time.
private struct MergedSamples {
    enum Place {
        case float(Int)
        case histogram(Int)
    }

    private(set) var samples: [Place] = []

    init(_ columns: SampleColumns) {
        samples.reserveCapacity(columns.count)
        var histogram = 0
        for float in columns.timestamps.indices {
            while histogram < columns.histograms.count, columns.histograms[histogram].timestamp < columns.timestamps[float] {
                samples.append(.histogram(histogram))
                histogram += 1
            }
            samples.append(.float(float))
        }
        while histogram < columns.histograms.count {
            samples.append(.histogram(histogram))
            histogram += 1
        }
    }

    func time(_ index: Int, _ columns: SampleColumns) -> Timestamp {
        switch samples[index] {
        case .float(let place): columns.timestamps[place]
        case .histogram(let place): columns.histograms[place].timestamp
        }
    }

    /// Where the samples of a window lie. Windows hold neighbours, so the number of those before and inside is enough.
    func range(of window: RangeWindow) -> Range<Int> {
        let start = window.floats.lowerBound + window.histograms.lowerBound
        return start..<start + window.count
    }
}
