internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Evaluates a range aggregation at every step.
struct RangeEvaluation: Sendable {
    let plan: RangePlan
    let grid: StepGrid
    let budget: QueryBudget
    let threads: Int

    /// The windows' times.
    private var windows: Windows { Windows(grid, plan.range) }

    func run(_ source: any LogSource, _ statistics: inout LogStatistics) throws(QueryError) -> [StepSeries] {
        let windows = windows
        let selection = LogSelection(matchers: plan.range.selector.matchers, start: windows.start, end: windows.end)
        let tables = try source.tables(selection, budget: budget).filter {
            $0.rowCount > 0 && $0.times.upperBound >= selection.start && $0.times.lowerBound < selection.end
        }
        var series = SampleSeries()
        try TableScheduler(tables: tables, threads: threads).forAll { (table) throws(QueryError) in
            let samples = try TableSamples(plan: plan, table: table, selection: selection, windows: windows, budget: budget).collect()
            try budget.reserve(samples: samples.times.count)
            return samples
        } merge: { (samples) in
            statistics.add(samples.statistics)
            series.add(samples)
        }
        defer { budget.release(samples: series.sampleCount) }
        return try evaluate(series, windows)
    }

    private func evaluate(_ series: SampleSeries, _ windows: Windows) throws(QueryError) -> [StepSeries] {
        var results: [StepSeries] = []
        for element in series.finished() {
            try budget.check()
            let function = WindowFunction(plan, windows)
            let result = StepSeries(element.labels, values: function.values(element.times, element.values))
            if result.isEmpty { continue }
            try budget.reserve(samples: windows.count)
            if let error = element.labels["__error__"], element.labels["__preserve_error__"] != "true" {
                throw RangeEvaluation.pipelineError(error, element.labels)
            }
            results.append(result)
        }
        if plan.aggregation.operation == .absent { return [absence(of: results)] }
        return results
    }

    static func pipelineError(_ error: String, _ labels: LabelSet) -> QueryError {
        QueryError(
            .execution,
            "pipeline error: '\(error)' for series: '\(labels)'.\n"
                + "Use a label filter to intentionally skip this error. (e.g | __error__!=\"\(error)\").\n"
                + "To skip all potential errors you can match empty errors.(e.g __error__=\"\")\n"
                + "The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n")
    }

    /// 1 at each step at which nothing is there, with the labels that the selector names for certain.
    private func absence(of series: [StepSeries]) -> StepSeries {
        var labels: [(String, String)] = []
        var ambiguous: Set<String> = []
        for matcher in plan.range.selector.matchers where matcher.name != LabelName.metricName {
            if matcher.operator == .equal, !labels.contains(where: { $0.0 == matcher.name }) {
                labels.append((matcher.name, matcher.value))
            } else {
                ambiguous.insert(matcher.name)
            }
        }
        var result = StepSeries(LabelSet(labels.filter { !ambiguous.contains($0.0) }), count: grid.count)
        for step in 0..<grid.count where !series.contains(where: { $0.isPresent(step) }) { result.values[step] = 1 }
        return result
    }
}
