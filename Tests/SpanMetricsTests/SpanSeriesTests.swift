internal import LinearRegex
internal import TelemetryModel
internal import Testing

@testable internal import SpanMetrics

struct SpanSeriesTests {
    private let labels = #"service="shop", span_kind="SPAN_KIND_SERVER", span_name="GET /cart", status_code="STATUS_CODE_ERROR""#

    @Test func namesAndLabelsAreThoseOfTempo() {
        var bench = Workbench()
        bench.observe {
            $0.resource("shop")
            $0.span("GET /cart", .server, ms: 30, status: .error)
            $0.span("GET /cart", .server, id: 2, ms: 3000, status: .error)
        }
        bench.run(seconds: 15)
        let size = Double(bench.generator.statistics.observedSpans)
        #expect(size == 2)
        #expect(bench.value("traces_spanmetrics_calls_total{\(labels)}") == 2)
        #expect(bench.value("traces_spanmetrics_latency_count{\(labels)}") == 2)
        #expect(bench.value("traces_spanmetrics_latency_sum{\(labels)}") == 3.03)
        #expect((bench.value("traces_spanmetrics_size_total{\(labels)}") ?? 0) > 80)
        let buckets = bench.values("traces_spanmetrics_latency_bucket")
        let bounds = [
            "0.002", "0.004", "0.008", "0.016", "0.032", "0.064", "0.128", "0.256", "0.512", "1.024", "2.048", "4.096", "8.192", "16.384",
        ]
        for (index, bound) in bounds.enumerated() {
            let expected = index < 4 ? 0.0 : index < 11 ? 1 : 2
            #expect(buckets["traces_spanmetrics_latency_bucket{le=\"\(bound)\", \(labels)}"] == expected)
        }
        #expect(buckets["traces_spanmetrics_latency_bucket{le=\"+Inf\", \(labels)}"] == 2)
        #expect(buckets.count == 15)
    }

    @Test func kindsAndCodesHaveTheirNames() {
        var bench = Workbench()
        bench.observe { maker in
            maker.resource("a")
            for kind in 0...6 { maker.span("k", SpanKind(rawValue: Int32(kind)), status: SpanStatusCode(rawValue: Int32(kind % 4))) }
        }
        bench.run(seconds: 15)
        let series = bench.values("calls_total").keys.sorted()
        let expected = zip(SpanWord.kinds + ["6"], SpanWord.statusCodes + ["3"] + SpanWord.statusCodes).map {
            "traces_spanmetrics_calls_total{service=\"a\", span_kind=\"\($0)\", span_name=\"k\", status_code=\"\($1)\"}"
        }
        #expect(series == expected.sorted())
    }

    @Test func theFirstSampleIsAZeroAndTellsTheStart() {
        var bench = Workbench()
        bench.run(seconds: 15)
        bench.observe {
            $0.resource("shop")
            $0.span("GET /cart", .server, end: 15_000, status: .error)
        }
        bench.run(seconds: 30)
        let calls = bench.samples["traces_spanmetrics_calls_total{\(labels)}"] ?? []
        let start = SpanMaker.epoch + 15_001
        #expect(calls.map(\.timestamp) == [start, SpanMaker.epoch + 30_000, SpanMaker.epoch + 45_000])
        #expect(calls.map(\.value) == [0, 1, 1])
        #expect(bench.starts["traces_spanmetrics_calls_total{\(labels)}"] == [start, start])
        let native = bench.histograms["traces_spanmetrics_latency{\(labels)}"] ?? []
        #expect(native.map(\.histogram.count) == [0, 1, 1])
        #expect(native.map(\.timestamp) == calls.map(\.timestamp))
    }

    @Test func nativeHistogramsAreThoseOfPrometheus() throws {
        var bench = Workbench()
        bench.observe {
            $0.resource("shop")
            for ms in [0, 1000, 1000, 500, 510, 2_000_000] as [Double] { $0.span("GET /cart", .server, ms: ms, status: .error) }
        }
        bench.run(seconds: 15)
        let native = try #require(bench.histograms["traces_spanmetrics_latency{\(labels)}"]?.last?.histogram)
        try native.validate()
        #expect(native.schema == 3)
        #expect(native.zeroCount == 1)
        #expect(native.count == 6)
        #expect(!native.isFloat)
        // 0.5 s ends bucket -8, 1 s bucket 0; 2000 s lies in bucket 88: ceil(8 · log2(2000)).
        #expect(native.buckets(.positive).filter { $0.count > 0 }.map(\.index) == [-8, -7, 0, 88])
        #expect(native.buckets(.positive).filter { $0.count > 0 }.map(\.count) == [1, 1, 2, 1])
    }

