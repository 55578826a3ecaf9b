internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// Parsing, and evaluation over series in memory: the engine without storage.
struct PromQLBenchmark {
    let stopwatch: Stopwatch

    private static let texts = [
        "up",
        #"http_requests_total{job="cart",code=~"5.."}"#,
        "sum by (job) (rate(http_requests_total[5m]))",
        #"histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket{job="gateway"}[5m])))"#,
        #"100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])))"#,
        #"sum(rate(errors_total[5m])) by (job) / on (job) group_left (team) sum(rate(requests_total[5m])) by (job, team) > 0.05"#,
        "max_over_time(deriv(queue_length[10m])[1h:1m] offset 1d)",
    ]
    private static let evaluated = [
        "http_requests_total", "sum by (job) (http_requests_total)", "rate(http_requests_total[5m])",
        "sum by (job) (rate(http_requests_total[5m]))", "topk(10, rate(http_requests_total[5m]))",
    ]
    private static let seriesCount = 20_000

    func run() throws {
        try parsing()
        try evaluating()
    }

    private func parsing() throws {
        let parser = PromQLParser()
        var table = Table("parse", "µs")
        for text in PromQLBenchmark.texts {
            let timing = try stopwatch.time(items: 1) { keep(try parser.parse(text).position.start) }
            table.add("`\(text)`", shown(timing.seconds * 1e6))
        }
        table.print()
    }

    private func evaluating() throws {
        let start: Timestamp = 1_790_000_000_000
        // An hour and the five minutes before it, a sample every 15 seconds.
        let times = (0...260).map { start - 300_000 + Timestamp($0) * 15_000 }
        let source = CounterSource(series: Fleet.series(PromQLBenchmark.seriesCount), times: times)
        let engine = QueryEngine(options: EngineOptions())
        let rangeTimes = EvaluationTimes.range(start: start, end: start + 3_600_000, stepMilliseconds: 60_000)
        let patient = Stopwatch(runs: min(stopwatch.runs, 5), runSeconds: stopwatch.runSeconds)
        var table = Table("20,000 series, 5.2 M samples, one thread", "at one time, ms", "1 h by 1 min, ms", "M samples/s")
        for text in PromQLBenchmark.evaluated {
            let expression = try engine.parse(text)
            let instant = try patient.time(items: PromQLBenchmark.seriesCount) {
                keep(try answer(engine, expression, .instant(start + 3_600_000), source))
            }
            let range = try patient.time(items: PromQLBenchmark.seriesCount * times.count) {
                keep(try answer(engine, expression, rangeTimes, source))
            }
            table.add("`\(text)`", shown(instant.seconds * 1e3), shown(range.seconds * 1e3, digits: 0), millions(range))
        }
        table.print()
    }

    private func answer(_ engine: QueryEngine, _ expression: Expression, _ times: EvaluationTimes, _ source: CounterSource) throws -> Int {
        let answer = try engine.evaluate(expression, times: times, source: source, budget: QueryBudget())
        let count =
            switch answer.value {
            case .vector(let samples): samples.count
            case .matrix(let series): series.count
            case .scalar, .string: 0
            }
        precondition(count > 0, "BUG: the query found nothing")
        return count
    }
}
