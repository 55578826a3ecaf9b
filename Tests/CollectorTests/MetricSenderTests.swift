internal import Foundation
internal import Testing

/// OpenTelemetry's SDK for Python, each exporter in a process of its own, and what is found of its metrics by queries.
@Suite("Senders of metrics", .serialized)
struct MetricSenderTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: "\(root)/.venv-otlp/bin/python")

    @Test(.enabled(if: isInstalled, "scripts/install-packages.sh test has not installed the exporters"), .timeLimit(.minutes(10)))
    func `what OpenTelemetry's SDK sends is found, cumulative and delta alike`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("receivers: {otlp: {grpc: 127.0.0.1:0, http: 127.0.0.1:0}}\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        for (kind, receiver) in [("otlp-http", "otlp_http"), ("otlp-grpc", "otlp_grpc")] {
            try await perch.eventually("\(kind) listens") { perch.receiverAddresses[receiver] != nil }
            for options in [["cumulative"], ["delta"], ["cumulative", "gzip"]] {
                let finished = try await run(
                    "\(Self.root)/.venv-otlp/bin/python",
                    ["-W", "ignore", "\(Self.root)/Tests/Senders/send_metrics.py", kind, perch.receiverAddresses[receiver] ?? ""] + options)
                #expect(finished.status == 0, "\(kind) \(options): \(finished.error)")
                try await check(perch, "test/" + ([kind] + options).joined(separator: "-"))
            }
        }
        let metadata = try await perch.get("/api/v1/metadata?metric=http_requests_total").text
        #expect(metadata.contains(#""type":"counter""#) && metadata.contains("Requests answered."))
        #expect(try await perch.terminate() == 0)
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "\(root)/.venv-push/bin/python"),
            "scripts/install-packages.sh test has not installed Prometheus' client"), .timeLimit(.minutes(10)))
    func `what Prometheus' client pushes stays until it is deleted, also over a restart`() async throws {
        let folder = try TemporaryFolder()
        var perch = try await PerchProcess(dataDirectory: folder.path + "/data")
        let finished = try await run(
            "\(Self.root)/.venv-push/bin/python",
            ["\(Self.root)/Tests/Senders/push_metrics.py", perch.url.replacing("http://", with: "")])
        #expect(finished.status == 0, "\(finished.error)")
        let nightly = #"instance="a/b",job="nightly",zone="ö""#
        let expected: [(query: String, value: String)] = [
            ("batch_size{step=\"one\",\(nightly)}", "8"), ("batch_rows_total{\(nightly)}", "3"),
            ("batch_seconds_bucket{le=\"0.5\",\(nightly)}", "1"), ("push_failure_time_seconds{\(nightly)}", "0"),
            ("time() - push_time_seconds{\(nightly)} < bool 300", "1"), (#"other_size{job="with/slash"}"#, "1"),
        ]
        for (query, value) in expected { try await check(perch, query, value) }
        #expect(try await query(perch, "gone_size").contains(#""result":[]"#))
        #expect(try await perch.terminate() == 0)

        perch = try await PerchProcess(dataDirectory: folder.path + "/data")
        let odd = try await perch.post("/metrics/job/a/b", headers: [:], body: [])
        #expect(odd.status == 400 && odd.text.contains("odd number of components"), "\(odd.status) \(odd.text)")
        let clash = try await perch.post(
            "/metrics/job/clash", headers: [:], body: Array("# TYPE batch_rows_total gauge\nbatch_rows_total 1\n".utf8))
        #expect(clash.status == 400 && clash.text.contains("inconsistent"), "\(clash.text)")
        let pushed = try await perch.post("/metrics/job@base64/YS9i", headers: [:], body: Array("late 1\n".utf8))
        #expect(pushed.status == 200, "\(pushed.text)")
        try await check(perch, #"late{job="a/b"}"#, "1")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10)))
    func `lines of InfluxDB, Graphite and StatsD are found`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "receivers: {graphite: {tcp: 127.0.0.1:0}, statsd: {udp: 127.0.0.1:0, flush_interval: 100ms}}\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        let written = try await perch.post(
            "/write?db=telegraf&precision=s", headers: [:], body: Array("cpu,host=a idle=90.5\nwrong\n".utf8))
        #expect(written.status == 400 && written.text.contains("partial write: line 2: missing fields dropped=1"), "\(written.text)")
        let version2 = try await perch.post("/api/v2/write?bucket=b&org=o", headers: [:], body: Array("mem value=3i\n".utf8))
        #expect(version2.status == 204, "\(version2.text)")
        #expect(try await perch.get("/ping").status == 204)
        try await check(perch, #"cpu_idle{db="telegraf",host="a"}"#, "90.5")
        try await check(perch, #"mem{db="b"}"#, "3")
        for (receiver, scheme, text) in [("graphite_tcp", "tcp", "a.b;x=y 4 -1"), ("statsd_udp", "udp", "hits:2|c|#page:home")] {
            try await perch.eventually("\(receiver) listens") { perch.receiverAddresses[receiver] != nil }
            let address = (perch.receiverAddresses[receiver] ?? "").replacing(":", with: "/")
            #expect(try await run("/bin/bash", ["-c", "printf '%s\\n' '\(text)' > /dev/\(scheme)/\(address)"]).status == 0)
        }
        try await perch.eventually("the lines are found") {
            let graphite = try await query(perch, #"a_b{x="y"}"#)
            let statsD = try await query(perch, #"hits{page="home"}"#)
            return graphite.contains(#","4"]}]"#) && statsD.contains(#","2"]}]"#)
        }
        #expect(try await perch.terminate() == 0)
    }

    private func query(_ perch: PerchProcess, _ query: String) async throws -> String {
        let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return try await perch.get("/api/v1/query?query=\(encoded)").text
    }

    private func check(_ perch: PerchProcess, _ query: String, _ value: String) async throws {
        let answer = try await self.query(perch, query)
        #expect(answer.contains(#","\#(value)"]}]"#), "\(query): \(answer)")
    }

    private func check(_ perch: PerchProcess, _ job: String) async throws {
        let expected: [(query: String, value: String)] = [
            (#"http_requests_total{http_method="GET",ok="true",instance="one",job="\#(job)"}"#, "6"),
            (#"queue_length{job="\#(job)"}"#, "4"),
            (#"cpu_utilization_ratio{cpu_id="3",job="\#(job)"}"#, "0.25"),
            (#"http_server_duration_seconds_count{http_route="/",job="\#(job)"}"#, "6"),
            (#"http_server_duration_seconds_sum{job="\#(job)"}"#, "41.1"),
            (#"http_server_duration_seconds_bucket{le="0.1",job="\#(job)"}"#, "2"),
            (#"http_server_duration_seconds_bucket{le="1",job="\#(job)"}"#, "4"),
            (#"http_server_duration_seconds_bucket{le="+Inf",job="\#(job)"}"#, "6"),
            (#"histogram_count(payload_size_bytes{job="\#(job)"})"#, "6"),
            (#"histogram_sum(payload_size_bytes{job="\#(job)"})"#, "8600"),
            (#"round(histogram_quantile(0.99, payload_size_bytes{job="\#(job)"}) / 1000)"#, "4"),
            (#"target_info{host_name="h1",telemetry_sdk_language="python",job="\#(job)"}"#, "1"),
        ]
        for (query, value) in expected { try await check(perch, query, value) }
    }
}