    @Test func attributesBecomeLabels() {
        var options = SpanMetricsOptions()
        options.dimensions = ["http.method", "deployment.environment", "service", "n", "deployment_environment"]
        options.dimensionMappings = [.init(name: "where", sourceLabels: ["region", "zone", "none"], join: "/")]
        options.hasStatusMessage = true
        var bench = Workbench(spans: options)
        bench.observe {
            $0.resource("a", [.text("deployment.environment", "prod"), .text("region", "eu")])
            $0.span(
                "x", .server, message: "why",
                [
                    .text("http.method", "GET"), .text("deployment.environment", "not this"), .text("service", "own"),
                    Attribute("n", .int(7)),
                    .text("zone", "1"),
                ])
            $0.span("y")
        }
        bench.run(seconds: 15)
        #expect(
            bench.values("calls_total").keys.sorted() == [
                #"traces_spanmetrics_calls_total{__service="own", deployment_environment="prod", http_method="GET", n="7", service="a", "#
                    + #"span_kind="SPAN_KIND_SERVER", span_name="x", status_code="STATUS_CODE_UNSET", status_message="why", where="eu/1"}"#,
                #"traces_spanmetrics_calls_total{deployment_environment="prod", service="a", span_kind="SPAN_KIND_INTERNAL", span_name="y", "#
                    + #"status_code="STATUS_CODE_UNSET", where="eu"}"#,
            ])
    }

    @Test func valuesOfAllTypesBecomeText() {
        var options = SpanMetricsOptions()
        options.dimensions = ["v"]
        options.hasService = false
        options.hasSpanKind = false
        options.hasStatusCode = false
        options.hasSpanName = false
        var bench = Workbench(spans: options)
        let values: [(AttributeValue, String)] = [
            (.bool(true), "true"), (.int(-3), "-3"), (.double(1.5), "1.5"), (.array([.string("a"), .int(1)]), "[a1]"),
            (.map([.text("k", "w")]), "{k:w}"), (.string("ü"), "ü"), (.double(1e21), "1000000000000000000000"),
        ]
        bench.observe { maker in
            maker.resource("a")
            for (index, value) in values.enumerated() { maker.span("x", id: UInt64(index + 1), [Attribute("v", value.0)]) }
            maker.span("x", id: 100, [Attribute("v", .string(""))])
            maker.span("x", id: 101)
        }
        bench.run(seconds: 15)
        var expected = Dictionary(uniqueKeysWithValues: values.map { ("traces_spanmetrics_calls_total{v=\"\($0.1)\"}", 1.0) })
        // An empty value is the same as none.
        expected["traces_spanmetrics_calls_total"] = 2
        #expect(bench.values("calls_total") == expected)
    }

    @Test func targetInfoSaysWhatElseIsKnownOfAProcess() {
        var options = SpanMetricsOptions()
        options.hasTargetInfo = true
        options.targetInfoExcluded = ["secret"]
        var bench = Workbench(spans: options)
        bench.observe {
            $0.resource(
                "shop",
                [
                    .text("service.namespace", "eu"), .text("service.instance.id", "i-1"), .text("host.name", "h"), .text("secret", "s"),
                    .text("job", "own"), .text("1st", "no"),
                ])
            $0.span("x")
            $0.resource("bare")
            $0.span("y", id: 2)
        }
        bench.run(seconds: 15)
        #expect(bench.values("target_info") == [#"traces_target_info{__job="own", host_name="h", instance="i-1", job="eu/shop"}"#: 1])
        #expect(
            bench.values("calls_total").keys.sorted() == [
                #"traces_spanmetrics_calls_total{instance="i-1", job="eu/shop", service="shop", span_kind="SPAN_KIND_INTERNAL", span_name="x", status_code="STATUS_CODE_UNSET"}"#,
                #"traces_spanmetrics_calls_total{job="bare", service="bare", span_kind="SPAN_KIND_INTERNAL", span_name="y", status_code="STATUS_CODE_UNSET"}"#,
            ])
    }

    @Test func exemplarsLeadToTraces() throws {
        var bench = Workbench()
        bench.observe {
            $0.resource("shop")
            $0.span("GET /cart", .server, trace: 5, ms: 3, status: .error)
            $0.span("GET /cart", .server, trace: 6, ms: 3.5, end: 2, status: .error)
            $0.span("GET /cart", .server, trace: 7, ms: 100, end: 1, status: .error)
        }
        bench.run(seconds: 30)
        let fast = try #require(bench.exemplars["traces_spanmetrics_latency_bucket{le=\"0.004\", \(labels)}"])
        #expect(fast.map(\.labels.description) == [#"{traceID="0000000000000abc0000000000000006"}"#])
        #expect(fast.map(\.value) == [0.0035])
        #expect(fast.map(\.timestamp) == [SpanMaker.epoch + 2])
        let native = try #require(bench.exemplars["traces_spanmetrics_latency{\(labels)}"])
        #expect(native.map(\.labels.description) == [#"{traceID="0000000000000abc0000000000000007"}"#])
    }

    @Test(arguments: HistogramMode.allCases)
    func histogramsAreOfTheKindsAskedFor(_ mode: HistogramMode) {
        var general = MetricGenerationOptions()
        general.histograms = mode
        general.traceIDLabel = "trace_id"
        var bench = Workbench(general)
        bench.observe {
            $0.resource("shop")
            $0.span("GET /cart", .server, trace: 5, ms: 300, status: .error)
            $0.span("GET /cart", .server, trace: 6, ms: 3, status: .error)
        }
        bench.run(seconds: 15)
        #expect(bench.values("latency_bucket").isEmpty == (mode == .native))
        #expect(bench.histograms.isEmpty == (mode == .classic))
        if mode == .native {
            #expect(
                bench.exemplars["traces_spanmetrics_latency{\(labels)}"]?.map(\.labels.description) == [
                    #"{trace_id="0000000000000abc0000000000000005"}"#
                ])
        }
    }

    @Test func spansOutOfTimeAreLeftOut() {
        var bench = Workbench()
        bench.observe {
            $0.resource("a")
            $0.span("old", end: -30_001)
            $0.span("just old", end: -30_000)
            $0.span("ahead", end: 30_001)
            $0.span("just ahead", end: 30_000)
        }
        bench.run(seconds: 15)
        #expect(bench.values("calls_total").count == 2)
        #expect(bench.generator.statistics.outOfSlackSpans == 2)
    }

    @Test func spansStandForOthersThatWereSampledOut() {
        var options = SpanMetricsOptions()
        options.multiplier.attribute = "rate"
        options.multiplier.usesTraceState = true
        options.hasSpanKind = false
        options.hasStatusCode = false
        var bench = Workbench(spans: options)
        bench.observe {
            $0.resource("a", [Attribute("rate", .double(0.5))])
            $0.span("resource", ms: 100)
            $0.span("span", ms: 100, [Attribute("rate", .double(0.1))])
            $0.span("wrong", ms: 100, [Attribute("rate", .int(3))])
            var state = SpanRecord(traceID: TraceID(high: 1, low: 1), spanID: SpanID(9))
            state.name = "state"
            state.start = UInt64(SpanMaker.epoch) * 1_000_000
            state.end = state.start
            state.traceState = "other=1,ot=rv:1;th:c"
            $0.add(state)
        }
        bench.run(seconds: 15)
        #expect(bench.value(#"traces_spanmetrics_calls_total{service="a", span_name="resource"}"#) == 2)
        #expect(bench.value(#"traces_spanmetrics_calls_total{service="a", span_name="span"}"#) == 10)
        #expect(bench.value(#"traces_spanmetrics_calls_total{service="a", span_name="wrong"}"#) == 2)
        #expect(bench.value(#"traces_spanmetrics_calls_total{service="a", span_name="state"}"#) == 4)
        #expect(bench.value(#"traces_spanmetrics_latency_sum{service="a", span_name="span"}"#) == 1)
        #expect(bench.histograms[#"traces_spanmetrics_latency{service="a", span_name="span"}"#]?.last?.histogram.isFloat == true)
    }

    @Test func filtersSayWhatIsCounted() throws {
        var options = SpanMetricsOptions()
        options.hasSpanKind = false
        options.hasStatusCode = false
        options.filters = [
            SpanFilterPolicy(.exclude, [.init(.name, .pattern(try LinearPattern("^/health", anchored: false)))]),
            SpanFilterPolicy(.include, [.init(.kind, .string("SPAN_KIND_SERVER")), .init(.resourceAttribute("env"), .string("prod"))]),
            SpanFilterPolicy(.includeAny, [.init(.spanAttribute("vip"), .bool(true))]),
        ]
        var bench = Workbench(spans: options)
        bench.observe {
            $0.resource("a", [.text("env", "prod")])
            $0.span("/health/live", .server)
            $0.span("/cart", .server)
            $0.span("inner")
            $0.resource("b", [.text("env", "dev")])
            $0.span("/cart", .server)
            $0.span("very", .client, [Attribute("vip", .bool(true))])
        }
        bench.run(seconds: 15)
        #expect(
            bench.values("calls_total").keys.sorted() == [
                #"traces_spanmetrics_calls_total{service="a", span_name="/cart"}"#,
                #"traces_spanmetrics_calls_total{service="b", span_name="very"}"#,
            ])
        #expect(bench.generator.statistics.filteredSpans == 3)
    }
}
