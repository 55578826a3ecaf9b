internal import QueryModel
internal import TelemetryModel

/// Samples of a table in columns, in no particular order.
struct CollectedSamples: Sendable {
    /// The labels of series, as in `LabelSet.packed`.
    var labels: [[UInt8]] = []
    var labelNumbers: [Int32] = []
    var times: [Int64] = []
    var values: [Double] = []
    var statistics = LogStatistics()
}

/// Takes samples of a table's rows. Those of a series that are in the same windows become one, where what is made of windows allows that.
struct SampleCollector {
    private(set) var collected = CollectedSamples()
    var groups: RowGroups
    let buckets: TimeBuckets?
    let reduction: RangeAggregation.Operation.Reduction
    /// The last sample of each series.
    private var lastSamples: [Int32] = []

    init(_ plan: RangePlan, _ windows: Windows) {
        groups = RowGroups(plan.grouping)
        reduction = plan.aggregation.operation.reduction ?? .sum
        buckets = plan.aggregation.operation.reduction == nil ? nil : TimeBuckets(windows)
    }

    /// Adds the sample of a row.
    mutating func add(_ series: Int32, time: Int64, _ value: Double) {
        guard let buckets else { return append(series, time, value) }
        if let place = buckets.place(of: time) { addTotal(series, end: buckets.ends[place], value) }
    }

    /// Adds one sample for those of a span of time.
    mutating func addTotal(_ series: Int32, end: Int64, _ value: Double) {
        while lastSamples.count <= Int(series) { lastSamples.append(-1) }
        let last = Int(lastSamples[Int(series)])
        if last >= 0, collected.times[last] == end {
            collected.values[last] = reduction.combine(collected.values[last], value)
        } else {
            lastSamples[Int(series)] = Int32(collected.times.count)
            append(series, end, value)
        }
    }

    private mutating func append(_ series: Int32, _ time: Int64, _ value: Double) {
        collected.labelNumbers.append(series)
        collected.times.append(time)
        collected.values.append(value)
    }

    mutating func finish(_ statistics: LogStatistics) -> CollectedSamples {
        collected.labels = groups.table.keys
        collected.statistics = statistics
        return collected
    }
}

/// Makes samples of the entries of a table: of rows by columns alone as far as these say enough, and of lines where they do not.
struct TableSamples {
    let plan: RangePlan
    let table: any LogTable
    let selection: LogSelection
    let windows: Windows
    let budget: QueryBudget

    private static let batchRows = 8192

    func collect() throws(QueryError) -> CollectedSamples {
        var statistics = LogStatistics()
        var collector = SampleCollector(plan, windows)
        guard try TableReader.mayPass(plan.pipeline.lineTests, table, budget: budget) else { return collector.finish(statistics) }
        let reader = try TableReader(table, selection, budget: budget)
        if reader.runs.isEmpty { return collector.finish(statistics) }
        statistics.tablesRead = 1
        statistics.storedBytesRead = table.storedBytes
        var filter = try ColumnFilter(reader)
        if let rows = try reader.rows(mayPass: plan.pipeline.lineTests) { filter.keepOnly(rows) }
        try filter.run(plan.columns)
        if !filter.passed.isEmpty {
            let rowCount = filter.passed.count
            if !plan.pipeline.lineTests.isEmpty { statistics.bytesProcessed += try filter.apply(plan.pipeline.lineTests) }
            let open = try ColumnSamples(plan: plan, reader: reader).collect(&filter, &collector)
            statistics.linesProcessed += rowCount - open
        }
        if !filter.open.isEmpty { try collect(reader, filter.open, &collector, &statistics) }
        return collector.finish(statistics)
    }

    /// Runs the pipeline on rows.
    private func collect(
        _ reader: TableReader, _ mask: RowMask, _ collector: inout SampleCollector, _ statistics: inout LogStatistics
    ) throws(QueryError) {
        let needsLine = plan.countsBytes && plan.pipeline.changesLines
        let lengths = plan.countsBytes && !needsLine ? try table.lineLengths(budget: budget) : []
        var runner = try LineRunner(reader, plan.pipeline, wanted: plan.wanted, metadataNames: plan.metadataNames, needsLine: needsLine)
        var key: [UInt8] = []
        var order: [Int] = []
        for run in reader.runs {
            let all = mask.rows(in: run.rows)
            for start in stride(from: 0, to: all.count, by: TableSamples.batchRows) {
                let rows = Array(all[start..<Swift.min(start + TableSamples.batchRows, all.count)])
                let streams = [Int32](repeating: Int32(run.stream), count: rows.count)
                try runner.run(rows, streams: streams) { (index, context) throws(QueryError) in
                    var value = 1.0
                    if let unwrap = plan.unwrap {
                        guard let sample = unwrap.value(&context) else { return }
                        value = sample
                    } else if plan.countsBytes {
                        value = Double(needsLine ? context.line.count : Int(lengths[Int(rows[index])]))
                    }
                    context.writeLabels(plan.grouping, order: &order, to: &key)
                    collector.add(collector.groups.number(of: key), time: context.time, value)
                }
            }
        }
        statistics.add(runner.statistics)
    }
}
