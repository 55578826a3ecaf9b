internal import Foundation
internal import OTLPFormat
internal import TelemetryModel
internal import Testing
internal import TraceStorage

/// OpenTelemetry's SDK for Python with the exporters that services use, each in a process of its own, and what is found of their spans.
@Suite("Senders", .serialized)
struct SenderTests {
    /// One exporter, and where it sends to.
    enum Sender: String, CaseIterable, Sendable {
        case otlpHTTP = "otlp-http"
        case otlpGRPC = "otlp-grpc"
        case jaegerHTTP = "jaeger-http"
        case jaegerCompact = "jaeger-udp"
        case jaegerBinary = "jaeger-udp-binary"
        case zipkin

        /// The receiver's name in the log.
        var receiver: String {
            switch self {
            case .otlpHTTP: "otlp_http"
            case .otlpGRPC: "otlp_grpc"
            case .jaegerHTTP: "jaeger_http"
            case .jaegerCompact: "jaeger_agent_compact"
            case .jaegerBinary: "jaeger_agent_binary"
            case .zipkin: "zipkin"
            }
        }

        var environment: String { [.otlpHTTP, .otlpGRPC, .zipkin].contains(self) ? "otlp" : "jaeger" }
        var isOTLP: Bool { self == .otlpHTTP || self == .otlpGRPC }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let isInstalled = ["otlp", "jaeger"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "\(root)/.venv-\($0)/bin/python")
    }

    @Test(.enabled(if: isInstalled, "scripts/install-packages.sh test has not installed the exporters"), .timeLimit(.minutes(10)))
    func whatExportersSendIsFound() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            receivers:
              otlp: {grpc: 127.0.0.1:0, http: 127.0.0.1:0}
              jaeger_agent: {compact: 127.0.0.1:0, binary: 127.0.0.1:0}
              jaeger_http: 127.0.0.1:0
              zipkin: 127.0.0.1:0
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        var sent: [(Sender, ids: [String: String])] = []
        for sender in Sender.allCases {
            try await perch.eventually("\(sender) listens") { perch.receiverAddresses[sender.receiver] != nil }
            let address = perch.receiverAddresses[sender.receiver] ?? ""
            for options in sender.isOTLP ? [[], ["gzip"]] : [[]] { sent.append((sender, try await send(sender, address, options))) }
        }
        // The HTTP port takes the same as the listeners of their own.
        let main = perch.url.replacing("http://", with: "")
        sent.append((.otlpHTTP, try await send(.otlpHTTP, main)))
        sent.append((.zipkin, try await send(.zipkin, main)))
        try await sendJunk(to: perch)
        try await sendTooMuch(to: perch)
        sent.append((.jaegerCompact, try await send(.jaegerCompact, perch.receiverAddresses["jaeger_agent_compact"] ?? "")))
        // Who sends over UDP does not wait for an answer.
        try await perch.eventually("all is taken") { try await acceptedSpans(of: perch) == 4 * sent.count }
        for (sender, ids) in sent {
            let path = "/tempo/api/traces/" + (ids["trace"] ?? "")
            let answer = try await perch.get(path, headers: ["Accept": "application/protobuf"])
            #expect(answer.status == 200, "\(sender)")
            try check(try SpanBatch(otlp: Array(answer.body)), of: sender, ids)
        }
        #expect(try await perch.terminate() == 0)

        let storage = try TraceStorage(directory: folder.path + "/data/traces") { UInt64(Date().timeIntervalSince1970 * 1e9) }
        for (sender, ids) in sent {
            let id = try #require(TraceID(hexadecimal: ids["trace"] ?? ""))
            try check(try #require(try storage.trace(id), "\(sender)"), of: sender, ids)
        }
        try storage.close()
    }

    private func acceptedSpans(of perch: PerchProcess) async throws -> Int {
        try await perch.get("/metrics").text.split(separator: "\n").filter { $0.hasPrefix("perch_receiver_accepted_spans_total{") }
            .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
    }

    /// Datagrams that are no batches: each is counted, and nothing else comes of it.
    private func sendJunk(to perch: PerchProcess) async throws {
        for encoding in ["compact", "binary"] {
            let address = (perch.receiverAddresses["jaeger_agent_\(encoding)"] ?? "").replacing(":", with: "/")
            let script =
                "for junk in x '' 'a longer one' \"$(head -c 9000 /dev/urandom | tr -d '\\0')\"; do printf %s \"$junk\" > /dev/udp/\(address); done"
            #expect(try await run("/bin/bash", ["-c", script]).status == 0)
            try await perch.eventually("junk is counted") {
                try await perch.get("/metrics").text.split(separator: "\n").contains {
                    $0.hasPrefix("perch_receiver_requests_total") && $0.contains("jaeger_agent_\(encoding)") && $0.contains("malformed")
                        && !$0.hasSuffix(" 0")
                }
            }
        }
    }

    /// The client library that most languages use sees a status, and no reset.
    private func sendTooMuch(to perch: PerchProcess) async throws {
        let finished = try await run(
            "\(Self.root)/.venv-otlp/bin/python",
            ["\(Self.root)/Tests/Senders/send_too_much.py", perch.receiverAddresses["otlp_grpc"] ?? "", "70000000", "200000000,gzip", "0"])
        #expect(finished.output == "RESOURCE_EXHAUSTED\nINVALID_ARGUMENT\nOK\n", "\(finished.error)")
    }

