internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

/// Jaeger's monitor over metrics of spans.
@Suite struct JaegerMonitorTests {
    private static let now = TestServer.now

    /// Ten minutes of counters: shop has a call a second, of which a tenth fail; quiet never fails.
    private static let series: ArraySource = {
        func counter(_ labels: LabelSet, perMinute: Double) -> (LabelSet, [(Timestamp, Double)]) {
            (labels, (0...20).map { (now - Int64(20 - $0) * 60_000, Double($0) * perMinute) })
        }
        func calls(_ service: String, _ status: String, _ name: String, _ perMinute: Double) -> (LabelSet, [(Timestamp, Double)]) {
            counter(
                [
                    "__name__": "traces_spanmetrics_calls_total", "service": service, "span_kind": "SPAN_KIND_SERVER", "span_name": name,
                    "status_code": status,
                ], perMinute: perMinute)
        }
        func bucket(_ bound: String, _ perMinute: Double) -> (LabelSet, [(Timestamp, Double)]) {
            counter(
                [
                    "__name__": "traces_spanmetrics_latency_bucket", "service": "shop", "span_kind": "SPAN_KIND_SERVER", "span_name": "get",
                    "le": bound,
                ], perMinute: perMinute)
        }
        return ArraySource([
            calls("shop", "STATUS_CODE_UNSET", "get", 54), calls("shop", "STATUS_CODE_ERROR", "get", 6),
            calls("quiet", "STATUS_CODE_UNSET", "tick", 60), calls("a.b", "STATUS_CODE_UNSET", "x", 60),
            bucket("0.1", 30), bucket("0.2", 60), bucket("+Inf", 60),
        ])
    }()

    private var server: TraceTestServer {
        var server = TraceTestServer()
        server.series = Self.series
        return server
    }

    @Test func callsAreRates() async throws {
        try await server.run { connection async throws in
            let answer = try await connection.get("/jaeger/api/metrics/calls?service=shop&lookback=60000&step=60000")
            let time = "2023-11-14T22:13:20Z"
            #expect(
                answer.text.hasPrefix(
                    #"{"name":"service_call_rate","type":"GAUGE","help":"calls/sec, grouped by service","metrics":[{"labels":[{"name":"#
                        + #""service_name","value":"shop"}],"metricPoints":[{"gaugeValue":{"doubleValue":1},"timestamp":"2023-11-14T22:12:20Z"}"#
                ),
                "\(answer.text)")
            #expect(answer.text.contains(time))
            let both = try await connection.get("/jaeger/api/metrics/calls?service=shop&service=quiet&groupByOperation=true&lookback=1")
            #expect(both.text.contains(#""name":"service_operation_call_rate""#))
            #expect(both.text.contains(#"{"name":"operation","value":"tick"}"#))
        }
    }

    @Test func errorsAreAShareOfCalls() async throws {
        try await server.run { connection async throws in
            let shop = try await connection.get("/jaeger/api/metrics/errors?service=shop&lookback=1&endTs=\(Self.now)")
            #expect(shop.text.contains(#""name":"service_error_rate""#))
            #expect(shop.text.contains(#"{"doubleValue":0.1}"#) || shop.text.contains(#"{"doubleValue":0.0999"#), "\(shop.text)")
            // No errors are a rate of 0, not none.
            let quiet = try await connection.get("/jaeger/api/metrics/errors?service=quiet&lookback=1")
            #expect(quiet.text.contains(#"{"doubleValue":0}"#), "\(quiet.text)")
        }
    }

    @Test func latenciesAreMilliseconds() async throws {
        try await server.run { connection async throws in
            let answer = try await connection.get("/jaeger/api/metrics/latencies?service=shop&quantile=0.75&lookback=1")
            #expect(answer.text.contains(#""help":"0.75th quantile latency, grouped by service""#))
            #expect(answer.text.contains(#"{"doubleValue":150"#), "\(answer.text)")
        }
    }

    @Test func namesAreNoPatterns() async throws {
        try await server.run { connection async throws in
            #expect(try await connection.get("/jaeger/api/metrics/calls?service=a.b&lookback=1").text.contains(#""value":"a.b""#))
            #expect(try await connection.get("/jaeger/api/metrics/calls?service=.*&lookback=1").text.contains(#""metrics":[]"#))
        }
    }

    @Test(arguments: [
        ("calls", "service"), ("latencies?service=a", "quantile"), ("calls?service=a&step=0", "step"),
        ("calls?service=a&lookback=x", "lookback"),
        ("calls?service=a&spanKind=odd", "unsupported span kind: 'odd'"), ("errors?service=a&groupByOperation=x", "groupByOperation"),
        ("errors?service=a&lookback=100000000&step=1", "step"),
    ])
    func wrongRequestsAreRefused(path: String, reason: String) async throws {
        try await server.run { connection async throws in
            let answer = try await connection.get("/jaeger/api/metrics/\(path)")
            #expect(answer.status == 400)
            #expect(answer.text.contains(reason), "\(answer.text)")
        }
    }
}
