internal import QueryModel
internal import TelemetryModel

/// What one thread needs to evaluate stored series, which do not depend on each other.
struct SeriesWorker: Sendable {
    var scratch = SeriesScratch()
    var context: FunctionContext
    var counterCheck: CounterNameCheck?
    /// What was read so far, for the statistics.
    var samplesRead = 0
    var tally = SampleTally()
    /// The series evaluated so far, and what Prometheus would hold of them.
    var counted: PartCount
    /// Time that went into reading and into evaluating; taken only in queries that are explained.
    var readNanoseconds: Int64 = 0
    var kernelNanoseconds: Int64 = 0

    init(context: FunctionContext, counterCheck: CounterNameCheck? = nil) {
        self.context = context
        self.counterCheck = counterCheck
        counted = PartCount(steps: context.grid.count)
    }

    /// Counts a series of which only results are held.
    mutating func keep(_ column: StepColumn) { counted.cost.take(counted.counts.add(column)) }
}

/// The series at hand, in memory that a thread reuses from one to the next.
///
/// Threads do not hand it to each other: what series have in common is shared, and counting who holds it would keep them busy.
struct SeriesScratch: Sendable {
    var columns = SampleColumns()
    /// When the samples began to be counted, where the kernel asks for it.
    var startRuns: [StartRun] = []
    /// Where the windows over the samples lie.
    var floatBounds = FloatBounds()
    /// What the selection keeps.
    var reader = ReaderMemory()
}

/// What becomes of the samples of one series.
enum SeriesKernel: Sendable {
    /// The sample that an instant selector sees.
    case value(SampleLookup)
    /// The time of that sample, in seconds.
    case time(SampleLookup)
    /// When that sample began to be counted, in seconds.
    case start(SampleLookup)
    case range(RangeKernel)

    /// The number of the selector's part, in a query that is explained.
    var part: Int? {
        switch self {
        case .value(let lookup), .time(let lookup), .start(let lookup): lookup.plan.part
        case .range(let kernel): kernel.source.part
        }
    }

    /// Whether the starts of the samples are needed.
    var usesStarts: Bool {
        switch self {
        case .value, .time: false
        case .start: true
        case .range(let kernel): kernel.usesStarts
        }
    }

    /// Evaluates the samples in `worker.scratch` into an empty column; false where there is no value.
    func evaluate(_ worker: inout SeriesWorker, _ series: inout StepSeries) throws(QueryError) -> Bool {
        switch self {
        case .value(let lookup):
            if lookup.plan.needsStatisticsOnly { worker.scratch.columns.keepStatistics() }
            let weight = lookup.fill(&series.column, from: worker.scratch.columns)
            worker.tally.add(series.column, weight: weight)
            if series.column.hasHistograms {
                worker.keep(series.column)
            } else {
                worker.counted.cost.take(worker.counted.counts.add(series.column.values, floats: weight))
            }
            return weight > 0
        case .time(let lookup):
            let count = lookup.fillTimes(&series.column, from: worker.scratch.columns)
            worker.tally.add(series.column, weight: count)
            worker.keep(series.column)
            if count > 0 { worker.context.dropName(&series) }
            return count > 0
        case .start(let lookup):
            let count = lookup.fillStarts(&series.column, from: worker.scratch.columns, worker.scratch.startRuns)
            worker.tally.add(series.column, weight: count)
            worker.keep(series.column)
            if count > 0 { worker.context.dropName(&series) }
            return count > 0
        case .range(let kernel):
            worker.scratch.columns.removeStaleMarkers()
            if worker.scratch.columns.isEmpty { return false }
            if case .selector(let plan, _, _) = kernel.source, plan.needsStatisticsOnly { worker.scratch.columns.keepStatistics() }
            return try kernel.evaluate(worker.scratch.columns, &worker, &series)
        }
    }
}

/// A range function with all that is the same for all series.
struct RangeKernel: Sendable {
    var function: RangeFunction
    let source: RangeSource
    let arguments: [ScalarColumn]
    let grid: StepGrid
    let lookback: Int64
    /// Whether the starts of samples matter.
    var usesStarts = false

    /// Evaluates one series; false where there is no value.
    func evaluate(_ columns: SampleColumns, _ worker: inout SeriesWorker, _ series: inout StepSeries) throws(QueryError) -> Bool {
        var windows = source.windows(columns, grid, lookback: lookback)
        if usesStarts { windows.starts = StartTimes(worker.scratch.startRuns, columns) }
        windows.findFloats(for: function, &worker.scratch.floatBounds)
        worker.context.labels = series.labels
        let weights = worker.tally.add(windows, areStored: source.isStored)
        try function.evaluate(windows, arguments, into: &series.column, &worker.context)
        let results = worker.counted.counts.add(series.column)
        worker.counted.cost.take(weights, results: results)
        if results == 0 { return false }
        worker.counterCheck?.note(series.column, &worker.context)
        if series.dropsName || !function.keepsName { worker.context.dropName(&series) }
        return true
    }
}

