import Foundation
import RemoteWriteFormat
import TelemetryModel
import TestSupport
import Testing

/// Sending to, and being read by, Debian's prometheus; and 2.0 between two of our own.
@Suite(.serialized) struct RemoteCounterpartTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func prometheus(_ configuration: String, _ arguments: [String] = []) async throws -> (child: ChildProcess, url: String) {
        let port = try FreePorts.one()
        let file = try folder.write(configuration, to: "prometheus-\(port).yml")
        let child = try ChildProcess(
            installed("prometheus") ?? "",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(folder.path)/prometheus-\(port)", "--web.listen-address=127.0.0.1:\(port)",
                "--log.level=warn",
            ] + arguments)
        let url = "http://127.0.0.1:\(port)"
        let end = ContinuousClock.now + PerchProcess.patience
        while ContinuousClock.now < end, child.isRunning {
            if let answer = try? await PerchProcess.get(url + "/-/ready"), answer.status == 200 { return (child, url) }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw PerchProcess.Failure("prometheus did not get ready:\n" + child.printed)
    }

    /// What a range of samples looks like in the answer: series by their labels, with times and values.
    private func samples(_ url: String, _ query: String, at time: Double) async throws -> [String: [String]] {
        let answer = try await PerchProcess.get("\(url)/api/v1/query?query=\(PerchProcess.encoded(query))&time=\(time)")
        guard answer.status == 200,
            let result = ((answer.json as? [String: Any])?["data"] as? [String: Any])?["result"] as? [[String: Any]]
        else { throw PerchProcess.Failure("\(query) answered \(answer.status): \(answer.text)") }
        var series: [String: [String]] = [:]
        for element in result {
            let labels = (element["metric"] as? [String: String] ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let values =
                element["values"] as? [[Any]] ?? element["histograms"] as? [[Any]] ?? [
                    element["value"] as? [Any] ?? element["histogram"] as? [Any] ?? []
                ]
            series[labels.joined(separator: ",")] = try values.map { value in
                String(decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]), as: UTF8.self)
            }
        }
        return series
    }

    @Test(.enabled(if: installed("prometheus") != nil, "prometheus is not installed"), .timeLimit(.minutes(10)))
    func `prometheus gets every sample that is scraped, pushed or made by a rule`() async throws {
        let receiver = try await prometheus("global: {}\n", ["--web.enable-remote-write-receiver"])
        let rules = try folder.write(
            "groups: [{name: g, interval: 1s, rules: [{record: 'job:up:count', expr: 'count by (job) (up)'}]}]\n", to: "rules.yml")
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s, external_labels: {replica: a}}
            rule_files: ['\(rules)']
            scrape_configs: [{job_name: receiver, static_configs: [{targets: ['\(receiver.url.dropFirst(7))']}]}]
            remote_write: [{url: '\(receiver.url)/api/v1/write', queue_config: {batch_send_deadline: 200ms}, metadata_config: {send_interval: 1s}}]
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/perch", configuration: configuration)
        let now = Date().timeIntervalSince1970.rounded(.down)
        try await perch.load(series: "pushed{a=\"b\"}", values: (0..<60).map { (Int64(now) * 1000 - Int64(60 - $0) * 500, Double($0) / 7) })
        try await perch.eventually("samples of all kinds") {
            let time = Date().timeIntervalSince1970
            let counts = try await samples(receiver.url, "count_over_time({__name__=~\"up|job:up:count\"}[10m])", at: time)
            return counts.count == 2
                && counts.values.allSatisfy { ($0.first?.split(separator: "\"").dropFirst().first.flatMap { Double($0) } ?? 0) >= 5 }
        }
        let end = Date().timeIntervalSince1970.rounded(.down) - 2
        for selector in [
            "pushed[2m]", "up[30s]", "job:up:count[30s]", "prometheus_http_requests_total[10s]", "scrape_duration_seconds[20s]",
        ] {
            let ours = try await samples(perch.url, selector, at: end)
            #expect(!ours.isEmpty, "\(selector)")
            var expected: [String: [String]] = [:]
            for (labels, values) in ours {
                expected[(labels.split(separator: ",").map(String.init) + ["replica=a"]).sorted().joined(separator: ",")] = values
            }
            // The last of them may be on their way yet.
            try await perch.eventually("\(selector) there as here") {
                let theirs = try await samples(receiver.url, selector, at: end)
                return Dictionary(
                    uniqueKeysWithValues: theirs.map { ($0.key.split(separator: ",").sorted().joined(separator: ","), $0.value) })
                    == expected
            }
        }
        try await perch.eventually("metadata") {
            let page = try await perch.get("/metrics").text
            return page.split(separator: "\n").contains { $0.hasPrefix("prometheus_remote_storage_metadata_total{") && !$0.hasSuffix(" 0") }
        }
        #expect(!receiver.child.printed.contains("err="), "\(receiver.child.printed)")
        #expect(try await perch.terminate() == 0)
        receiver.child.send(signal: SIGTERM)
        _ = try await receiver.child.status()
    }

    private func histogram(_ count: Double) -> NativeHistogram {
        NativeHistogram(
            schema: 1, zeroThreshold: 0x1p-128, zeroCount: 1, count: count * 3 + 1, sum: count * 2.5,
            positiveSpans: [.init(offset: 0, length: 2), .init(offset: 1, length: 1)], positiveBuckets: [count, count, count],
            isFloat: false)
    }

    /// A counter with start times, exemplars and metadata, and histograms with both kinds of counts.
    private func message(_ base: Int64) -> [UInt8] {
        var encoder = RemoteWriteEncoder(version: .v2)
        var told = RemoteWriteSeries(
            labels: ["__name__": "hits_total", "way": "told"],
            samples: (0..<4).map { Sample(timestamp: base + $0 * 30_000, value: Double($0 + 1) * 10) },
            exemplars: [Exemplar(labels: ["trace_id": "abc"], value: 7, timestamp: base + 30_000)],
            metadata: MetricMetadata(type: .counter, help: "Hits.", unit: "hits"))
        told.starts = [base - 15_000, base - 15_000, base + 45_000, base + 45_000]
        encoder.append(told)
        encoder.append(
            RemoteWriteSeries(
                labels: ["__name__": "latency"],
                histograms: (0..<5).map { HistogramSample(timestamp: base + $0 * 30_000, histogram: histogram(Double($0 + 1))) },
                metadata: MetricMetadata(type: .histogram, help: "Latency.", unit: "seconds")))
        var float = NativeHistogram(
            resetHint: .gauge, schema: NativeHistogram.customBucketsSchema, count: 4, sum: 9, positiveSpans: [.init(offset: 0, length: 3)],
            positiveBuckets: [1.5, 0.5, 2], customBounds: [1, 2.5])
        float.isFloat = true
        encoder.append(
            RemoteWriteSeries(
                labels: ["__name__": "custom"], histograms: (0..<2).map { HistogramSample(timestamp: base + $0 * 30_000, histogram: float) }
            ))
        return encoder.finish()
    }

    @Test(.timeLimit(.minutes(10)))
    func `in 2_0 histograms, exemplars, metadata and start times arrive as they came`() async throws {
        let features = ["--enable-feature", "promql-experimental-functions,use-start-timestamps"]
        let receiver = try await PerchProcess(dataDirectory: folder.path + "/receiver", arguments: features)
        let configuration = try folder.write(
            """
            remote_write:
              - url: \(receiver.url)/api/v1/write
                protobuf_message: io.prometheus.write.v2.Request
                send_exemplars: true
                queue_config: {batch_send_deadline: 100ms}
            """, to: "perch.yml")
        let sender = try await PerchProcess(dataDirectory: folder.path + "/sender", configuration: configuration, arguments: features)
        let base = (Int64(Date().timeIntervalSince1970) - 300) * 1000
        let answer = try await sender.writeRemotely(message(base), version: .v2)
        #expect(answer.status == 204, "\(answer.text)")
        let end = Double(base / 1000 + 125)
        try await sender.eventually("histograms") { try await samples(receiver.url, "custom[5m]", at: end).count == 1 }
        for query in [
            "hits_total[5m]", "latency[5m]", "custom[5m]", "increase(hits_total[2m])", "start_timestamp(hits_total)",
            "resets(hits_total[2m])",
            "histogram_quantile(0.9, rate(latency[2m]))",
        ] {
            let ours = try await samples(sender.url, query, at: end)
            #expect(!ours.isEmpty, "\(query)")
            try await sender.eventually("\(query) there as here") { try await samples(receiver.url, query, at: end) == ours }
        }
        for path in ["/api/v1/metadata", "/api/v1/query_exemplars?query=hits_total&start=\(base / 1000)&end=\(Int(end))"] {
            let ours = try await sender.get(path).text
            try await sender.eventually("\(path) there as here") { try await receiver.get(path).text == ours }
            #expect(ours.contains(path.contains("metadata") ? "Latency." : "abc"), "\(ours)")
        }
        #expect(try await sender.terminate() == 0)
        #expect(try await receiver.terminate() == 0)
    }

    @Test(.enabled(if: installed("prometheus") != nil, "prometheus is not installed"), .timeLimit(.minutes(10)))
    func `prometheus answers queries with what it reads from us`() async throws {
        let configuration = try folder.write("global: {external_labels: {region: eu}}\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/perch", configuration: configuration)
        let now = Int64(Date().timeIntervalSince1970)
        let base = (now - 3600) * 1000
        for series in 0..<5 {
            try await perch.load(
                series: "read_me{n=\"\(series)\",kind=\"k\(series % 2)\"}",
                values: (0..<400).map { (base + Int64($0) * 7_000 + Int64(series), Double($0 * series) / 3) })
        }
        #expect(try await perch.post("/-/flush").status == 200)
        let end = Double(now - 600)
        // Debian's asks for samples, and knows no histograms in them yet; newer ones ask for chunks, which promtool reads in the tests of the
        // format.
        let reader = try await prometheus(
            "remote_read: [{url: '\(perch.url)/api/v1/read', read_recent: true}]\n")
        for query in [
            "read_me[1h]", "read_me{kind=\"k1\",n!=\"3\"}[20m]", "read_me{n=~\"[0-2]\",kind!~\"k1\"}[1h]",
            "sum by (kind) (read_me)",
        ] {
            let theirs = try await samples(reader.url, query, at: end)
            let ours = try await samples(perch.url, query, at: end)
            #expect(!ours.isEmpty, "\(query)")
            // Labels that the collector adds to what leaves it are in their answers only.
            let stripped = Dictionary(
                uniqueKeysWithValues: theirs.map {
                    ($0.key.split(separator: ",").filter { $0 != "region=eu" }.joined(separator: ","), $0.value)
                })
            #expect(stripped == ours, "\(query)")
            if query.hasPrefix("read_me") { #expect(theirs.keys.allSatisfy { $0.contains("region=eu") }) }
        }
        #expect(try await samples(reader.url, "count(read_me{region=\"eu\"})", at: end).count == 1)
        #expect(try await samples(reader.url, "read_me{region=\"us\"}", at: end).isEmpty)
        #expect(!reader.child.printed.contains("err="), "\(reader.child.printed)")
        reader.child.send(signal: SIGTERM)
        _ = try await reader.child.status()
        #expect(try await perch.terminate() == 0)
    }
}
