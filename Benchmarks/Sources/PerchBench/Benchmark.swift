/// One part of Perch under measurement. It prints its own tables, since every part is measured in units of its own.
struct Benchmark: Sendable {
    let name: String
    /// What is measured, in one line.
    let summary: String
    let run: @Sendable (Stopwatch) throws -> Void

    static let all: [Benchmark] = [
        Benchmark(name: "codec", summary: "bytes and speed of timestamp and value columns and of pages, by kind of series") {
            try CodecBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "exposition", summary: "reading a page of a node exporter") { try ExpositionBenchmark(stopwatch: $0).run() },
        Benchmark(name: "remote-write", summary: "decoding and taking in bodies of 2000 samples") {
            try RemoteWriteBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "append", summary: "appending to the metric storage, journal included, and sealing") { _ in
            try AppendBenchmark().run()
        },
        Benchmark(name: "latency", summary: "how long an append takes while heads are sealed and pages merged") { _ in
            try LatencyBenchmark().run()
        },
        Benchmark(name: "churn", summary: "memory and queries where every pod is replaced every hour") { _ in try ChurnBenchmark().run() },
        Benchmark(name: "year", summary: "queries over a year, which rollups answer, and the size of rollups") { _ in
            try YearBenchmark().run()
        },
        Benchmark(name: "select", summary: "finding series, label names and values in shards and head") {
            try SelectBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "promql", summary: "parsing queries, and range queries over 20,000 series in memory") {
            try PromQLBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "traceql", summary: "parsing queries, searches and metrics over a million spans in memory") {
            try TraceQLBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "logql", summary: "parsing queries, and queries over two million log lines in memory") {
            try LogQLBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "trace-blocks", summary: "taking spans in, journal and sealing included; their bytes; finding traces") {
            stopwatch in
            try TraceBlockBenchmark(spans: stopwatch.runs < 9 ? 20_000 : 500_000).run()
        },
        Benchmark(name: "log-intake", summary: "taking in bodies of 1000 log lines, up to where storage begins") {
            try LogIntakeBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "log-blocks", summary: "taking log lines in, journal and sealing included; their bytes by column; finding a needle")
        {
            stopwatch in
            try LogBlockBenchmark(lines: stopwatch.runs < 9 ? 20_000 : 500_000).run()
        },
        Benchmark(name: "log-needles", summary: "lines of an id that nobody asked for before, among many blocks") { stopwatch in
            try LogNeedleBenchmark(lines: stopwatch.runs < 9 ? 20_000 : 1_000_000).run()
        },
        Benchmark(name: "span-metrics", summary: "counting spans for metrics, and making samples of the counts") {
            try SpanMetricsBenchmark(stopwatch: $0).run()
        },
        Benchmark(name: "labels", summary: "look-ups in label sets, equality, hashes") { try LabelsBenchmark(stopwatch: $0).run() },
    ]
}
