import Compression
import Foundation
import NIOCore
import NIOPosix
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

    @Test(.timeLimit(.minutes(10))) func `a client over its limit gets 429 on every receiver, others go on`() async throws {
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

    @Test(.timeLimit(.minutes(10))) func `clients of sockets are held to their limits, too, and the log names them`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            limits: {clients: {items_per_second: 1, burst: 5s}}
            receivers:
              graphite: {tcp: "127.0.0.1:0", udp: "127.0.0.1:0"}
              statsd: {udp: "127.0.0.1:0"}
              syslog: {udp: "127.0.0.1:0"}
              jaeger_agent: {compact: "127.0.0.1:0"}
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        try await perch.eventually("receivers") { perch.receiverAddresses.count >= 5 }
        func port(_ name: String) throws -> Int {
            try #require(perch.receiverAddresses[name]?.split(separator: ":").last.flatMap { Int($0) }, "\(perch.receiverAddresses)")
        }
        func send(_ text: String, _ name: String) async throws {
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: try port(name))
            try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(string: text)))
            try await channel.close()
        }
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: try port("graphite_tcp")).get()
        // Takes all that the address may send in ten minutes.
        try await connection.writeAndFlush(ByteBuffer(string: (0..<600).map { "a.b\($0) 1\n" }.joined()))
        try await perch.eventually("a held connection") {
            try await perch.get("/metrics").text.contains(#"perch_line_receiver_held_back_total{limit="items",protocol="graphite"} 1"#)
        }
        try await send("c 1\n", "graphite_udp")
        try await send("d:1|c", "statsd_udp")
        try await send("<13>1 - h a - - - x", "syslog_udp")
        try await send("nonsense", "jaeger_agent_compact")
        for line in [
            #"perch_line_receiver_dropped_datagrams_total{limit="items",protocol="graphite"} 1"#,
            #"perch_line_receiver_dropped_datagrams_total{limit="items",protocol="statsd"} 1"#,
            #"perch_receiver_agent_dropped_datagrams_total{limit="items",protocol="syslog_udp"} 1"#,
            #"{outcome="too_many_requests",protocol="jaeger_agent_compact"} 1"#,
        ] {
            try await perch.eventually(line) { try await perch.get("/metrics").text.contains(line) }
        }
        #expect(try await perch.get("/metrics").text.contains(#"perch_ingestion_client_limited_total{limit="items"} 5"#))
        #expect(perch.child.printed.contains(#"address \"127.0.0.1\" sends more than its 1 items in a second"#), "\(perch.child.printed)")
        #expect(try await perch.terminate() == 0)
        try? await connection.close()
    }

    @Test(.timeLimit(.minutes(10))) func `labels beyond their limits are told with limit, metric and label`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "limits: {max_active_label_bytes: 1MB, max_labels_per_series: 5, max_label_name_length: 20, max_label_value_length: 100KB}\n"
                .replacingOccurrences(of: "100KB", with: "100000"), to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        func answer(_ series: [LabelSet]) async throws -> String {
            var encoder = RemoteWriteEncoder(version: .v1)
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            for labels in series { encoder.append(RemoteWriteSeries(labels: labels, samples: [Sample(timestamp: now, value: 1)])) }
            let answer = try await perch.writeRemotely(encoder.finish())
            #expect(answer.status == 400)
            return answer.text
        }
        let long = String(repeating: "x", count: 99_000)
        let bytes = try await answer((0..<15).map { ["__name__": "m", "id": "\($0)", "text": "\($0) \(long)"] })
        #expect(
            bytes.contains("5 rejected of new series beyond the limit on bytes of labels of active series (limits.max_active_label_bytes)"),
            "\(bytes)")
        #expect(bytes.contains(#"most bytes are of "m""#) && bytes.contains(#"whose label "text" takes 495"#), "\(bytes)")
        let labels = try await answer([["__name__": "n", "a": "1", "b": "1", "c": "1", "d": "1", "e": "1"]])
        #expect(labels.contains(#""n" with 6 labels, at most 5 allowed (limits.max_labels_per_series)"#), "\(labels)")
        let name = try await answer([["__name__": "n", "a_label_of_many_letters": "1"]])
        #expect(
            name.contains(#"a label name of 23 bytes, "a_label_of_many_letters", at most 20"#) && name.contains("max_label_name_length"),
            "\(name)")
        let value = try await answer([["__name__": "n", "a": long + long]])
        #expect(
            value.contains(#""n" with a value of 198000 bytes in its label "a", at most 100000"#)
                && value.contains("max_label_value_length"), "\(value)")
        let metrics = try await perch.get("/metrics").text
        #expect(metrics.contains(#"perch_ingestion_rejected_total{reason="label_bytes_limit"} 5"#))
        #expect(metrics.contains(#"perch_ingestion_rejected_total{reason="label_limit"} 3"#))
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `series beyond the limit are told with the metric and the label that grow`() async throws {
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
