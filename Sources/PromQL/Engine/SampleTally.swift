internal import QueryModel
internal import TelemetryModel

/// Counts the samples that an evaluation considers, as Prometheus counts them: at each step those that a selector or a window sees there,
/// also where the next step sees them again; histograms by their weight. And, apart, those that a step is the first to see.
struct SampleTally: Sendable {
    /// A number, and the same by steps where that was asked for.
    struct Count: Sendable {
        private(set) var total = 0
        private(set) var perStep: [Int]?

        init(steps: Int?) { perStep = steps.map { [Int](repeating: 0, count: $0) } }

        @inline(__always)
        mutating func add(_ samples: Int, at step: Int) {
            total += samples
            perStep?[step] += samples
        }

        /// Adds samples that nobody asks about by step.
        mutating func add(_ samples: Int) { total += samples }

        mutating func add(_ other: Count) {
            total += other.total
            guard let added = other.perStep, perStep != nil else { return }
            for step in added.indices { perStep?[step] += added[step] }
        }
    }

    private(set) var seen: Count
    /// Of a window those that are not in the window of the step before; of a selector all, though it may see a sample again.
    private(set) var fresh: Count

    /// - Parameter steps: how many steps to tell apart; nil for none.
    init(steps: Int? = nil) {
        seen = Count(steps: steps)
        fresh = Count(steps: steps)
    }

    /// The tally of a subquery, which is asked what each of its steps read.
    static func ofSubquery(steps: Int) -> SampleTally {
        var tally = SampleTally()
        tally.fresh = Count(steps: steps)
        return tally
    }

    /// An empty tally that counts by steps where this one does.
    var emptied: SampleTally {
        var tally = SampleTally()
        tally.seen = Count(steps: seen.perStep?.count)
        tally.fresh = Count(steps: fresh.perStep?.count)
        return tally
    }

    mutating func add(_ samples: Int, at step: Int) {
        seen.add(samples, at: step)
        fresh.add(samples, at: step)
    }

    /// Adds the values of a column, whose weight is known already.
    mutating func add(_ column: StepColumn, weight: Int) {
        guard fresh.perStep != nil else {
            seen.add(weight)
            fresh.add(weight)
            return
        }
        for step in 0..<column.count where column.isPresent(step) {
            if case .histogram(let histogram)? = column[step] {
                add(histogram.sampleWeight, at: step)
            } else {
                add(1, at: step)
            }
        }
    }

    /// Adds all windows over one series.
    ///
    /// - Parameter areStored: whether the samples come from storage, not from a subquery.
    @discardableResult
    mutating func add(_ windows: RangeWindows, areStored: Bool = true) -> WindowWeights {
        if seen.perStep == nil && fresh.perStep == nil && windows.columns.histograms.isEmpty {
            return addFloats(windows, areStored: areStored)
        }
        var weights = WindowWeights()
        // Up to where the windows before have seen the samples.
        var (floats, histograms) = (0, 0)
        windows.forEach { window in
            let weight = windows.weight(window.floats, window.histograms)
            seen.add(weight, at: window.step)
            if areStored {
                fresh.add(
                    windows.weight(
                        Swift.max(floats, window.floats.lowerBound)..<window.floats.upperBound,
                        Swift.max(histograms, window.histograms.lowerBound)..<window.histograms.upperBound), at: window.step)
                (floats, histograms) = (window.floats.upperBound, window.histograms.upperBound)
            }
            if weight > weights.most { weights.most = weight }
            if window.step == windows.grid.count - 1 { weights.last = weight }
        }
        return weights
    }

    /// The same for floats of which nobody asks by step, as most are.
    private mutating func addFloats(_ windows: RangeWindows, areStored: Bool) -> WindowWeights {
        var counts = WindowCounts()
        var isAtEnd = true
        if let bounds = windows.floatBounds {
            counts = bounds.counts
        } else {
            var lastStep = -1
            windows.forEach { window in
                counts.add(window.floats)
                lastStep = window.step
            }
            isAtEnd = lastStep == windows.grid.count - 1
        }
        seen.add(counts.all)
        if areStored { fresh.add(counts.distinct) }
        return WindowWeights(most: counts.most, last: isAtEnd ? counts.last : 0)
    }

    mutating func add(_ other: SampleTally) {
        seen.add(other.seen)
        fresh.add(other.fresh)
    }

    /// Adds what was evaluated once and is seen at every step.
    mutating func add(once: SampleTally, at steps: Int) {
        if steps == 0 { return }
        for step in 0..<steps { seen.add(once.seen.total, at: step) }
        fresh.add(once.fresh.total, at: 0)
    }

    /// Adds what the steps of a subquery read, at the steps whose windows need them first. What lies between the windows does not count.
    mutating func add(_ inner: SampleTally, of grid: StepGrid, within source: RangeSource, _ outer: StepGrid) {
        guard outer.count > 1, let read = inner.fresh.perStep else { return fresh.add(inner.fresh.total, at: 0) }
        for index in read.indices where read[index] > 0 {
            let time = grid.time(index) + source.offset
            let step = time > outer.start ? Swift.min(Int((time - outer.start + outer.step - 1) / outer.step), outer.count - 1) : 0
            if source.range > 0 && time <= outer.time(step) - source.range { continue }
            fresh.add(read[index], at: step)
        }
    }

    /// Adds what the whole answer of a subquery considered.
    mutating func add(whole inner: SampleTally) {
        seen.add(inner.seen.total, at: 0)
        fresh.add(inner.fresh.total, at: 0)
    }
}

extension RangeWindows {
    /// What some samples of the series count, histograms weighed.
    fileprivate func weight(_ floats: Range<Int>, _ histograms: Range<Int>) -> Int {
        histograms.reduce(floats.count) { $0 + columns.histograms[$1].histogram.sampleWeight }
    }

    /// What the samples in a window count.
    func weight(of window: RangeWindow) -> Int { weight(window.floats, window.histograms) }
}