    /// - Returns: the ids of the spans by their names, that of the trace, and the start.
    private func send(_ sender: Sender, _ address: String, _ options: [String] = []) async throws -> [String: String] {
        let finished = try await run(
            "\(Self.root)/.venv-\(sender.environment)/bin/python",
            ["-W", "ignore", "\(Self.root)/Tests/Senders/send_spans.py", sender.rawValue, address] + options)
        #expect(finished.status == 0 && finished.error.isEmpty, "\(sender): \(finished.error)")
        return try #require(
            JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: String], "\(sender): \(finished.error)")
    }

    private func check(_ batch: SpanBatch, of sender: Sender, _ ids: [String: String]) throws {
        #expect(batch.spans.count == 4, "\(sender)")
        for span in batch.spans { #expect(span.traceID.hexadecimal == ids["trace"], "\(sender)") }
        let spans = Dictionary(batch.spans.map { ($0.spanID.hexadecimal, $0) }) { first, _ in first }
        let found = Trace(
            batch: batch, root: try #require(spans[ids["root"] ?? ""]), pay: try #require(spans[ids["pay"] ?? ""]),
            order: try #require(spans[ids["order"] ?? ""]), price: try #require(spans[ids["price"] ?? ""]),
            start: try #require(UInt64(ids["start"] ?? "")))
        found.checkWhatAllSay(sender)
        if sender.isOTLP { found.checkWhatOTLPSays(sender) }
    }

    /// The spans of `Tests/Senders/send_spans.py`.
    private struct Trace {
        let batch: SpanBatch
        let root: SpanRecord
        let pay: SpanRecord
        let order: SpanRecord
        let price: SpanRecord
        let start: UInt64

        private static let texts: [(String, AttributeValue)] = [
            ("text", .string("näme 🦅 \"quoted\"\n")), ("yes", .bool(true)), ("no", .bool(false)), ("least", .int(.min)),
            ("count", .int(42)),
            ("ratio", .double(0.25)),
        ]

        func checkWhatAllSay(_ sender: Sender) {
            #expect(batch.resources[root.resource].serviceName == "checkout", "\(sender)")
            let scopes = [root, pay, order, price].map { batch.scopes[$0.scope] }
            #expect(scopes.map(\.name) == ["shop.checkout", "shop.checkout", "shop.checkout", "shop.pricing"], "\(sender)")
            #expect(scopes.map(\.version) == ["0.9", "0.9", "0.9", ""], "\(sender)")
            #expect([root, pay, order, price].map(\.name) == ["POST /checkout", "pay", "order", "price"], "\(sender)")
            #expect([root, pay, order].map(\.kind) == [.server, .client, .producer], "\(sender)")
            #expect(price.kind == .internal || sender == .zipkin && price.kind == .unspecified, "\(sender)")
            #expect(root.parentSpanID == .none, "\(sender)")
            #expect([pay, order, price].allSatisfy { $0.parentSpanID == root.spanID }, "\(sender)")
            let offsets: [UInt64] = [0, 1_000_000, 5_000_000, 6_000_000]
            #expect([root, pay, order, price].map(\.start) == offsets.map { start + $0 }, "\(sender)")
            #expect([root, pay, order, price].map(\.duration) == [10_000_000, 4_000_000, 1_000_000, 500_000], "\(sender)")
            #expect([root, pay, order].map(\.statusCode) == [.ok, .error, .unset], "\(sender)")
            #expect(pay.statusMessage == "card refused", "\(sender)")
            #expect(pay.events.map(\.name) == ["retry", "gave up"], "\(sender)")
            #expect(pay.events.map(\.time) == [start + 2_000_000, start + 3_000_000], "\(sender)")
            #expect(pay.events.first?.attributes[key: "attempt"] == .int(2), "\(sender)")
            for (key, value) in Self.texts {
                #expect(root.attributes[key: key] == (sender == .zipkin ? .string(asText(value)) : value), "\(sender): \(key)")
            }
            // Zipkin has no links.
            if sender == .zipkin { return }
            #expect(order.links.map(\.traceID.hexadecimal) == ["0102030405060708090a0b0c0d0e0f10"], "\(sender)")
            #expect(order.links.map(\.spanID.hexadecimal) == ["1112131415161718"], "\(sender)")
        }

        func checkWhatOTLPSays(_ sender: Sender) {
            let strings = AttributeValue.array([.string("a"), .string("b")])
            let attributes =
                Self.texts.map { Attribute($0.0, $0.1) } + [
                    Attribute("texts", strings), Attribute("truths", .array([.bool(true), .bool(false)])),
                    Attribute("numbers", .array([.int(1), .int(2), .int(3)])), Attribute("ratios", .array([.double(0.5), .double(1.5)])),
                ]
            #expect(root.attributes == attributes, "\(sender)")
            let resource = batch.resources[root.resource].attributes
            #expect(
                resource == [
                    Attribute("service.name", .string("checkout")), Attribute("service.version", .string("1.2")),
                    Attribute("host.cpus", .int(8)), Attribute("zones", strings),
                ], "\(sender)")
            #expect(order.links.first?.attributes == [Attribute("reason", .string("batch"))], "\(sender)")
            #expect(pay.events.first?.attributes == [Attribute("attempt", .int(2)), Attribute("why", .string("timeout"))], "\(sender)")
        }

        /// A value as the exporter for Zipkin writes it, which knows texts only.
        private func asText(_ value: AttributeValue) -> String {
            switch value {
            case .string(let text): text
            case .bool(let truth): "\(truth)"
            case .int(let number): "\(number)"
            case .double(let number): "\(number)"
            default: ""
            }
        }
    }
}
