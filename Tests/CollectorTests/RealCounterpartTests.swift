import Foundation
import TestSupport
import Testing

/// Real programs on the other end: Debian's prometheus, promtool and node exporter.
@Suite(.serialized) struct RealCounterpartTests {
    @Test(.enabled(if: installed("prometheus") != nil, "prometheus is not installed"), .timeLimit(.minutes(10)))
    func prometheusSendsWhatItScrapesByRemoteWrite() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path + "/perch")
        let port = try FreePorts.one()
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s}
            scrape_configs:
              - job_name: prometheus
                static_configs: [{targets: ['127.0.0.1:\(port)']}]
            remote_write:
              - url: \(perch.url)/api/v1/write
                queue_config: {batch_send_deadline: 500ms}
                metadata_config: {send_interval: 1s}
            """, to: "prometheus.yml")
        let prometheus = try ChildProcess(
            installed("prometheus") ?? "",
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/prometheus", "--web.listen-address=127.0.0.1:\(port)",
                "--log.level=warn",
            ])
        try await perch.eventually("samples from prometheus") {
            try await perch.instant("count_over_time(up{job=\"prometheus\"}[1m])", by: "job")["prometheus"] ?? 0 >= 5
        }
        // The same question at the same past time has the same answer in both, once all has come. The names below have no special meaning to
        // either.
        let time = (Date().timeIntervalSince1970 - 3).rounded(.down)
        for query in ["sum(scrape_samples_scraped)", "count(prometheus_tsdb_head_series)", "sum(go_memstats_alloc_bytes_total)"] {
            let theirs = try await instant(query, at: time, of: "http://127.0.0.1:\(port)")
            #expect(!theirs.isEmpty)
            try await perch.eventually("the answer to \(query) at \(time)") { try await perch.instant(query, at: time) == theirs }
        }
        try await perch.eventually("metadata from prometheus") {
            try await perch.get("/api/v1/metadata?metric=go_goroutines").text.contains("\"gauge\"")
        }
        #expect(!prometheus.printed.contains("non-recoverable"), "\(prometheus.printed)")
        prometheus.send(signal: SIGTERM)
        _ = try await prometheus.status()
        #expect(try await perch.terminate() == 0)
    }

    @Test(.enabled(if: installed("prometheus-node-exporter") != nil, "prometheus-node-exporter is not installed"), .timeLimit(.minutes(10)))
    func scrapesANodeExporterAndItself() async throws {
        let folder = try TemporaryFolder()
        let port = try FreePorts.one()
        let exporter = try ChildProcess(installed("prometheus-node-exporter") ?? "", ["--web.listen-address=127.0.0.1:\(port)"])
        let targets = try folder.write("[{\"targets\": [\"127.0.0.1:\(port)\"], \"labels\": {\"rack\": \"a1\"}}]", to: "targets.json")
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: node
                file_sd_configs: [{files: ['\(targets)']}]
                relabel_configs:
                  - {source_labels: [rack], regex: '(.).*', target_label: row, replacement: 'row-$1'}
                metric_relabel_configs:
                  - {source_labels: [__name__], regex: 'go_.*', action: drop}
              - job_name: nobody
                static_configs: [{targets: ['127.0.0.1:1']}]
            """, to: "prometheus.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/perch", configuration: configuration)
        // A scrape may take longer than its second where the machine is busy.
        try await perch.eventually("scrapes") {
            let count = try await perch.instant("sum_over_time(up[10m])", by: "job")["node"] ?? 0
            let last = try await perch.instant("up", by: "job")
            return count >= 3 && last == ["node": 1, "nobody": 0]
        }
        try await perch.eventually("the series of the page, and its relabelling in the report") {
            let processors = try await perch.instant("count(node_cpu_seconds_total{row=\"row-a\", rack=\"a1\"}) > 0", by: "").count
            let relabelled = try await perch.instant("scrape_samples_scraped > scrape_samples_post_metric_relabeling", by: "job")
            return processors == 1 && relabelled.keys.sorted() == ["node"]
        }
        #expect(try await perch.instant("go_goroutines").isEmpty)
        try await perch.eventually("the reason why a target is down") {
            let pools = try await perch.get("/api/v1/targets?state=active").text
            return pools.contains("connection refused") || pools.lowercased().contains("connect")
        }

        // A target that goes away leaves staleness markers, so its series end at once and not after the lookback.
        exporter.send(signal: SIGTERM)
        _ = try await exporter.status()
        try await perch.eventually("staleness") {
            let up = try await perch.instant("up", by: "job")["node"]
            return try await perch.instant("node_load1", by: "job").isEmpty && up == 0
        }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.enabled(if: installed("promtool") != nil, "promtool is not installed"), .timeLimit(.minutes(10)))
    func promtoolAsksAndIsAnswered() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path)
        let now = Int64(Date().timeIntervalSince1970)
        try await perch.load(
            series: "promtool_test{instance=\"a\"}", values: (0..<60).map { (now * 1000 - Int64(60 - $0) * 1000, Double($0)) })
        let promtool = installed("promtool") ?? ""

        let instant = try await run(promtool, ["query", "instant", perch.url, "promtool_test"])
        #expect(instant.status == 0, "\(instant)")
        #expect(instant.output.hasPrefix("promtool_test{instance=\"a\"} => 59 @["), "\(instant.output)")

        let range = try await run(
            promtool, ["query", "range", "--start=\(now - 30)", "--end=\(now - 10)", "--step=10s", perch.url, "sum(promtool_test)"])
        #expect(range.status == 0, "\(range)")
        #expect(range.output.split(separator: "\n").count == 4, "\(range.output)")

        let series = try await run(promtool, ["query", "series", "--match=promtool_test", perch.url])
        #expect(series.output.contains("{__name__=\"promtool_test\", instance=\"a\"}"), "\(series)")

        let labels = try await run(promtool, ["query", "labels", perch.url, "instance"])
        #expect(labels.output == "a\n", "\(labels)")

        let wrong = try await run(promtool, ["query", "instant", perch.url, "sum("])
        #expect(wrong.status != 0)
        #expect(wrong.error.contains("parse error"), "\(wrong)")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.enabled(if: installed("promtool") != nil, "promtool is not installed"), .timeLimit(.minutes(10)))
    func promtoolFindsNothingWrongWithOurOwnMetrics() async throws {
        let folder = try TemporaryFolder()
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s}
            scrape_configs: [{job_name: nobody, static_configs: [{targets: ['127.0.0.1:1']}]}]
            """, to: "prometheus.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        try await perch.load(series: "some_metric", values: [(Int64(Date().timeIntervalSince1970 * 1000), 1)])
        _ = try await perch.instant("some_metric")
        let page = try await perch.get("/metrics").text
        let file = try folder.write(page, to: "metrics.txt")
        let checked = try await run("/bin/sh", ["-c", "\(installed("promtool") ?? "") check metrics < \(file)"])
        #expect(checked.status == 0, "\(checked)")
        for stage in [
            "perch_discovery_", "perch_scraping_", "perch_ingestion_", "perch_storage_", "perch_query_", "perch_http_", "process_",
        ] {
            #expect(page.contains("\n\(stage)"), "no series of the stage \(stage)")
        }
        #expect(try await perch.terminate() == 0)
    }

    private func instant(_ query: String, at time: Double, of url: String) async throws -> [String: Double] {
        let answer = try await PerchProcess.get(url + "/api/v1/query?query=\(PerchProcess.encoded(query))&time=\(time)")
        let result = ((answer.json as? [String: Any])?["data"] as? [String: Any])?["result"] as? [[String: Any]] ?? []
        var values: [String: Double] = [:]
        for element in result {
            let name = (element["metric"] as? [String: String])?["__name__"] ?? ""
            if let pair = element["value"] as? [Any], pair.count == 2, let text = pair[1] as? String { values[name] = Double(text) }
        }
        return values
    }
}
