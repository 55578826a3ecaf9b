internal import QueryModel
internal import TraceQL

/// Parsing, and queries over spans in memory: the engine without storage.
struct TraceQLBenchmark {
    let stopwatch: Stopwatch

    private static let searches = [
        #"{ resource.service.name = "service-3" && status = error }"#,
        #"{ resource.service.name = "service-3" && duration > 990ms }"#,
        #"{ resource.service.name = "service-3" && duration > 200ms && name = "operation-7" && kind = server && status = error }"#,
        #"{ .http.status_code >= 500 && .http.method = "METHOD-1" }"#,
        #"{ .http.target =~ "/some/path/of/a/page-99.." }"#,
        #"{ .nosuch = "x" }"#,
        #"{ resource.service.name = "service-3" } >> { status = error }"#,
        #"{ status = error } | count() > 3"#,
        #"{ } | by(resource.service.name) | count() > 6"#,
    ]
    private static let metrics = [
        "{ } | rate()", "{ } | rate() by (resource.service.name)", "{ status = error } | rate() by (resource.service.name)",
        "{ } | count_over_time() by (resource.service.name, kind, status)", "{ } | avg_over_time(duration) by (name)",
        "{ } | quantile_over_time(duration, 0.5, 0.99) by (resource.service.name)",
    ]

    func run() throws {
        try parsing()
        let source = SpanBlocks(count: 16)
        let engine = TraceQLEngine()
        var table = Table("1 M spans in 16 blocks, one thread, all blocks looked at", "ms", "M spans/s")
        let spans = source.blocks.count * SpanBlocks.spansPerBlock
        for text in TraceQLBenchmark.searches {
            let query = try engine.parse(text)
            var options = SearchOptions()
            options.mostRecent = true
            let timing = try stopwatch.time(items: spans) {
                keep(try engine.search(query, options, source: source, budget: QueryBudget()).traces.count)
            }
            table.add("`\(text)`", shown(timing.seconds * 1e3, digits: 2), millions(timing))
        }
        for text in TraceQLBenchmark.metrics {
            let query = try engine.parse(text)
            var options = MetricsOptions(range: source.range)
            options.step = 15_000_000_000
            let timing = try stopwatch.time(items: spans) {
                let result = try engine.metricsRange(query, options, source: source, budget: QueryBudget())
                precondition(!result.series.isEmpty, "BUG: the query found nothing")
                keep(result.series.count)
            }
            table.add("`\(text)`", shown(timing.seconds * 1e3, digits: 2), millions(timing))
        }
        table.print()
    }

    private func parsing() throws {
        var table = Table("parse", "µs")
        for text in TraceQLBenchmark.searches + TraceQLBenchmark.metrics {
            let timing = try stopwatch.time(items: 1) { keep(try TraceQLParser().parse(text).hints.count) }
            table.add("`\(text)`", shown(timing.seconds * 1e6))
        }
        table.print()
    }
}
