internal import QueryModel
internal import TelemetryModel

/// Makes samples of the lines of a table.
struct TableSamples {
    let plan: RangePlan
    let table: any LogTable
    let selection: LogSelection
    let windows: Windows
    let budget: QueryBudget

    /// Samples in columns, in no particular order.
    struct Collected: Sendable {
        /// The labels of series, as in `LabelSet.packed`.
        var labels: [[UInt8]] = []
        var labelNumbers: [Int32] = []
        var times: [Int64] = []
        var values: [Double] = []
        var statistics = LogStatistics()
    }

    private static let batchRows = 8192

    func collect() throws(QueryError) -> Collected {
        var collected = Collected()
        guard try TableReader.mayPass(plan.pipeline.lineTests, table, budget: budget) else { return collected }
        let reader = try TableReader(table, selection, budget: budget)
        if reader.runs.isEmpty { return collected }
        collected.statistics.tablesRead = 1
        collected.statistics.storedBytesRead = table.storedBytes
        let needsLine = plan.countsBytes && plan.pipeline.changesLines
        let lengths = plan.countsBytes && !needsLine ? try table.lineLengths(budget: budget) : []
        var runner = try LineRunner(reader, plan.pipeline, wanted: plan.wanted, metadataNames: plan.metadataNames, needsLine: needsLine)
        var labels = LabelTable()
        var key: [UInt8] = []
        var order: [Int] = []
        for run in reader.runs {
            for start in stride(from: run.rows.lowerBound, to: run.rows.upperBound, by: TableSamples.batchRows) {
                let rows = (start..<Swift.min(start + TableSamples.batchRows, run.rows.upperBound)).map { Int32($0) }
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
                    collected.labelNumbers.append(labels.number(of: key))
                    collected.times.append(context.time)
                    collected.values.append(value)
                }
            }
        }
        collected.labels = labels.keys
        collected.statistics.add(runner.statistics)
        return collected
    }
}
