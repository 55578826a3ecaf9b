internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// The series of an instant selector: at each step the newest sample within the lookback, unless it says that the series ended.
    func forEachSelected(_ plan: SelectorPlan, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        if plan.boundary == .smoothed { return try forEachSmoothed(plan, grid, body) }
        try forEachLookup(plan, grid, body) { .value($0) }
    }

    /// As ``forEachSelected(_:_:_:)``, but the value is the time of the sample in seconds.
    func forEachSampleTime(_ plan: SelectorPlan, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        try forEachLookup(plan, grid, body) { .time($0) }
    }

    /// As ``forEachSampleTime(_:_:_:)``, but the value is when the sample began to be counted, 0 where that is unknown.
    func forEachSampleStart(_ plan: SelectorPlan, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        guard features.contains(.startTimestamps) else { return }
        try forEachLookup(plan, grid, body) { .start($0) }
    }

    private func forEachLookup(
        _ plan: SelectorPlan, _ grid: StepGrid, _ body: SeriesBody, _ kernel: (SampleLookup) -> SeriesKernel
    ) throws(QueryError) {
        let selected = try select(plan, grid, before: lookback - 1, for: .lookup)
        let lookup = SampleLookup(plan: plan, grid: grid, lookback: lookback)
        var worker = SeriesWorker(context: context(nil, grid, position: plan.position))
        worker.tally = tally.emptied
        let kernel = kernel(lookup)
        try forEachStored(selected, kernel, grid, worker, body)
        if case .value = kernel { return }
        // Times are looked up step by step, and those of a step are there beside the results.
        let looked = PartCount(cost: SampleCost(), counts: counted.counts)
        try count(stepwise: [looked], counted.counts)
    }

    /// Selects the series of a plan with the samples that a grid needs.
    ///
    /// - Parameters:
    ///   - before: milliseconds before the first time at which the selector looks.
    ///   - after: milliseconds after the last one.
    ///   - use: what is made of the samples of each window, which is as long as `before` says.
    func select(
        _ plan: SelectorPlan, _ grid: StepGrid, before: Int64, after: Int64 = 0, for use: SampleUse.Purpose = .other
    ) throws(QueryError) -> any SelectedSeries {
        let range = TimeRange(
            start: plan.lookupTime(grid.start) - before, end: plan.lookupTime(plan.anchor == nil ? grid.end : grid.start) + after)
        let hints = SampleUse(
            use, window: before + 1, firstEnd: plan.lookupTime(grid.start), step: grid.step,
            count: plan.anchor == nil ? Swift.max(1, grid.count) : 1)
        let key = SelectionKey(matchers: plan.matchers, range: range, hints: hints)
        if let known = selections[key] {
            if let part = plan.part { recorder?.note(known, in: range, isShared: true, of: part) }
            return known
        }
        let outer = plan.part.flatMap { recorder?.enter($0) }
        var selected = try source.select(plan.matchers, in: range, for: hints, budget: budget)
        if ordersSeries { selected = OrderedSeries.ordering(selected) }
        if let outer { recorder?.enter(outer) }
        try takeMemory(of: selected)
        selections[key] = selected
        statistics.seriesSelected += selected.count
        if let part = plan.part { recorder?.note(selected, in: range, isShared: false, of: part) }
        return selected
    }

    /// Counts the labels of a selection, which stay until the query ends.
    private func takeMemory(of selected: any SelectedSeries) throws(QueryError) {
        // Labels of one selection are about the same in size.
        let looked = Swift.min(selected.count, 16)
        if looked == 0 { return }
        var bytes = 0
        for index in 0..<looked { bytes += selected.labels(at: index * selected.count / looked).packed.count + 96 }
        bytes = bytes * selected.count / looked
        selectionBytes += bytes
        try budget.reserve(bytes: bytes)
    }

    /// Reads one series, and counts what was read.
    func read(
        _ selected: any SelectedSeries, _ index: Int, into columns: inout SampleColumns, part: Int?
    ) throws(QueryError) {
        try budget.check()
        let outer = part.flatMap { recorder?.enter($0) }
        try selected.read(index, into: &columns)
        if let outer { recorder?.enter(outer) }
        statistics.samplesRead += columns.count
        recorder?.count(samplesRead: columns.count, of: part)
    }
}

