internal import MetricStorage
internal import OTLPFormat
internal import TelemetryModel

/// Makes metrics of spans: takes spans and the time, changes its state, and gives samples when it is asked to.
///
/// It holds no lock and reads no clock; the same spans at the same times give the same samples.
struct SpanMetricsGenerator: Sendable {
    let options: MetricGenerationOptions
    let plan: ObservationPlan
    private var series: SpanSeries
    private var graph: ServiceGraph
    private var contexts = ResourceContexts()
    private var budget: SeriesBudget
    private var previousFlush: Timestamp
    private let spanOptions: SpanMetricsOptions
    private var observedSpans = 0
    private var outOfSlackSpans = 0

    /// - Parameters:
    ///   - now: when counting begins.
    ///   - seed: drawn anew in every process.
    init(
        _ options: MetricGenerationOptions, spans: SpanMetricsOptions, graph: ServiceGraphOptions, now: Timestamp, seed: UInt64
    ) {
        self.options = options
        spanOptions = spans
        var plan = ObservationPlan(seed: seed)
        series = SpanSeries(spans, options, &plan)
        self.graph = ServiceGraph(graph, options, &plan)
        self.plan = plan
        budget = SeriesBudget(activeMax: options.activeSeriesMax)
        previousFlush = now
    }

    /// Counts the spans of a message.
    ///
    /// - Parameters:
    ///   - scan: of this message.
    ///   - observed: of this message, made by the plan of this generator.
    mutating func observe(_ message: UnsafeRawBufferPointer, _ scan: SpanScan, _ observed: borrowing ObservedMessage, now: Timestamp) {
        let earliest = UnixNanoseconds(max(0, now - options.slackMilliseconds)) * 1_000_000
        let latest = UnixNanoseconds(max(0, now + options.slackMilliseconds)) * 1_000_000
        var context: (resource: Int32, context: ResourceContext)?
        observed.values.withUnsafeBufferPointer { values in
            for (index, scanned) in scan.spans.enumerated() {
                observedSpans += 1
                guard scanned.end >= earliest, scanned.end <= latest else {
                    outOfSlackSpans += 1
                    continue
                }
                let current: ResourceContext
                if let context, context.resource == scanned.resource {
                    current = context.context
                } else {
                    let resource = Int(scanned.resource)
                    current = contexts.context(of: observed.resources[resource]) {
                        ResourceContext(scan.resources[resource].body, of: message, plan, spanOptions)
                    }
                    context = (scanned.resource, current)
                }
                let start = Int(observed.valueStarts[index])
                let own =
                    start < 0
                    ? UnsafeBufferPointer<ValuePlace>(start: nil, count: 0) : .init(rebasing: values[start..<start + plan.keys.count])
                let span = ObservedSpan(message: message, scanned: scanned, name: observed.names[index], context: current, values: own)
                if series.options.isEnabled { series.observe(span, now, &budget) }
                if graph.options.isEnabled { graph.observe(span, now, &budget) }
            }
        }
    }

    /// Gives up on requests that have waited for too long. To be called every second or so.
    mutating func expire(_ now: Timestamp) { graph.expire(now, &budget) }

    // MARK: Samples

    /// A flush under way.
    struct Flush: Sendable {
        fileprivate let times: FlushTimes
        fileprivate var table = 0
        fileprivate var place = 0
        fileprivate var flushed: [(table: Int, series: FlushedSeries)] = []

        var isDone: Bool { table == SpanMetricsGenerator.tableCount }
    }

    private static let tableCount = 5

    mutating func beginFlush(now: Timestamp) -> Flush {
        expire(now)
        // A clock that was set back must not put samples before earlier ones.
        let now = max(now, previousFlush + 1)
        defer { previousFlush = now }
        return Flush(times: FlushTimes(now: now, previous: previousFlush, staleBefore: now - options.staleMilliseconds))
    }

    /// Adds samples to a batch, up to about so many, until the flush is done.
    ///
    /// - Precondition: what was filled before was confirmed, and the batch is empty.
    mutating func fill(_ batch: inout MetricBatch, _ flush: inout Flush, samplesMax: Int) {
        flush.flushed.removeAll(keepingCapacity: true)
        while !flush.isDone, batch.sampleCount + batch.histogramCount < samplesMax {
            var flushed = FlushedSeries()
            let count = with(table: flush.table) { table, budget in
                table.fill(&batch, &flushed, from: &flush.place, samplesMax: samplesMax, flush.times, &budget)
                return table.placeCount
            }
            flush.flushed.append((flush.table, flushed))
            if flush.place >= count {
                flush.table += 1
                flush.place = 0
            }
        }
    }

    /// Notes that what was filled last is written.
    mutating func confirm(_ flush: Flush, _ references: [SeriesReference]) {
        for (table, flushed) in flush.flushed { with(table: table) { table, _ in table.confirm(flushed, references) } }
    }

    private mutating func with<Result>(table: Int, _ body: (inout SeriesTable, inout SeriesBudget) -> Result) -> Result {
        switch table {
        case 0: body(&series.spans, &budget)
        case 1: body(&series.targets, &budget)
        case 2: body(&graph.requests, &budget)
        case 3: body(&graph.unpaired, &budget)
        default: body(&graph.dropped, &budget)
        }
    }

    /// What is to be said of the metrics.
    var metadata: [String: MetricMetadata] {
        var tables: [SeriesTable] = series.options.isEnabled ? [series.spans] : []
        if series.options.isEnabled, series.options.hasTargetInfo { tables.append(series.targets) }
        if graph.options.isEnabled { tables += [graph.requests, graph.unpaired, graph.dropped] }
        return tables.map(\.schema.metadata).reduce(into: [:]) { $0.merge($1) { $1 } }
    }

    /// Names that are kept for requests that wait.
    var nameCount: Int { graph.nameCount }

    var statistics: SpanMetricsStatistics {
        SpanMetricsStatistics(
            observedSpans: observedSpans, outOfSlackSpans: outOfSlackSpans,
            filteredSpans: series.filteredSpans + graph.filteredSpans, invalidLabels: series.invalidLabels + graph.invalidLabels,
            overflowedSpans: series.overflowedSpans, overflowedEdges: graph.overflowedEdges, droppedSpans: graph.droppedSpans,
            activeSeries: budget.active, waitingEdges: graph.waitingCount)
    }
}