/// Stored series, evaluated one by one or, where there are many, by all threads that the query may use (``SeriesBlocks``).
struct StoredSeries: Sendable {
    let selected: any SelectedSeries
    let kernel: SeriesKernel
    let grid: StepGrid
    let budget: QueryBudget
    let threads: Int
    /// Present in queries that are explained.
    var clock: (@Sendable () -> Int64)?

    /// Below this many series it does not pay to wake other threads.
    private var seriesToShare: Int { grid.count > 1 ? 32 : 1000 }

    /// Calls `body` with each series that has values.
    ///
    /// - Returns: the workers, for their annotations and counts.
    func forEach(_ worker: SeriesWorker, _ body: Evaluator.SeriesBody) throws(QueryError) -> [SeriesWorker] {
        if threads > 1 && selected.count >= seriesToShare { return try SeriesBlocks(self, threads: threads).forEach(worker, body) }
        var worker = worker
        var series = StepSeries(labels: LabelSet(), column: StepColumn(count: grid.count))
        for index in 0..<selected.count {
            if try evaluate(index, &worker, &series) { try body(&series) }
        }
        return [worker]
    }

    /// Reads and evaluates one series; false where it has no values.
    func evaluate(_ index: Int, _ worker: inout SeriesWorker, _ series: inout StepSeries) throws(QueryError) -> Bool {
        try budget.check()
        if let clock { return try evaluate(index, &worker, &series, clock) }
        try selected.read(index, into: &worker.scratch.columns, keeping: &worker.scratch.reader)
        return try evaluateColumns(index, &worker, &series)
    }

    /// The same, with the times taken.
    private func evaluate(
        _ index: Int, _ worker: inout SeriesWorker, _ series: inout StepSeries, _ clock: @Sendable () -> Int64
    ) throws(QueryError) -> Bool {
        let begun = clock()
        try selected.read(index, into: &worker.scratch.columns, keeping: &worker.scratch.reader)
        let read = clock()
        let hasValues = try evaluateColumns(index, &worker, &series)
        worker.readNanoseconds += read - begun
        worker.kernelNanoseconds += clock() - read
        return hasValues
    }

    private func evaluateColumns(_ index: Int, _ worker: inout SeriesWorker, _ series: inout StepSeries) throws(QueryError) -> Bool {
        worker.samplesRead += worker.scratch.columns.count
        if worker.scratch.columns.isEmpty { return false }
        if kernel.usesStarts { worker.scratch.startRuns = try selected.startRuns(of: index) }
        series.column.reset(count: grid.count)
        series.labels = selected.labels(at: index)
        series.dropsName = false
        let hasValues = try kernel.evaluate(&worker, &series)
        if worker.counted.cost.peak > budget.samplesMax { try budget.admit(samples: worker.counted.cost.peak) }
        return hasValues
    }
}

extension Evaluator {
    /// Evaluates the series of a selection, and takes up what the workers noted.
    func forEachStored(
        _ selected: any SelectedSeries, _ kernel: SeriesKernel, _ grid: StepGrid, _ worker: SeriesWorker, _ body: SeriesBody
    ) throws(QueryError) {
        var stored = StoredSeries(selected: selected, kernel: kernel, grid: grid, budget: budget, threads: threads)
        guard let recorder, let part = kernel.part else {
            try take(try stored.forEach(worker, body))
            return
        }
        stored.clock = recorder.clock
        let before = recorder.spent
        let workers = try stored.forEach(worker, body)
        try take(workers)
        recorder.count(samplesRead: workers.reduce(0) { $0 + $1.samplesRead }, of: part)
        guard recorder.current != part else { return }
        // A range function and its selector go through the series together; the time is shared out as the threads spent it.
        let (reading, evaluating) = workers.reduce((0, 0)) { ($0.0 + $1.readNanoseconds, $0.1 + $1.kernelNanoseconds) }
        let share = Double(reading) / Double(Swift.max(1, reading + evaluating))
        recorder.move(Int64(Double(recorder.spent - before) * share), to: part)
    }

    /// Takes up what a worker noted.
    func take(_ worker: SeriesWorker) {
        statistics.samplesRead += worker.samplesRead
        tally.add(worker.tally)
        annotations.merge(worker.context.annotations)
    }

    /// Takes up what several workers noted, of which the first has the cost of all.
    func take(_ workers: [SeriesWorker]) throws(QueryError) {
        counted = workers[0].counted
        for worker in workers { take(worker) }
        for worker in workers.dropFirst() { counted.counts.add(worker.counted.counts) }
        try admit()
    }
}

extension SampleColumns {
    /// Takes the buckets off all histograms. Resets are found before, since they may show in the buckets only.
    mutating func keepStatistics() {
        var previous: NativeHistogram?
        for index in histograms.indices {
            let whole = histograms[index].histogram
            var hint = whole.resetHint
            if !whole.isStaleMarker {
                if hint == .unknown, let previous { hint = whole.isReset(since: previous) ? .reset : .notReset }
                previous = whole
                previous?.resetHint = hint
            }
            histograms[index].histogram = NativeHistogram(
                resetHint: hint, schema: whole.schema, count: whole.count, sum: whole.sum, isFloat: whole.isFloat)
        }
    }
}
