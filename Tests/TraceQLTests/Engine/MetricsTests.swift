internal import QueryModel
internal import TelemetryModel
internal import Testing

@testable internal import TraceQL

/// Series, reckoned by hand. Steps are 10 ms, the samples at 10, 20 and 30 ms.
struct MetricsTests {
    private let spans: SpanBuilder = {
        var spans = SpanBuilder()
        // A span belongs to the step that its start ends; the first is too early, the last too late.
        for (id, at, service, size) in [
            (1, 0, "a", 1), (2, 5, "a", 2), (3, 10, "b", 3), (4, 11, "a", 8), (5, 20, "a", 9), (6, 25, "b", 100), (7, 31, "b", 1),
        ]
            as [(UInt64, UInt64, String, Int64)]
        {
            spans.add(
                id, trace: id, "op", service: service, at: at, lasts: id, [Attribute("size", .int(size))],
                status: id % 2 == 0 ? .error : .unset)
        }
        return spans
    }()

    private static let cases: [(String, [String])] = [
        ("{ } | count_over_time()", ["__name__=count_over_time: 10=2.0 20=2.0 30=1.0"]),
        ("{ } | rate()", ["__name__=rate: 10=200.0 20=200.0 30=100.0"]),
        ("{ .missing } | rate()", ["__name__=rate: 10=0.0 20=0.0 30=0.0"]), ("{ .missing } | rate() by (name)", []),
        ("{ .missing } | max_over_time(.size)", []),
        (
            "{ } | count_over_time() by (resource.service.name)",
            ["resource.service.name=a: 10=1.0 20=2.0 30=0.0", "resource.service.name=b: 10=1.0 20=0.0 30=1.0"]
        ),
        ("{ } | count_over_time() by (status, .missing)", ["status=error: 10=1.0 20=1.0 30=1.0", "status=unset: 10=1.0 20=1.0 30=0.0"]),
        ("{ } | count_over_time() by (.missing)", [".missing=nil: 10=2.0 20=2.0 30=1.0"]),
        ("{ } | min_over_time(.size)", ["__name__=min_over_time: 10=2.0 20=8.0 30=100.0"]),
        ("{ } | max_over_time(.size)", ["__name__=max_over_time: 10=3.0 20=9.0 30=100.0"]),
        ("{ } | sum_over_time(.size)", ["__name__=sum_over_time: 10=5.0 20=17.0 30=100.0"]),
        ("{ } | avg_over_time(.size)", ["__name__=avg_over_time: 10=2.5 20=8.5 30=100.0"]),
        ("{ status = error } | max_over_time(duration)", ["__name__=max_over_time: 10=0.002 20=0.004 30=0.006"]),
        (
            "{ } | histogram_over_time(.size)",
            [
                "__bucket=128.0: 10=0.0 20=0.0 30=1.0", "__bucket=16.0: 10=0.0 20=1.0 30=0.0", "__bucket=2.0: 10=1.0 20=0.0 30=0.0",
                "__bucket=4.0: 10=1.0 20=0.0 30=0.0", "__bucket=8.0: 10=0.0 20=1.0 30=0.0",
            ]
        ),
        ("{ } | quantile_over_time(.size, 1)", ["p=1.0: 10=4.0 20=16.0 30=128.0"]),
        ("{ } | quantile_over_time(.size, 0)", ["p=0.0: 10=2.0 20=8.0 30=128.0"]),
        ("{ } | count_over_time() > 1", ["__name__=count_over_time: 10=2.0 20=2.0"]),
        ("({ } | count_over_time()) * 2 + 1", ["__name__=count_over_time: 10=5.0 20=5.0 30=3.0"]),
        ("10 / ({ .missing } | count_over_time())", []),
        ("1 - ({ } | count_over_time())", ["__name__=count_over_time: 10=-1.0 20=-1.0 30=0.0"]),
        (
            "({ status = error } | count_over_time()) / ({ } | count_over_time())",
            ["__name__=(count_over_time / count_over_time): 10=0.5 20=0.5 30=1.0"]
        ),
        (
            "({ } | count_over_time() by (resource.service.name)) / ({ } | count_over_time())",
            ["resource.service.name=a: 10=0.5 20=1.0 30=0.0", "resource.service.name=b: 10=0.5 20=0.0 30=1.0"]
        ),
        (
            "{ } | max_over_time(.size) by (resource.service.name) | topk(1)",
            ["resource.service.name=a: 20=9.0", "resource.service.name=b: 10=3.0 30=100.0"]
        ),
        (
            "{ } | max_over_time(.size) by (resource.service.name) | bottomk(1)",
            ["resource.service.name=a: 10=2.0 20=9.0", "resource.service.name=b: 30=100.0"]
        ),
        ("({ } | max_over_time(duration)) > 5ms", ["__name__=max_over_time: 30=0.006"]),
        ("{ } | compare({ status = error }, 1)", []),
    ]

