internal import PerchMetrics
internal import Testing

@Suite struct ExpositionTests {
    private func text(_ registry: MetricRegistry, _ format: MetricFormat = .prometheus) -> String {
        var output: [UInt8] = []
        registry.render(format, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func familiesAreSortedByNameAndSamplesByLabels() {
        let registry = MetricRegistry()
        registry.gauge("perch_z_series", help: "Last.").set(3)
        let requests = registry.counters("perch_a_requests_total", help: "Requests.", labelNames: "handler", "code")
        requests.with("query", "500").increment()
        requests.with("query", "200").increment(by: 7)
        requests.with("labels", "200").add(0.5)
        #expect(
            text(registry) == """
                # HELP perch_a_requests_total Requests.
                # TYPE perch_a_requests_total counter
                perch_a_requests_total{code="200",handler="labels"} 0.5
                perch_a_requests_total{code="200",handler="query"} 7
                perch_a_requests_total{code="500",handler="query"} 1
                # HELP perch_z_series Last.
                # TYPE perch_z_series gauge
                perch_z_series 3

                """
        )
        #expect(text(registry) == text(registry))
    }

    @Test func openMetricsNamesCounterFamiliesWithoutTotalAndEndsWithEOF() {
        let registry = MetricRegistry()
        registry.counter("perch_read_bytes_total", help: "Bytes \"read\".", unit: "bytes").increment(by: 12)
        #expect(
            text(registry, .openMetrics) == """
                # HELP perch_read_bytes Bytes \\"read\\".
                # TYPE perch_read_bytes counter
                # UNIT perch_read_bytes bytes
                perch_read_bytes_total 12
                # EOF

                """
        )
    }

    @Test func histogramBucketsAreCumulative() {
        let registry = MetricRegistry()
        let histogram = registry.histogram(
            "perch_work_seconds", help: "Work.", unit: "seconds", bounds: [0.5, 1, 2.5], labels: ["kind": "seal"])
        for value in [0.5, 0.6, 1, 2, 100, .nan] { histogram.record(value) }
        #expect(
            text(registry) == """
                # HELP perch_work_seconds Work.
                # TYPE perch_work_seconds histogram
                perch_work_seconds_bucket{kind="seal",le="0.5"} 1
                perch_work_seconds_bucket{kind="seal",le="1"} 3
                perch_work_seconds_bucket{kind="seal",le="2.5"} 4
                perch_work_seconds_bucket{kind="seal",le="+Inf"} 5
                perch_work_seconds_sum{kind="seal"} 104.1
                perch_work_seconds_count{kind="seal"} 5

                """
        )
        #expect(text(registry, .openMetrics).contains("le=\"1.0\"} 3\n"))
    }

    @Test func labelValuesAndHelpAreEscaped() {
        let registry = MetricRegistry()
        registry.gauge("perch_files", help: "a\\b\nc", labels: ["path": "C:\\\"x\"\n"]).set(.infinity)
        #expect(text(registry).contains("# HELP perch_files a\\\\b\\nc\n"))
        #expect(text(registry).contains("perch_files{path=\"C:\\\\\\\"x\\\"\\n\"} +Inf\n"))
    }

    @Test func functionsAreAskedAtExposition() {
        let registry = MetricRegistry()
        let gauge = Gauge()
        registry.gaugeFunction("perch_queue_length", help: "Queue.") { gauge.value }
        registry.counterFunction("perch_done_total", help: "Done.", labels: ["by": "me"]) { 4 }
        registry.collected("perch_targets", kind: .gauge, help: "Targets.") { samples in
            samples.add(["job": "b"], 2)
            samples.add(["job": "a"], 1)
            samples.add(["job": "a"], 9)
        }
        registry.collected("perch_nothing", kind: .gauge, help: "Without samples there is no header.") { _ in }
        gauge.set(-2.5)
        let first = text(registry)
        #expect(first.contains("perch_queue_length -2.5\n"))
        #expect(first.contains("perch_done_total{by=\"me\"} 4\n"))
        #expect(first.contains("perch_targets{job=\"a\"} 1\nperch_targets{job=\"b\"} 2\n"))
        #expect(!first.contains("perch_nothing"))
        gauge.set(8)
        #expect(text(registry).contains("perch_queue_length 8\n"))
    }

    @Test func theSameNameAndLabelsAreTheSameInstrument() {
        let registry = MetricRegistry()
        let one = registry.counter("perch_x_total", help: "X.")
        registry.counter("perch_x_total", help: "X.").increment()
        #expect(one.value == 1)
        let family = registry.gauges("perch_y", help: "Y.", labelNames: "a")
        family.with("1").set(5)
        #expect(registry.gauge("perch_y", help: "Y.", labels: ["a": "1"]).value == 5)
        family.remove("1")
        #expect(!text(registry).contains("perch_y"))
    }

    @Test(
        arguments: [
            (nil, MetricFormat.prometheus),
            ("*/*", .prometheus),
            ("text/html", .prometheus),
            ("application/openmetrics-text;version=1.0.0", .openMetrics),
            ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;version=1.0.0;q=0.2", .prometheus),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
                    + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                MetricFormat(.openMetrics, escaping: .allowUTF8)
            ),
            (";;,q=,=,application/openmetrics-text;q=x", .prometheus),
        ] as [(String?, MetricFormat)])
    func theBestAcceptedFormatIsChosen(accept: String?, expected: MetricFormat) {
        #expect(MetricFormat.negotiated(accept: accept) == expected)
    }
}
