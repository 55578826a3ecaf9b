internal import QueryModel
internal import TelemetryModel

/// One metrics query over the tables of a source.
struct MetricsEvaluation: Sendable {
    let expression: MetricsExpression
    let grid: IntervalGrid
    let exemplarsMax: Int
    let seriesMax: Int
    let budget: QueryBudget
    let threads: Int

    /// What one table, or some, give for each part of the query.
    private enum Outcome: Sendable {
        case tally(PartTally)
        case comparison(ComparisonTally)
    }

    private struct TableAnswer: Sendable {
        var outcomes: [Outcome] = []
        var statistics = TraceQueryStatistics()
    }

    func run(_ source: any SpanSource) throws(QueryError) -> MetricsResult {
        let parts = MetricsQueryPart.all(of: expression)
        let tables = try source.tables(in: NanosecondRange(start: grid.start, end: grid.end), budget: budget)
        var result = MetricsResult()
        result.statistics.tableCount = tables.count
        result.statistics.tableBytes = tables.reduce(0) { $0 + $1.storedBytes }
        // Every part gets its share of the exemplars.
        let share = exemplarsMax == 0 ? 0 : Swift.max(1, exemplarsMax / parts.count)
        var totals = parts.map { part in
            part.measure == nil ? Outcome.comparison(ComparisonTally()) : .tally(PartTally(exemplarSlots: ExemplarSlots(max: share, grid)))
        }
        var reserved = 0
        defer { budget.release(samples: reserved) }
        let plans = parts.map { PipelinePlan($0.stages) }
        try TableScheduler(tables: tables, threads: threads).forEach { table throws(QueryError) in
            try count(table, parts, plans, exemplarsMax: share)
        } merge: { answer throws(QueryError) in
            result.statistics.add(answer.statistics)
            for (index, outcome) in answer.outcomes.enumerated() { merge(&totals[index], outcome, parts[index]) }
            let held = totals.reduce(0) { $0 + groupCount($1) } * grid.count
            if held > reserved {
                try budget.reserve(samples: held - reserved)
                reserved = held
            }
            return true
        }
        var sets: [MetricsQueryPart: SeriesSet] = [:]
        for (part, total) in zip(parts, totals) {
            switch total {
            case .tally(let tally): sets[part] = part.series(tally, grid)
            case .comparison(let tally): sets[part] = tally.series(part.aggregate)
            }
        }
        (result.series, result.isTruncated) = MetricsWriter(grid: grid, seriesMax: seriesMax).series(evaluate(expression, sets))
        return result
    }

    private func groupCount(_ outcome: Outcome) -> Int {
        switch outcome {
        case .tally(let tally): tally.groups.count
        case .comparison(let tally): tally.seriesCount
        }
    }

    private func merge(_ total: inout Outcome, _ outcome: Outcome, _ part: MetricsQueryPart) {
        switch (total, outcome) {
        case (.tally(var tally), .tally(let more)):
            // The copy is let go, so that it is not made anew at every table.
            total = .comparison(ComparisonTally())
            tally.add(more, part)
            total = .tally(tally)
        case (.comparison(var tally), .comparison(let more)):
            tally.add(more)
            total = .comparison(tally)
        default: break
        }
    }

    private func count(
        _ table: any SpanTable, _ parts: [MetricsQueryPart], _ plans: [PipelinePlan], exemplarsMax: Int
    ) throws(QueryError) -> TableAnswer {
        let reader = TableReader(table, budget: budget)
        var answer = TableAnswer()
        var mayHold = false
        for plan in plans where !mayHold { mayHold = try TableSkipping(reader).mayHold(plan) }
        if !mayHold { return answer }
        try reader.open()
        answer.statistics.inspectedTables = 1
        answer.statistics.inspectedBytes = table.storedBytes
        answer.statistics.inspectedSpans = reader.rowCount
        answer.statistics.inspectedTraces = reader.traceCount
        for (part, plan) in zip(parts, plans) {
            let rows = try PipelineEvaluator(reader).run(plan).rows(reader)
            if let measure = part.measure {
                let counter = PartCounter(part: part, grid: grid, reader: reader, rows: rows)
                answer.outcomes.append(.tally(try counter.tally(measure, exemplarsMax: exemplarsMax)))
            } else if case .compare(let condition, _, let start, let end) = part.aggregate.function {
                let counter = ComparisonCounter(grid: grid, reader: reader, rows: rows, condition: condition, start: start, end: end)
                answer.outcomes.append(.comparison(try counter.tally()))
            }
        }
        return answer
    }

    /// Applies what stands behind the parts of the query.
    private func evaluate(_ expression: MetricsExpression, _ sets: [MetricsQueryPart: SeriesSet]) -> SeriesSet {
        switch expression {
        case .aggregate(let stages, let aggregate): sets[MetricsQueryPart(stages: stages, aggregate: aggregate)] ?? SeriesSet()
        case .arithmetic(let operation, let left, let right): SecondStage.join(operation, evaluate(left, sets), evaluate(right, sets))
        case .scalar(let operation, let operand, let number, let isScalarLeft):
            SecondStage.scalar(operation, evaluate(operand, sets), number, isScalarLeft: isScalarLeft)
        case .topK(let count, let operand): SecondStage.extremes(count, isTop: true, evaluate(operand, sets))
        case .bottomK(let count, let operand): SecondStage.extremes(count, isTop: false, evaluate(operand, sets))
        case .filter(let comparison, let number, let operand): SecondStage.filter(comparison, number, evaluate(operand, sets))
        }
    }
}

/// Writes series as answers have them.
struct MetricsWriter {
    let grid: IntervalGrid
    let seriesMax: Int

    /// Those that have values, sorted by their labels; and whether there were more than allowed.
    func series(_ set: SeriesSet) -> ([MetricSeries], isTruncated: Bool) {
        var found = set.series.filter(\.hasValues).map { (text: sortingText($0.labels), series: $0) }
        found.sort { $0.text.isBefore($1.text) }
        let isTruncated = seriesMax > 0 && found.count > seriesMax
        if isTruncated { found.removeLast(found.count - seriesMax) }
        return (found.map { written($0.series) }, isTruncated)
    }

    private func sortingText(_ labels: [SeriesLabel]) -> String {
        labels.map { "\($0.name)=\($0.value.plainText)" }.sorted { $0.isBefore($1) }.joined(separator: ",")
    }

    private func written(_ series: ComputedSeries) -> MetricSeries {
        var result = MetricSeries(labels: series.labels.map { Attribute($0.name, $0.value.attributeValue) })
        for (interval, value) in series.values.enumerated() where !value.isNaN {
            result.samples.append(MetricSample(timestamp: grid.timestamp(interval), value: value))
        }
        for exemplar in series.exemplars.sorted(by: { $0.timestamp < $1.timestamp }) {
            // Where the series has no value, there is nothing that the exemplar could stand at.
            let held = series.values[exemplar.interval]
            if held.isNaN { continue }
            result.exemplars.append(
                MetricExemplar(
                    labels: exemplar.labels.map { Attribute($0.name, $0.value.attributeValue) }, timestamp: exemplar.timestamp,
                    value: exemplar.value.isNaN ? held : exemplar.value))
        }
        return result
    }
}
