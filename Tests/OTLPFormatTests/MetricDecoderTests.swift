internal import ByteCoding
internal import OTLPFormat
internal import TestSupport
internal import Testing

@Suite("OTLP metrics")
struct MetricDecoderTests {
    /// One metric of every kind.
    static let everything = #"""
        {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
          {"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{"doubleValue":0.5},{"boolValue":true},{"stringValue":"a\"b"}]}}}]},
         "scopeMetrics":[{"scope":{"name":"lib","version":"1.2"},"schemaUrl":"https://example/1","metrics":[
          {"name":"g","unit":"By","gauge":{"dataPoints":[{"timeUnixNano":"2000000","asInt":"-7","attributes":[{"key":"k","value":{"stringValue":"v"}}]}]}},
          {"name":"s","description":"d","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"startTimeUnixNano":"1","timeUnixNano":2,
            "asDouble":1.5,"flags":1,"exemplars":[{"timeUnixNano":"3","asDouble":1.25,"spanId":"0102030405060708",
            "traceId":"000102030405060708090a0b0c0d0e0f","filteredAttributes":[{"key":"f","value":{"intValue":3}}]}]}]}},
          {"name":"h","histogram":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"count":"6","sum":9.5,
            "bucketCounts":["1","2","3"],"explicitBounds":[1,2.5],"min":0,"max":8}]}},
          {"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"count":"9","scale":-1,"zeroCount":"2","zeroThreshold":0.25,
            "positive":{"offset":-3,"bucketCounts":["4","0","1"]},"negative":{"offset":5,"bucketCounts":[2]}}]}},
          {"name":"q","summary":{"dataPoints":[{"count":"3","sum":6,"quantileValues":[{"quantile":0.5,"value":2},{"quantile":1,"value":"NaN"}]}]}}
         ]}]}]}
        """#

    private struct Reading {
        var resources = 0
        var metrics: [OTLPMetric] = []
        var points: [OTLPMetricPoint] = []
    }

    private func read(_ bytes: [UInt8], limits: OTLPMetricDecoder.Limits = .init()) throws -> Reading {
        try bytes.withUnsafeBytes { message in
            var reading = Reading()
            var decoder = OTLPMetricDecoder(message, limits: limits)
            while let item = try decoder.next() {
                switch item {
                case .resource:
                    reading.resources += 1
                    for place in try OTLPAttributes.ofResource(decoder.resource.body, of: message) {
                        _ = try OTLPAttributes.text(place.value, of: message)
                    }
                case .scope: _ = try OTLPAttributes.ofScope(decoder.scope.body, of: message)
                case .metric: reading.metrics.append(decoder.metric)
                case .point:
                    var point = OTLPMetricPoint()
                    decoder.takePoint(&point)
                    for attribute in point.attributes + point.exemplarAttributes {
                        _ = try OTLPAttributes.text(try OTLPAttributes.read(attribute, of: message).value, of: message)
                    }
                    reading.points.append(point)
                }
            }
            return reading
        }
    }

    @Test func `every kind of point is read`() throws {
        let bytes = try OTLPJSON.transcodeMetrics(Array(Self.everything.utf8))
        let reading = try read(bytes)
        #expect(reading.metrics.map(\.kind) == [.gauge, .sum, .histogram, .exponentialHistogram, .summary])
        #expect(reading.metrics.map(\.temporality) == [.unspecified, .cumulative, .delta, .cumulative, .unspecified])
        #expect(reading.metrics.map(\.isMonotonic) == [false, true, false, false, false])
        try #require(reading.points.count == 5)
        #expect(reading.points[0].value == -7 && reading.points[0].time == 2_000_000 && reading.points[0].attributes.count == 1)
        let sum = reading.points[1]
        #expect(sum.value == 1.5 && sum.start == 1 && sum.hasNoValue)
        #expect(sum.exemplars.map(\.value) == [1.25])
        #expect(sum.exemplars.map(\.traceID.count) == [16])
        let histogram = reading.points[2]
        #expect(histogram.bucketCounts == [1, 2, 3] && histogram.bounds == [1, 2.5] && histogram.count == 6 && histogram.hasSum)
        let exponential = reading.points[3]
        #expect(exponential.scale == -1 && exponential.zeroCount == 2 && exponential.zeroThreshold == 0.25 && !exponential.hasSum)
        #expect(exponential.positive.offset == -3 && exponential.positive.counts == [4, 0, 1])
        #expect(exponential.negative.offset == 5 && exponential.negative.counts == [2])
        #expect(reading.points[4].quantiles.map(\.quantile) == [0.5, 1])
    }

    @Test func `fields in any order and packed numbers are read`() throws {
        var counts: [UInt8] = []
        for count in [1, 300, 0] as [UInt64] { counts.appendVarint(count) }
        var fixed: [UInt8] = []
        for count in [5, 6] as [UInt64] { fixed.appendLittleEndian(count) }
        var writer = ProtobufWriter()
        writer.write(1) { resource in
            resource.write(2) { scope in
                scope.write(2) { metric in
                    metric.write(10) { data in
                        data.write(1) { point in point.write(8) { $0.write(2, bytes: counts) } }
                        data.write(2, uint64: 2)
                    }
                    metric.write(1, string: "late")
                }
                scope.write(2) { metric in metric.write(9) { $0.write(1) { $0.write(6, bytes: fixed) } } }
            }
            resource.write(1) { _ in }
        }
        let reading = try read(writer.bytes)
        #expect(reading.metrics.first?.name.count == 4 && reading.metrics.first?.temporality == .cumulative)
        #expect(reading.points.map(\.positive.counts) == [[1, 300, 0], []])
        #expect(reading.points.map(\.bucketCounts) == [[], [5, 6]])
    }

    @Test func `a point with too much is marked and the others are read`() throws {
        let bytes = try OTLPJSON.transcodeMetrics(Array(Self.everything.utf8))
        var limits = OTLPMetricDecoder.Limits()
        limits.bucketsMax = 1
        #expect(try read(bytes, limits: limits).points.map(\.flaw) == [nil, nil, .tooManyBuckets, .tooManyBuckets, .tooManyBuckets])
    }

    @Test func `values become text as the collector of OpenTelemetry writes them`() throws {
        let values: [(String, String)] = [
            (#"{"stringValue":"a b"}"#, "a b"), (#"{"boolValue":true}"#, "true"), (#"{"intValue":"-3"}"#, "-3"),
            (#"{"doubleValue":1}"#, "1"),
            (#"{"doubleValue":1e21}"#, "1e+21"), (#"{"doubleValue":1.5e-7}"#, "1.5e-7"), (#"{"doubleValue":123456789.25}"#, "123456789.25"),
            (#"{"bytesValue":"AQI="}"#, "AQI="), ("{}", ""),
            (#"{"arrayValue":{"values":[{"intValue":1},{"stringValue":"x"},{}]}}"#, #"[1,"x",null]"#),
            (
                #"{"kvlistValue":{"values":[{"key":"b","value":{"boolValue":false}},{"key":"a","value":{"doubleValue":0.5}}]}}"#,
                #"{"a":0.5,"b":false}"#
            ),
        ]
        for (json, expected) in values {
            let text = #"{"resourceMetrics":[{"resource":{"attributes":[{"key":"k","value":\#(json)}]}}]}"#
            try OTLPJSON.transcodeMetrics(Array(text.utf8)).withUnsafeBytes { message in
                var decoder = OTLPMetricDecoder(message)
                #expect(try decoder.next() == .resource)
                let place = try #require(try OTLPAttributes.ofResource(decoder.resource.body, of: message).first)
                #expect(try OTLPAttributes.text(place.value, of: message) == expected)
            }
        }
    }

    @Test func `values within each other without end are refused`() throws {
        var value = ProtobufWriter()
        for _ in 0..<5000 {
            let inner = value.bytes
            value = ProtobufWriter()
            value.write(5) { list in list.write(1, bytes: inner) }
        }
        #expect(throws: ByteCodingError.self) {
            try value.bytes.withUnsafeBytes { _ = try OTLPAttributes.text(0..<$0.count, of: $0) }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged and short messages never trap`(seed: UInt64) throws {
        let bytes = try OTLPJSON.transcodeMetrics(Array(Self.everything.utf8))
        var generator = SeededGenerator(seed: seed)
        checkTruncationNeverTraps(bytes, mustThrow: false) { _ = try read($0) }
        checkDamageNeverTraps(bytes, rounds: 2000, using: &generator) { _ = try read($0) }
        for _ in 0..<200 { _ = try? read(generator.bytes(Int.random(in: 0...200, using: &generator))) }
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `damaged JSON never traps`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let text = Array(Self.everything.utf8)
        checkDamageNeverTraps(text, rounds: 1000, using: &generator) { _ = try OTLPJSON.transcodeMetrics($0) }
        checkTruncationNeverTraps(text) { _ = try OTLPJSON.transcodeMetrics($0) }
    }
}
