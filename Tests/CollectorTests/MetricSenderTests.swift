internal import Foundation
internal import Testing

/// OpenTelemetry's SDK for Python, each exporter in a process of its own, and what is found of its metrics by queries.
@Suite("Senders of metrics", .serialized)
struct MetricSenderTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: "\(root)/.venv-otlp/bin/python")

    @Test(.enabled(if: isInstalled, "scripts/install-packages.sh test has not installed the exporters"), .timeLimit(.minutes(5)))
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
        for (query, value) in expected {
            let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let answer = try await perch.get("/api/v1/query?query=\(encoded)").text
            #expect(answer.contains(#","\#(value)"]}]"#), "\(query): \(answer)")
        }
    }
}
