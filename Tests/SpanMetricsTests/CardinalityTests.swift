internal import TelemetryModel
internal import Testing

@testable internal import SpanMetrics

struct CardinalityTests {
    @Test func whatIsTooMuchIsCountedTogether() {
        var general = MetricGenerationOptions()
        general.activeSeriesMax = 100
        general.histograms = .native
        var graph = ServiceGraphOptions()
        graph.isEnabled = false
        var bench = Workbench(general, graph: graph)
        bench.observe { maker in
            maker.resource("a")
            for index in 0..<200 { maker.span("name-\(index)", id: UInt64(index + 1), ms: 100) }
        }
        bench.run(seconds: 15)
        // Calls, bytes and a histogram for each of 33 names, which is all that there is room for, and for what is left.
        #expect(bench.values("calls_total").count == 34)
        #expect(bench.value(#"traces_spanmetrics_calls_total{metric_overflow="true"}"#) == 167)
        #expect(bench.histograms[#"traces_spanmetrics_latency{metric_overflow="true"}"#]?.last?.histogram.count == 167)
        #expect(bench.generator.statistics.overflowedSpans == 167)
        // Those that have their place keep it.
        bench.observe {
            $0.resource("a")
            $0.span("name-3", end: 15_000)
        }
        bench.run(seconds: 15)
        #expect(bench.values(#"span_name="name-3""#).filter { $0.key.contains("calls_total") }.values.first == 2)
    }

    @Test func silentSeriesEndWithAMarkerAndMakeRoom() throws {
        var general = MetricGenerationOptions()
        general.activeSeriesMax = 25
        general.staleMilliseconds = 60_000
        var graph = ServiceGraphOptions()
        graph.isEnabled = false
        var bench = Workbench(general, graph: graph)
        bench.observe {
            $0.resource("a")
            $0.span("first", ms: 100)
        }
        #expect(bench.generator.statistics.activeSeries == 20)
        bench.run(seconds: 75)
        let first =
            #"traces_spanmetrics_calls_total{service="a", span_kind="SPAN_KIND_INTERNAL", span_name="first", status_code="STATUS_CODE_UNSET"}"#
        let samples = try #require(bench.samples[first])
        // The zero, four values, the end.
        #expect(samples.count == 6)
        #expect(samples.dropLast().allSatisfy { !StaleMarker.matches($0.value) })
        #expect(samples.last.map { StaleMarker.matches($0.value) } == true)
        let native = bench.histograms[first.replacing("calls_total", with: "latency")]
        #expect(native?.last?.histogram.isStaleMarker == true)
        for (series, samples) in bench.samples { #expect(samples.last.map { StaleMarker.matches($0.value) } == true, "\(series)") }
        #expect(bench.generator.statistics.activeSeries == 0)

        bench.observe {
            $0.resource("a")
            $0.span("second", end: 75_000)
        }
        bench.run(seconds: 15)
        #expect(bench.values("second").filter { $0.key.contains("calls_total") }.values.first == 1)
        #expect(bench.samples[first]?.count == 6)

        // What comes back begins anew, after its end.
        bench.run(seconds: 60)
        let now = Double(bench.now - SpanMaker.epoch)
        bench.observe {
            $0.resource("a")
            $0.span("first", end: now)
        }
        bench.run(seconds: 15)
        let again = try #require(bench.samples[first]).suffix(2)
        #expect(again.map(\.value) == [0, 1])
        #expect(again.map(\.timestamp) == [bench.now - 14_999, bench.now])
    }

    @Test func namesThatAreNoTextAreLeftOutAndCounted() {
        var bench = Workbench()
        var message = SpanMaker.message {
            $0.resource("a")
            $0.span("bad-name")
        }
        // Text with a byte that UTF-8 never has.
        for index in message.indices.dropLast(8) where Array(message[index..<index + 8]) == Array("bad-name".utf8) { message[index] = 0xff }
        bench.observe(message)
        bench.run(seconds: 15)
        #expect(bench.values("").isEmpty)
        #expect(bench.generator.statistics.invalidLabels == 1)
    }

    @Test func longValuesAreCutBetweenCharacters() {
        var bench = Workbench()
        let long = String(repeating: "ä", count: 2000)
        bench.observe {
            $0.resource("a")
            $0.span("x" + long)
            $0.span("x" + long + "more", id: 2)
        }
        bench.run(seconds: 15)
        let calls = bench.values("calls_total")
        #expect(calls.count == 1)
        #expect(calls.first?.value == 2)
        #expect(calls.first?.key.contains(#"span_name="x"# + String(repeating: "ä", count: 1023) + "\"") == true)
    }

    @Test func moreBucketsThanMayBeHalveTheResolution() throws {
        var bench = Workbench()
        let labels = #"service="a", span_kind="SPAN_KIND_INTERNAL", span_name="x", status_code="STATUS_CODE_UNSET""#
        var previous: NativeHistogram?
        for step in 0..<40 {
            let now = Double(bench.now - SpanMaker.epoch)
            bench.observe { maker in
                maker.resource("a")
                for index in 0..<8 {
                    let ms = 0.001 * pow2(Double(step) * 0.6 + Double(index) * 0.13)
                    maker.span("x", id: UInt64(index + 1), ms: ms, end: now)
                }
            }
            bench.run(seconds: 15)
            let histogram = try #require(bench.histograms["traces_spanmetrics_latency{\(labels)}"]?.last?.histogram)
            try histogram.validate()
            #expect(histogram.buckets(.positive).filter { $0.count > 0 }.count <= 100)
            #expect(histogram.zeroCount + histogram.buckets(.positive).reduce(0) { $0 + $1.count } == histogram.count)
            if let previous {
                let coarse = previous.copied(toSchema: histogram.schema)
                let now = Dictionary(uniqueKeysWithValues: histogram.buckets(.positive).map { ($0.index, $0.count) })
                for bucket in coarse.buckets(.positive) { #expect(now[bucket.index] ?? 0 >= bucket.count) }
            }
            previous = histogram
        }
        #expect(previous?.schema == 2)
    }

    private func pow2(_ exponent: Double) -> Double {
        var result = 1.0
        for _ in 0..<Int(exponent) { result *= 2 }
        return result * (1 + (exponent - exponent.rounded(.down)))
    }
}
