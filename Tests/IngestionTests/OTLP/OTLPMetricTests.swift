internal import ByteCoding
internal import Ingestion
internal import MetricStorage
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Metrics of OpenTelemetry")
struct OTLPMetricTests {
    static let now: Timestamp = 1_700_000_000_000
    static let nanoseconds = "1700000000000000000"

    private func ingestor(_ storage: RecordingStorage, _ change: (inout OTLPMetricOptions) -> Void = { _ in }) -> OTLPMetricIngestor {
        var options = OTLPMetricOptions()
        change(&options)
        return OTLPMetricIngestor(storage: storage, options: options) { Self.now }
    }

    /// A message of one resource and scope.
    private func message(_ metrics: String, resource: String = "", scope: String = #"{"name":"lib"}"#) throws -> [UInt8] {
        let text = """
            {"resourceMetrics":[{"resource":{"attributes":[\(resource)]},"scopeMetrics":[{"scope":\(scope),"schemaUrl":"https://example/1",
            "metrics":[\(metrics)]}]}]}
            """
        return try OTLPJSON.transcodeMetrics(Array(text.utf8))
    }

    private func attribute(_ key: String, _ value: String) -> String { #"{"key":"\#(key)","value":{"stringValue":"\#(value)"}}"# }

    private func sum(
        _ name: String, _ value: Double, attributes: String = "", time: String = nanoseconds, start: String = "0", temporality: Int = 2,
        more: String = ""
    ) -> String {
        """
        {"name":"\(name)","unit":"s","description":"about it","sum":{"isMonotonic":true,"aggregationTemporality":\(temporality),"dataPoints":[
        {"timeUnixNano":"\(time)","startTimeUnixNano":"\(start)","asDouble":\(value),"attributes":[\(attributes)]\(more)}]}}
        """
    }

    private func take(_ bytes: [UInt8], _ ingestor: OTLPMetricIngestor) -> MetricDeliveryOutcome {
        bytes.withUnsafeBytes { ingestor.append(otlp: $0) }
    }

    private func series(_ storage: RecordingStorage) -> [String: Double] {
        storage.state.withLock { state in
            Dictionary(
                state.series.compactMap { series in series.samples.last.map { (series.labels.description, Double(bitPattern: $0.1)) } },
                uniquingKeysWith: { $1 })
        }
    }

    private var shop: String {
        [attribute("service.name", "shop"), attribute("service.namespace", "eu"), attribute("service.instance.id", "a-1")].joined(
            separator: ",")
    }

    @Test func `a counter becomes a series with its job, instance, metadata, and target_info`() throws {
        let storage = RecordingStorage()
        let outcome = take(
            try message(
                sum("work.done", 3, attributes: attribute("http.method", "GET")), resource: shop + "," + attribute("host.name", "h1")),
            ingestor(storage))
        #expect(outcome == accepted(1))
        #expect(
            series(storage) == [
                #"work_done_seconds_total{http_method="GET", instance="a-1", job="eu/shop"}"#: 3,
                #"target_info{host_name="h1", instance="a-1", job="eu/shop"}"#: 1,
            ])
        storage.state.withLock { state in
            #expect(state.metadata["work_done_seconds_total"] == MetricMetadata(type: .counter, help: "about it", unit: "seconds"))
            #expect(state.metadata["target_info"]?.type == .gauge)
        }
    }

    private func accepted(_ points: Int) -> MetricDeliveryOutcome {
        var outcome = MetricDeliveryOutcome(.accepted)
        outcome.acceptedPoints = points
        return outcome
    }

    @Test func `names stay as they are where that is asked for`() throws {
        let storage = RecordingStorage()
        _ = take(
            try message(sum("work.done", 3, attributes: attribute("http.method", "GET"))),
            ingestor(storage) { $0.strategy = .noTranslation })
        #expect(series(storage) == [#"{"work.done", "http.method"="GET"}"#: 3])
    }