/// What tells one selection of a query from another; equal ones are made once.
struct SelectionKey: Hashable {
    var matchers: [LabelMatcher]
    var range: TimeRange
    var hints: SampleUse
}

/// Finds the sample that an instant selector sees at each step.
struct SampleLookup: Sendable {
    let plan: SelectorPlan
    let grid: StepGrid
    let lookback: Int64

    /// Where the sample of a step lies.
    enum Place {
        case float(Int)
        case histogram(Int)
    }

    /// Calls the closure for each step that has a sample.
    @inline(__always)
    func forEach(_ columns: SampleColumns, _ body: (Int, Place) -> Void) {
        var (float, histogram) = (0, 0)
        for step in 0..<grid.count {
            let time = plan.lookupTime(grid.time(step))
            while float < columns.timestamps.count, columns.timestamps[float] <= time { float += 1 }
            while histogram < columns.histograms.count, columns.histograms[histogram].timestamp <= time { histogram += 1 }
            let floatTime = float > 0 ? columns.timestamps[float - 1] : .min
            let histogramTime = histogram > 0 ? columns.histograms[histogram - 1].timestamp : .min
            guard Swift.max(floatTime, histogramTime) > time - lookback else { continue }
            if floatTime > histogramTime {
                if !StaleMarker.matches(columns.values[float - 1]) { body(step, .float(float - 1)) }
            } else if !columns.histograms[histogram - 1].histogram.isStaleMarker {
                body(step, .histogram(histogram - 1))
            }
        }
    }

    /// Fills an empty column with the times of the samples in seconds, and gives their number.
    func fillTimes(_ column: inout StepColumn, from columns: SampleColumns) -> Int {
        var count = 0
        forEach(columns) { step, place in
            let time: Timestamp
            switch place {
            case .float(let index): time = columns.timestamps[index]
            case .histogram(let index): time = columns.histograms[index].timestamp
            }
            column.values[step] = Double(time) / 1000
            count += 1
        }
        return count
    }

    /// Fills an empty column with the starts of the samples in seconds, and gives their number.
    func fillStarts(_ column: inout StepColumn, from columns: SampleColumns, _ runs: [StartRun]) -> Int {
        let starts = StartTimes(runs, columns)
        var count = 0
        forEach(columns) { step, place in
            let start: Timestamp?
            switch place {
            case .float(let index): start = starts?.floats[index]
            case .histogram(let index): start = starts?.histograms[index]
            }
            column.values[step] = Double(start ?? 0) / 1000
            count += 1
        }
        return count
    }

    /// Fills an empty column, and gives the number of samples in it, histograms weighed.
    func fill(_ column: inout StepColumn, from columns: SampleColumns) -> Int {
        guard columns.histograms.isEmpty else {
            var weight = 0
            forEach(columns) { step, place in
                switch place {
                case .float(let index):
                    column.setFloat(step, columns.values[index])
                    weight += 1
                case .histogram(let index):
                    let histogram = columns.histograms[index].histogram
                    column.setHistogram(step, histogram)
                    weight += histogram.sampleWeight
                }
            }
            return weight
        }
        var next = 0
        var count = 0
        let samples = columns.timestamps.count
        for step in 0..<grid.count {
            let time = plan.lookupTime(grid.time(step))
            while next < samples, columns.timestamps[next] <= time { next += 1 }
            if next == 0 || columns.timestamps[next - 1] <= time - lookback { continue }
            // A stale marker has the bits of an absent value.
            let value = columns.values[next - 1]
            column.values[step] = value
            if !StepColumn.isAbsent(value) { count += 1 }
        }
        return count
    }
}
