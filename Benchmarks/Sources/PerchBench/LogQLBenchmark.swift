internal import LogQL
internal import QueryModel

/// Parsing, and queries over log lines in memory: the engine without storage.
struct LogQLBenchmark {
    let stopwatch: Stopwatch

    private static let logs = [
        #"{service="gateway"} | json | duration_ms > 300"#,
        #"{service="gateway", env="prod"}"#,
        #"{env="prod"} |= "4f0c5a1d9e8b7c6f""#,
        #"{env="prod"} |= "msg-77 " | json | status = 503 | line_format "{{.method}} {{.path}}""#,
        #"{env="prod"} | json | user_plan = "no such plan""#,
    ]
    private static let metrics = [
        #"sum by (level) (count_over_time({env="prod"}[5m]))"#,
        #"sum by (service) (count_over_time({env="prod"} | json | status >= 500 [5m]))"#,
        #"sum by (path) (count_over_time({service="gateway"} | json | status >= 500 [5m]))"#,
        #"sum by (method, status) (count_over_time({env="prod"} | json [5m]))"#,
        #"avg_over_time({env="prod"} | json | unwrap duration_ms [5m]) by (service)"#,
        #"sum by (service) (count_over_time({env="prod"} |= "msg-77 " [5m]))"#,
        #"sum by (method) (count_over_time({service="gateway", env="prod"} | logfmt --strict | __error__ = "" [5m]))"#,
    ]

    func run() throws {
        try parsing()
        let source = LogBlocks(blockCount: 16, rowsPerBlock: stopwatch.runs < 9 ? 20_000 : 125_000)
        let rows = source.blocks.reduce(0) { $0 + $1.rowCount }
        var table = Table("\(rows) lines in 16 blocks, one thread", "ms", "M lines/s")
        let engine = LogQLEngine()
        for text in LogQLBenchmark.logs {
            let query = try engine.parse(text)
            let timing = try stopwatch.time(items: rows) {
                keep(try engine.logs(query, LogOptions(start: source.start, end: source.end), source: source, budget: QueryBudget()).count)
            }
            table.add("`\(text)`", shown(timing.seconds * 1e3, digits: 2), millions(timing))
        }
        let times = RangeOptions(start: source.start, end: source.end, stepNanoseconds: 60_000_000_000)
        for text in LogQLBenchmark.metrics {
            let query = try engine.parse(text)
            let timing = try stopwatch.time(items: rows) {
                keep(try engine.range(query, times, source: source, budget: QueryBudget()).statistics.entriesReturned)
            }
            table.add("`\(text)`", shown(timing.seconds * 1e3, digits: 2), millions(timing))
        }
        table.print()
    }

    private func parsing() throws {
        var table = Table("parse", "µs")
        for text in LogQLBenchmark.logs + LogQLBenchmark.metrics {
            let timing = try stopwatch.time(items: 1) { keep(try LogQLParser().parse(text).text.utf8.count) }
            table.add("`\(text)`", shown(timing.seconds * 1e6))
        }
        table.print()
    }
}
