internal import ConfigFile
internal import SpanMetrics
internal import Testing

@testable internal import Collector

@Suite struct TraceSectionTests {
    private func read(_ text: String) throws(ConfigError) -> TraceSettings {
        try CollectorConfiguration.parse(text, file: "p.yml").traces
    }

    private func faults(_ text: String) -> [String] {
        do throws(ConfigError) {
            _ = try read(text)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test func withoutTheSectionMetricsAreMadeAndAllTracesAreKept() throws {
        for text in ["{}\n", "traces:\n", "traces: {}\n", "traces: {sampling: false}\n"] {
            let settings = try read(text)
            #expect(settings == TraceSettings())
            #expect(settings.makesMetrics)
            #expect(!settings.sampling.isEnabled)
        }
    }

    @Test func everyKeyIsRead() throws {
        let settings = try read(
            """
            traces:
              metrics: {collection_interval: 30s, stale_duration: 5m, ingestion_time_range_slack: 1m, max_active_series: 5000, histograms: native,
                trace_id_label_name: trace_id}
              span_metrics:
                histogram_buckets: [0.1, 1]
                intrinsic_dimensions: {service: true, span_name: false, span_kind: false, status_code: false, status_message: true}
                dimensions: [http.method]
                dimension_mappings: [{name: where, source_labels: [region, zone], join: /}]
                enable_target_info: true
                enable_instance_label: false
                target_info_excluded_dimensions: [host.id]
                span_multiplier_key: X-SampleRatio
                filter_policies:
                  - include: {match_type: strict, attributes: [{key: kind, value: SPAN_KIND_SERVER}]}
                  - exclude: {match_type: regex, attributes: [{key: resource.env, value: "dev.*"}]}
                    include_any: {match_type: strict, attributes: [{key: span.vip, value: true}, {key: span.n, value: 3}, {key: span.s, value: "3"}]}
              service_graphs:
                histogram_buckets: [1]
                wait: 5s
                max_items: 100
                dimensions: [region]
                enable_client_server_prefix: true
                enable_messaging_system_latency_histogram: true
                enable_virtual_node_label: true
                enable_user_node: false
                peer_attributes: [peer.service]
                database_name_attributes: [db.name]
                enable_tracestate_span_multiplier: true
              sampling:
                probability: 0.1
                window: 20s
                keep_errors: false
                keep_slower_than: 500ms
                traces_per_second: 2
                traces_per_second_by_service: {shop: 10}
                max_held_bytes: 64MB
                max_held_traces: 1000
                max_decisions: 2000

            """)
        #expect(settings.metrics.intervalMilliseconds == 30_000)
        #expect(settings.metrics.staleMilliseconds == 300_000)
        #expect(settings.metrics.slackMilliseconds == 60_000)
        #expect(settings.metrics.activeSeriesMax == 5000)
        #expect(settings.metrics.histograms == .native)
        #expect(settings.metrics.traceIDLabel == "trace_id")
        let spans = settings.spanMetrics
        #expect(spans.bounds == [0.1, 1])
        #expect(spans.hasService && !spans.hasSpanName && !spans.hasSpanKind && !spans.hasStatusCode && spans.hasStatusMessage)
        #expect(spans.dimensions == ["http.method"])
        #expect(spans.dimensionMappings == [.init(name: "where", sourceLabels: ["region", "zone"], join: "/")])
        #expect(spans.hasTargetInfo && !spans.hasInstanceLabel)
        #expect(spans.targetInfoExcluded == ["host.id"])
        #expect(spans.multiplier.attribute == "X-SampleRatio")
        #expect(spans.filters.map(\.role) == [.include, .includeAny, .exclude])
        #expect(
            spans.filters[1].conditions == [
                .init(.spanAttribute("vip"), .bool(true)), .init(.spanAttribute("n"), .int(3)), .init(.spanAttribute("s"), .string("3")),
            ])
        let graph = settings.serviceGraphs
        #expect(graph.bounds == [1] && graph.waitMilliseconds == 5000 && graph.waitingMax == 100 && graph.dimensions == ["region"])
        #expect(graph.prefixesDimensions && graph.hasMessagingLatency && graph.hasVirtualNodeLabel && !graph.hasUserNode)
        #expect(graph.peerAttributes == ["peer.service"] && graph.databaseNameAttributes == ["db.name"] && graph.multiplier.usesTraceState)
        let sampling = settings.sampling
        #expect(sampling.isEnabled && sampling.probability == 0.1 && sampling.windowMilliseconds == 20_000 && !sampling.keepsErrors)
        #expect(sampling.slowMilliseconds == 500 && sampling.tracesPerSecond == 2 && sampling.tracesPerSecondByService == ["shop": 10])
        #expect(sampling.heldBytesMax == 64 << 20 && sampling.heldTracesMax == 1000 && sampling.decisionsMax == 2000)
    }

    @Test func bothKindsOfMetricsCanBeTurnedOff() throws {
        let settings = try read("traces: {span_metrics: false, service_graphs: off}\n")
        #expect(!settings.makesMetrics)
        #expect(try read("traces: {span_metrics: true, service_graphs: off}\n").makesMetrics)
    }

    @Test(arguments: [
        FaultyDocument("traces: 3\n", "p.yml:1:9: "),
        FaultyDocument("traces:\n  sampling: {window: 5s}\n", "p.yml:2:13: "),
        FaultyDocument("traces:\n  sampling: {probability: 2}\n", "p.yml:2:27: "),
        FaultyDocument("traces:\n  span_metrics: {dimension: [a]}\n", "p.yml:2:18: unknown key \"dimension\""),
        FaultyDocument(
            "traces:\n  span_metrics: {histogram_buckets: [1, 1]}\n", "p.yml:2:41: bounds of buckets must be above 0 and rise, found 1"),
        FaultyDocument("traces:\n  service_graphs: {wait: 1h}\n", "p.yml:2:26: wait must be from 100ms to 10m, found 1h"),
        FaultyDocument("traces:\n  metrics: {histograms: some}\n", "p.yml:2:25: "),
        FaultyDocument("traces:\n  metrics: {trace_id_label_name: a-b}\n", "p.yml:2:34: a-b cannot be the name of a label"),
        FaultyDocument(
            "traces:\n  span_metrics:\n    filter_policies:\n      - include: {match_type: regex, attributes: [{key: name, value: \"(\"}]}\n",
            "p.yml:4:70: wrong regular expression"),
        FaultyDocument(
            "traces:\n  span_metrics:\n    filter_policies:\n      - include: {match_type: strict, attributes: [{key: kind, value: server}]}\n",
            "p.yml:4:71: expected a kind such as"),
        FaultyDocument(
            "traces:\n  span_metrics:\n    dimensions: [a.b]\n    dimension_mappings: [{name: a_b, source_labels: [c]}]\n",
            "p.yml:4:25: a_b becomes the label a_b"),
    ])
    func faultsAreNamedWithTheirPlace(_ document: FaultyDocument) {
        let faults = faults(document.text)
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix(document.fault) == true, "\(faults)")
    }
}