    @Test func `attributes of the resource are promoted as the options say`() throws {
        let resource = shop + "," + attribute("host.name", "h1") + "," + attribute("zone", "z")
        let storage = RecordingStorage()
        _ = take(try message(sum("a", 1), resource: resource), ingestor(storage) { $0.promotion = .named(["host.name", "service.name"]) })
        #expect(series(storage).keys.contains(#"a_seconds_total{host_name="h1", instance="a-1", job="eu/shop", service_name="shop"}"#))
        let other = RecordingStorage()
        _ = take(
            try message(sum("a", 1, attributes: attribute("zone", "own")), resource: resource),
            ingestor(other) {
                $0.promotion = .allBut(["host.name", "service.name", "service.namespace", "service.instance.id"])
                $0.keepsIdentifyingAttributes = true
            })
        #expect(
            Set(series(other).keys) == [
                #"a_seconds_total{instance="a-1", job="eu/shop", zone="own"}"#,
                #"target_info{host_name="h1", instance="a-1", job="eu/shop", service_instance_id="a-1", service_name="shop", "#
                    + #"service_namespace="eu", zone="z"}"#,
            ])
    }

    @Test func `what made a metric becomes labels where that is asked for`() throws {
        let storage = RecordingStorage()
        _ = take(
            try message(sum("a", 1), scope: #"{"name":"lib","version":"2","attributes":[\#(attribute("x.y", "z"))]}"#),
            ingestor(storage) {
                $0.promotesScope = true
                $0.writesTypeAndUnit = true
            })
        #expect(
            series(storage).keys.first
                == #"a_seconds_total{__type__="counter", __unit__="seconds", otel_scope_name="lib", "#
                + #"otel_scope_schema_url="https://example/1", otel_scope_version="2", otel_scope_x_y="z"}"#)
    }

    @Test func `attributes that become one label are joined`() throws {
        let storage = RecordingStorage()
        let attributes = [attribute("a_b", "2"), attribute("a.b", "1"), attribute("__name__", "evil")].joined(separator: ",")
        _ = take(try message(sum("x", 1, attributes: attributes)), ingestor(storage))
        #expect(series(storage).keys.first == #"x_seconds_total{a_b="1;2"}"#)
    }

    @Test func `a histogram becomes buckets, and a native one where that is asked for`() throws {
        let text = """
            {"name":"h","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"\(Self.nanoseconds)","count":"6","sum":9.5,
            "bucketCounts":["1","2","3"],"explicitBounds":[0.5,10],"exemplars":[{"asDouble":7,"traceId":"000102030405060708090a0b0c0d0e0f"},
            {"asDouble":99}]}]}}
            """
        let storage = RecordingStorage()
        #expect(take(try message(text), ingestor(storage)) == accepted(1))
        #expect(
            series(storage) == [
                "h_seconds_sum": 9.5, "h_seconds_count": 6, #"h_seconds_bucket{le="0.5"}"#: 1, #"h_seconds_bucket{le="10"}"#: 3,
                #"h_seconds_bucket{le="+Inf"}"#: 6,
            ])
        storage.state.withLock { state in
            let byBound = Dictionary(uniqueKeysWithValues: state.series.map { ($0.labels["le"] ?? $0.labels.description, $0.exemplars) })
            #expect(byBound["10"]?.map(\.value) == [7] && byBound["+Inf"]?.map(\.value) == [99] && byBound["0.5"]?.isEmpty == true)
            #expect(byBound["10"]?.first?.labels["trace_id"] == "000102030405060708090a0b0c0d0e0f")
            #expect(state.metadata["h_seconds"]?.type == .histogram)
        }
        let native = RecordingStorage()
        _ = take(try message(text), ingestor(native) { $0.convertsHistograms = true })
        let histogram = try #require(native.state.withLock { $0.series.first?.histograms.first?.histogram })
        #expect(histogram.usesCustomBuckets && histogram.customBounds == [0.5, 10] && histogram.positiveBuckets == [1, 2, 3])
    }

    @Test func `an exponential histogram becomes a native one`() throws {
        let text = """
            {"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"\(Self.nanoseconds)","count":"21",
            "sum":50,"scale":9,"zeroCount":"2","positive":{"offset":-1,"bucketCounts":["1","2","0","0","0","0","0","0","0","0","4"]},
            "negative":{"offset":0,"bucketCounts":["5","7"]}}]}}
            """
        let storage = RecordingStorage()
        #expect(take(try message(text), ingestor(storage)) == accepted(1))
        let histogram = try #require(storage.state.withLock { $0.series.first?.histograms.first?.histogram })
        // Two buckets of scale 9 are one of scale 8: -1 | 0, 1 | 2, 3 | …
        #expect(histogram.schema == 8 && histogram.zeroCount == 2 && histogram.count == 21 && !histogram.isFloat)
        #expect(histogram.positiveSpans == [.init(offset: 0, length: 2), .init(offset: 3, length: 1)])
        #expect(histogram.positiveBuckets == [1, 2, 4])
        #expect(histogram.negativeSpans == [.init(offset: 1, length: 1)] && histogram.negativeBuckets == [12])
    }

    @Test func `a summary becomes quantiles`() throws {
        let text = """
            {"name":"q","summary":{"dataPoints":[{"timeUnixNano":"\(Self.nanoseconds)","count":"3","sum":6,
            "quantileValues":[{"quantile":0.5,"value":2},{"quantile":0.999,"value":3}]}]}}
            """
        let storage = RecordingStorage()
        _ = take(try message(text), ingestor(storage))
        #expect(series(storage) == ["q_sum": 6, "q_count": 3, #"q{quantile="0.5"}"#: 2, #"q{quantile="0.999"}"#: 3])
    }

    @Test func `a point that says that there is no value ends its series`() throws {
        let storage = RecordingStorage()
        _ = take(try message(sum("a", 1, more: #","flags":1"#)), ingestor(storage))
        #expect(storage.state.withLock { $0.series.first?.samples.first?.1 } == StaleMarker.bits)
    }

    @Test func `what is wrong is left out and told, and the rest is kept`() throws {
        let storage = RecordingStorage()
        let metrics = [
            sum("good", 1), sum("nowhere", 1, temporality: 0), sum("future", 1, time: "1700009999000000000"), sum("度", 1),
            sum("label", 1, attributes: attribute("___", "x")),
            #"{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"\#(Self.nanoseconds)","scale":-9}]}}"#,
        ]
        let outcome = take(
            try message(metrics.joined(separator: ",")), ingestor(storage) { $0.strategy = .underscoreEscapingWithoutSuffixes })
        #expect(outcome.status == .accepted && outcome.acceptedPoints == 1 && outcome.rejectedPoints == 5)
        #expect(series(storage) == ["good": 1])
        for part in ["nowhere", "future at 1700009999000", "度", "only underscores", "scale of -9"] {
            #expect(outcome.message.contains(part))
        }
    }

    @Test func `storage that refuses and storage that fails are told apart`() throws {
        let storage = RecordingStorage()
        let ingestor = ingestor(storage)
        storage.state.withLock { $0.oldest = Self.now + 1 }
        let histogram = """
            {"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"\(Self.nanoseconds)","count":"1","sum":1,
            "bucketCounts":["1","0"],"explicitBounds":[1]}]}}
            """
        let old = take(try message(histogram), ingestor)
        #expect(old.status == .accepted && old.rejectedPoints == 1 && old.acceptedPoints == 0)
        storage.state.withLock { $0.failure = MetricStorageError(.overloaded, "too much") }
        let failed = take(try message(histogram), ingestor)
        #expect(failed.status == .unavailable && failed.retryAfterSeconds == 1)
        #expect(take([0xff, 0xff], ingestor).status == .malformed)
        #expect(take([], ingestor) == accepted(0))
    }

    // MARK: - Deltas

    @Test func `deltas are added up, and those that come again are not`() throws {
        let storage = RecordingStorage()
        let ingestor = ingestor(storage)
        func delta(_ value: Double, _ second: Int, _ attributes: String = "") throws -> MetricDeliveryOutcome {
            let time = "17000000\(second < 10 ? "0" : "")\(second)000000000"
            return take(
                try message(sum("d", value, attributes: attributes, time: time, start: "1699999999000000000", temporality: 1)), ingestor)
        }
        let (a, b) = (attribute("a", "1"), attribute("b", "2"))
        #expect(try delta(5, 1, a + "," + b).acceptedPoints == 1)
        // The order of attributes does not make another stream.
        #expect(try delta(2, 2, b + "," + a).acceptedPoints == 1)
        let again = try delta(2, 2, a + "," + b)
        #expect(again.rejectedPoints == 1 && again.message.contains("not later"))
        storage.state.withLock { $0.failure = MetricStorageError(.overloaded, "too much") }
        #expect(try delta(4, 3, a + "," + b).status == .unavailable)
        storage.state.withLock { $0.failure = nil }
        // What was not kept counts once when it is sent again.
        #expect(try delta(4, 3, a + "," + b).acceptedPoints == 1)
        let values = storage.state.withLock { $0.series.compactMap { $0.samples.first.map { Double(bitPattern: $0.1) } } }
        #expect(values == [5, 7, 11])
        #expect(Set(storage.labels.map(\.description)) == [#"d_seconds_total{a="1", b="2"}"#])
        #expect(ingestor.deltaStreams == 1)
    }

    @Test func `delta histograms of both kinds are added up`() throws {
        let storage = RecordingStorage()
        let ingestor = ingestor(storage)
        for second in 1...2 {
            let time = "170000000\(second)000000000"
            let text = """
                {"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"\(time)","count":"3","sum":4,
                "bucketCounts":["1","2"],"explicitBounds":[1]}]}},
                {"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"\(time)","count":"3","sum":4,
                "scale":\(second),"positive":{"offset":0,"bucketCounts":["1","2"]}}]}}
                """
            #expect(take(try message(text), ingestor).acceptedPoints == 2)
        }
        let found = series(storage)
        #expect(found["h_count"] == 6 && found["h_sum"] == 8 && found[#"h_bucket{le="1"}"#] == 2 && found[#"h_bucket{le="+Inf"}"#] == 6)
        let histogram = try #require(storage.state.withLock { $0.series.last { !$0.histograms.isEmpty }?.histograms.first?.histogram })
        // The finer one comes down to the resolution of the first.
        #expect(histogram.schema == 1 && histogram.count == 6 && histogram.positiveBuckets == [4, 2] && !histogram.isFloat)
    }

    // MARK: - Damage

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged messages never trap, with deltas and without`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let metrics = [
            sum("a", 1, attributes: attribute("x", "y")), sum("d", 1, temporality: 1),
            #"{"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"count":"3","bucketCounts":["1","2"],"explicitBounds":[1],"exemplars":[{"asDouble":1}]}]}}"#,
            #"{"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"count":"3","scale":2,"positive":{"offset":0,"bucketCounts":["1","2"]}}]}}"#,
            #"{"name":"q","summary":{"dataPoints":[{"count":"3","quantileValues":[{"quantile":0.5,"value":2}]}]}}"#,
        ].joined(separator: ",")
        let bytes = try message(metrics, resource: shop + "," + attribute("host.name", "h"))
        let ingestor = ingestor(RecordingStorage()) { $0.promotesScope = true }
        checkDamageNeverTraps(bytes, rounds: 1500, using: &generator) { _ = take($0, ingestor) }
        checkTruncationNeverTraps(bytes, mustThrow: false) { _ = take($0, ingestor) }
    }
}