    @Test(arguments: cases)
    func `series are those reckoned by hand`(text: String, expected: [String]) throws {
        let series = try spans.series(text)
        if text.contains("compare") {
            #expect(series.contains("__meta_type=selection span.size=8: 10=0.0 20=1.0 30=0.0") == false)
            #expect(series.contains("__meta_type=selection_total name=nil: 10=1.0 20=1.0 30=1.0"))
            #expect(series.contains("__meta_type=baseline_total resource.service.name=nil: 10=1.0 20=1.0 30=0.0"))
            #expect(series.contains("__meta_type=selection resource.service.name=a: 10=1.0 20=1.0 30=0.0"))
        } else {
            #expect(series == expected)
        }
    }

    @Test func `an instant query has one sample over all`() throws {
        let engine = TraceQLEngine()
        let options = MetricsOptions(range: NanosecondRange(start: 100_000_000, end: 130_000_000))
        let result = try engine.metricsInstant(engine.parse("{ } | rate()"), options, source: spans.source, budget: QueryBudget())
        #expect(result.series.count == 1)
        #expect(result.series[0].samples == [MetricSample(timestamp: 130, value: 5 / 0.03)])
    }

    @Test func `steps are whole and one more comes first`() throws {
        let grid = try IntervalGrid(range: NanosecondRange(start: 1_234, end: 1_567), step: 100, countMax: 100)
        #expect((grid.start, grid.end, grid.count) == (1_100, 1_600, 5))
        #expect(grid.interval(1_100) == nil && grid.interval(1_101) == 0 && grid.interval(1_200) == 0 && grid.interval(1_201) == 1)
        #expect(grid.interval(1_600) == 4 && grid.interval(1_601) == nil)
        #expect(throws: QueryError.self) { try IntervalGrid(range: NanosecondRange(start: 5, end: 5), step: 1, countMax: 10) }
        #expect(throws: QueryError.self) { try IntervalGrid(range: NanosecondRange(start: 0, end: 1000), step: 1, countMax: 10) }
        #expect(throws: QueryError.self) { try IntervalGrid(range: NanosecondRange(start: 0, end: .max), step: 1 << 60, countMax: 1000) }
        #expect(TraceQLEngine.defaultStep(for: NanosecondRange(start: 0, end: 3_600_000_000_000)) == 15_000_000_000)
        #expect(TraceQLEngine.defaultStep(for: NanosecondRange(start: 0, end: 30_000_000_000)) == 100_000_000)
    }

    @Test func `exemplars stand for spans, one of a trace, with their values`() throws {
        let result = try spans.metrics("{ } | sum_over_time(.size) by (resource.service.name)") { $0.exemplarsMax = 10 }
        let a = try #require(result.series.first)
        #expect(a.exemplars.map(\.value) == [2, 8, 9])
        #expect(a.exemplars.map(\.timestamp) == [105, 111, 120])
        #expect(a.exemplars[0].labels.contains(Attribute("trace:id", .string("2"))))
        #expect(a.exemplars[0].labels.contains(Attribute("resource.service.name", .string("a"))))
        // What only counts takes the value of the series.
        #expect(try spans.metrics("{ } | count_over_time() with (exemplars=1)").series[0].exemplars.map(\.value) == [2])
        #expect(try spans.metrics("{ } | rate() with (exemplars=false)").series[0].exemplars.isEmpty)
    }

    @Test func `more series than asked for are cut off, and that is told`() throws {
        let result = try spans.metrics("{ } | rate() by (.size)") { $0.seriesMax = 2 }
        #expect(result.series.count == 2 && result.isTruncated)
    }

    @Test func `series take no more memory than allowed`() throws {
        let engine = TraceQLEngine()
        let options = MetricsOptions(range: NanosecondRange(start: 100_000_000, end: 130_000_000))
        let query = try engine.parse("{ } | rate() by (.size)")
        let error = #expect(throws: QueryError.self) {
            try engine.metricsRange(query, options, source: spans.source, budget: QueryBudget(samplesMax: 3))
        }
        #expect(error?.code == .tooManySamples)
        let budget = QueryBudget(samplesMax: 1000)
        _ = try engine.metricsRange(query, options, source: spans.source, budget: budget)
        try budget.reserve(samples: 1000)
    }

    @Test func `quantiles lie between powers of two`() {
        let buckets: [(end: Double, count: Int)] = [(2, 1), (4, 1), (8, 2)]
        #expect(PowerHistogram.quantile(0, buckets) == 2)
        #expect(PowerHistogram.quantile(0.5, buckets) == 4)
        #expect(abs(PowerHistogram.quantile(0.75, buckets) - 5.656854) < 1e-5)
        #expect(PowerHistogram.quantile(1, buckets) == 8)
        #expect(abs(PowerHistogram.quantile(0.5, [(8, 4)]) - 5.656854) < 1e-5)
        #expect(PowerHistogram.quantile(0.5, []) == 0)
        #expect([0, 1, 2, 3, 4, 5, 1 << 40, .max].map { PowerHistogram.exponent($0) } == [nil, nil, 1, 2, 2, 3, 40, 64])
    }
}
