import Compression
import Foundation
import RemoteWriteFormat
import TelemetryModel
import Testing

/// `limits.clients` over every way in: who is over a limit is told so in the words of its protocol, and others are not disturbed.
@Suite(.serialized) struct ClientLimitTests {
    private func message(_ count: Int) -> [UInt8] {
        var encoder = RemoteWriteEncoder(version: .v1)
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        for number in 0..<count {
            encoder.append(RemoteWriteSeries(labels: ["__name__": "m", "id": "\(number)"], samples: [Sample(timestamp: now, value: 1)]))
        }
        return encoder.finish()
    }

    @Test(.timeLimit(.minutes(3))) func `a client over its limit gets 429 on every receiver, others go on`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("limits: {clients: {items_per_second: 10, burst: 2s}}\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        let body = try Codec.snappyBlock.compress(message(500))
        func write(_ tenant: String) async throws -> (status: Int, text: String) {
            let headers = [
                "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0",
                "X-Scope-OrgID": tenant,
            ]
            let answer = try await perch.post("/api/v1/write", headers: headers, body: body)
            return (answer.status, answer.text)
        }
        #expect(try await write("a").status == 204)
        let over = try await write("a")
        #expect(over.status == 429 && over.text.contains("tenant \"a\" sends more than its 10 items in a second"), "\(over)")
        #expect(try await write("b").status == 204)

        let tenant = ["X-Scope-OrgID": "a", "Content-Type": "application/json"]
        let line = #"{"streams":[{"stream":{"a":"b"},"values":[["\#(Int(Date().timeIntervalSince1970))000000000","x"]]}]}"#
        for (path, body) in [
            ("/loki/api/v1/push", line), ("/v1/traces", #"{"resourceSpans":[]}"#), ("/v1/metrics", #"{"resourceMetrics":[]}"#),
            ("/v1/logs", #"{"resourceLogs":[]}"#), ("/write", "m v=1"), ("/api/v2/spans", "[]"), ("/metrics/job/j", "x 1\n"),
        ] {
            let answer = try await perch.post(path, headers: tenant, body: Array(body.utf8))
            #expect(answer.status == 429, "\(path): \(answer.status) \(answer.text)")
            let other = try await perch.post(
                path, headers: ["X-Scope-OrgID": "c", "Content-Type": "application/json"], body: Array(body.utf8))
            #expect(other.status / 100 == 2, "\(path): \(other.status) \(other.text)")
        }
        let metrics = try await perch.get("/metrics").text
        #expect(metrics.contains(#"perch_ingestion_client_limited_total{limit="items"} 8"#))
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(3))) func `series beyond the limit are told with the metric and the label that grow`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("limits: {max_active_series: 40}\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        let answer = try await perch.writeRemotely(message(100), version: .v1)
        #expect(answer.status == 400)
        #expect(answer.text.contains("limits.max_active_series"), "\(answer.text)")
        #expect(answer.text.contains(#"most are of "m" (60 of 60), whose label "id" has 60 values"#), "\(answer.text)")
        #expect(try await perch.terminate() == 0)
    }
}
