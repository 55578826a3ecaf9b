internal import QueryModel
internal import TelemetryModel

/// Finds the first lines of a table that pass a pipeline.
struct TableLines {
    let evaluation: LogEvaluation
    let table: any LogTable
    let selection: LogSelection
    /// Lines behind this time do not count.
    let bound: Int64?

    /// Lines in the order that was asked for.
    struct Found: Sendable {
        var labels: [LogLabels] = []
        var times: [Int64] = []
        var labelNumbers: [Int32] = []
        var lines = PackedTexts()
        var statistics = LogStatistics()
    }

    private static let firstBatchRows = 256
    private static let batchRowsMax = 8192

    func find() throws(QueryError) -> Found {
        var found = Found()
        let (plan, budget) = (evaluation.plan, evaluation.budget)
        guard try TableReader.mayPass(plan.lineTests, table, budget: budget) else { return found }
        let reader = try TableReader(table, narrowed, budget: budget)
        if reader.runs.isEmpty { return found }
        found.statistics.tablesRead = 1
        found.statistics.storedBytesRead = table.storedBytes
        let mask = try mask(reader)
        if let mask, mask.isEmpty { return found }
        var runner = try LineRunner(reader, plan, wanted: .all, metadataNames: nil, needsLine: true)
        var rows = RowsInTime(reader, mask, isBackward: evaluation.options.direction == .backward)
        let needed = evaluation.options.intervalNanoseconds > 0 ? Int.max : evaluation.options.limit
        var collector = LineCollector()
        var batch = TableLines.firstBatchRows
        while found.times.count < needed {
            let next = rows.next(batch)
            if next.isEmpty { break }
            try collector.collect(next, &runner, into: &found, countMax: needed)
            batch = Swift.min(batch * 2, TableLines.batchRowsMax)
        }
        found.statistics.add(runner.statistics)
        return found
    }

    /// The rows that may pass, as far as columns tell; nil where they tell nothing.
    private func mask(_ reader: TableReader) throws(QueryError) -> RowMask? {
        let rows = try reader.rows(mayPass: evaluation.plan.lineTests)
        guard evaluation.columns.filters else { return rows }
        var filter = try ColumnFilter(reader)
        if let rows { filter.keepOnly(rows) }
        try filter.run(evaluation.columns)
        return filter.passed.union(filter.open)
    }

    /// The selection without what lies behind the bound.
    private var narrowed: LogSelection {
        guard let bound else { return selection }
        var narrowed = selection
        if evaluation.options.direction == .backward {
            narrowed.start = Swift.max(narrowed.start, bound)
        } else {
            narrowed.end = Swift.min(narrowed.end, bound == .max ? bound : bound + 1)
        }
        return narrowed
    }
}

/// Takes down lines that pass.
private struct LineCollector {
    /// Numbers of labels: a key tells labels and where each of them comes from.
    private var table = LabelTable()
    private var key: [UInt8] = []
    private var part: [UInt8] = []
    private var order: [Int] = []

    /// A line of a batch that passed.
    private struct Passed {
        /// The place in the order of time.
        var place: Int
        var number: Int32
        var text: Int
    }

    mutating func collect(
        _ rows: [RowsInTime.Row], _ runner: inout LineRunner, into found: inout TableLines.Found, countMax: Int
    ) throws(QueryError) {
        // Lines are read in the order of rows.
        let byRow = rows.indices.sorted { rows[$0].row < rows[$1].row }
        var passed: [Passed] = []
        var texts = PackedTexts()
        try runner.run(byRow.map { rows[$0].row }, streams: byRow.map { rows[$0].stream }) { (index, context) throws(QueryError) in
            let number = labelNumber(context, &found)
            let line = context.line
            texts.append(line.bytes[line.range])
            passed.append(Passed(place: byRow[index], number: number, text: texts.count - 1))
        }
        for line in passed.sorted(by: { $0.place < $1.place }).prefix(countMax - found.times.count) {
            found.times.append(rows[line.place].time)
            found.labelNumbers.append(line.number)
            found.lines.append(texts.bytes[texts.range(line.text)])
        }
    }

    private mutating func labelNumber(_ context: LineContext, _ found: inout TableLines.Found) -> Int32 {
        key.removeAll(keepingCapacity: true)
        for origin in [LineContext.Origin.stream, .metadata, .parsed] {
            context.writeAllLabels(origins: origin, order: &order, to: &part)
            LabelSet.appendRun(part, to: &key)
        }
        let number = table.number(of: key)
        if Int(number) == found.labels.count { found.labels.append(context.categorized(order: &order)) }
        return number
    }
}
