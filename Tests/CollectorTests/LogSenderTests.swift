internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import Testing

/// Whoever sends log entries, each in a process of its own, and what is found of them on the disk.
@Suite("Senders of log entries", .serialized)
struct LogSenderTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: "\(root)/.venv-otlp/bin/python")

    private struct Entry {
        var labels: LabelSet
        var time: Int64
        var line: String
        var metadata: [String: String]
    }

    /// All entries of a data directory.
    private func entries(in directory: String) throws -> [Entry] {
        let storage = try LogStorage(directory: directory) { Int64(Date().timeIntervalSince1970 * 1e9) }
        var entries: [Entry] = []
        for table in try storage.tables(matching: [], from: 0, to: Int64.max) {
            let frame = try table.frame()
            let lines = try table.lines(of: (0..<Int32(table.rowCount)).map { $0 })
            let columns = try table.metadataNames().map { ($0, try table.metadata($0)) }
            for stream in frame.streams.indices {
                for row in Int(frame.streamStarts[stream])..<Int(frame.streamStarts[stream + 1]) {
                    var metadata: [String: String] = [:]
                    for (name, column) in columns {
                        guard let column, column.codes[row] >= 0 else { continue }
                        metadata[name] = column.values.string(Int(column.codes[row]))
                    }
                    entries.append(
                        Entry(labels: frame.streams[stream], time: frame.times[row], line: lines.string(row), metadata: metadata))
                }
            }
        }
        try storage.close()
        return entries
    }

    @Test(.enabled(if: isInstalled, "scripts/install-packages.sh test has not installed the exporters"), .timeLimit(.minutes(10)))
    func `what OpenTelemetry's SDK sends is found`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("receivers: {otlp: {grpc: 127.0.0.1:0, http: 127.0.0.1:0}}\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        var sent: [(kind: String, ids: [String: String])] = []
        for (kind, receiver) in [("otlp-http", "otlp_http"), ("otlp-grpc", "otlp_grpc")] {
            try await perch.eventually("\(kind) listens") { perch.receiverAddresses[receiver] != nil }
            for options in [[], ["gzip"]] {
                let finished = try await run(
                    "\(Self.root)/.venv-otlp/bin/python",
                    ["-W", "ignore", "\(Self.root)/Tests/Senders/send_logs.py", kind, perch.receiverAddresses[receiver] ?? ""] + options)
                #expect(finished.status == 0, "\(kind): \(finished.error)")
                let ids = try #require(JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: String])
                sent.append((kind, ids))
            }
        }
        #expect(try await perch.terminate() == 0)
        let entries = try entries(in: folder.path + "/data/logs")
        #expect(entries.count == 3 * sent.count)
        for (kind, ids) in sent {
            let own = entries.filter { $0.metadata["trace_id"] == ids["trace"] }
            #expect(own.map(\.line).sorted() == ["order placed", "payment declined: ä 日本語"], "\(kind)")
            for entry in own {
                // The SDK makes an id for each process.
                #expect(entry.labels["service_instance_id"] != nil, "\(kind)")
                let labels = entry.labels.setting("service_instance_id", "")
                #expect(labels == ["service_name": "sender-\(kind)", "k8s_pod_name": "pod-1"], "\(kind)")
                #expect(entry.metadata["span_id"] == ids["span"] && entry.metadata["team"] == "a", "\(kind)")
                #expect(entry.metadata["scope_name"] == "shop.orders" && entry.metadata["telemetry_sdk_language"] == "python", "\(kind)")
                #expect(abs(Double(entry.time) / 1e9 - Date().timeIntervalSince1970) < 300, "\(kind)")
            }
            #expect(Set(own.compactMap { $0.metadata["detected_level"] }) == ["info", "error"], "\(kind)")
            let placed = own.first { $0.line == "order placed" }
            #expect(placed?.metadata["order_id"] == "17" && placed?.metadata["express"] == "true", "\(kind)")
        }
        #expect(entries.filter { $0.line == "outside of any span" && $0.metadata["trace_id"] == nil }.count == sent.count)
    }

    @Test(.timeLimit(.minutes(10)))
    func `what was answered is on the disk, whatever the protocol`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data")
        let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        let push = #"{"streams":[{"stream":{"app":"shop"},"values":[["\#(now)","level=warn pushed",{"user":"u"}],["1","too old"]]}]}"#
        let pushed = try await perch.post("/loki/api/v1/push", headers: ["Content-Type": "application/json"], body: Array(push.utf8))
        #expect(pushed.status == 400 && pushed.text.contains("1 of 2 entries were kept"), "\(pushed.text)")
        let line = try await perch.post(
            "/ingest/json?stream_fields=host", headers: ["Content-Type": "application/json"],
            body: Array("{\"host\":\"h\",\"msg\":\"line\"}\n".utf8))
        #expect(line.status == 200 && line.text == #"{"accepted":1,"rejected":0}"#)
        let bulk = "{\"create\":{\"_index\":\"logs\"}}\n{\"message\":\"bulk\"}\n"
        let indexed = try await perch.post(
            "/elasticsearch/_bulk", headers: ["Content-Type": "application/x-ndjson"], body: Array(bulk.utf8))
        #expect(indexed.status == 200 && indexed.text.contains("\"errors\":false"))
        let journal = "__REALTIME_TIMESTAMP=\(now / 1000)\nMESSAGE=journal\nSYSLOG_IDENTIFIER=cron\n"
        let uploaded = try await perch.post(
            "/journald/upload", headers: ["Content-Type": "application/vnd.fdo.journal"], body: Array(journal.utf8))
        #expect(uploaded.status == 202)
        let metrics = try await perch.get("/metrics").text
        #expect(metrics.contains("perch_log_intake_rejected_total{reason=\"greater_than_max_sample_age\"} 1\n"))
        #expect(metrics.contains("perch_log_intake_active_streams 4\n"))
        // Killed, so that what is found is what was in the journal when the answers came.
        try await perch.killHard()
        let entries = try entries(in: folder.path + "/data/logs")
        #expect(entries.map(\.line).sorted() == ["bulk", "journal", "level=warn pushed", "{\"host\":\"h\",\"msg\":\"line\"}"])
        let warn = entries.first { $0.line.hasSuffix("pushed") }
        #expect(warn?.labels == ["app": "shop", "service_name": "shop"] && warn?.metadata == ["detected_level": "warn", "user": "u"])
        #expect(warn?.time == now)
    }
}
