import Foundation
import PerchMetrics
import PerchTracing
import PerchWire
import Synchronization
import TestSupport
import Testing
import Tracing

@testable import PerchExport

@Suite struct ExportTests {
    private final class Problems: Sendable {
        private let texts = Mutex<[String]>([])
        func add(_ text: String) { texts.withLock { $0.append(text) } }
        var all: [String] { texts.withLock { $0 } }
    }

    private let problems = Problems()

    private func export(
        _ endpoint: String, spans: SpanQueue? = nil, metrics: MetricRegistry? = nil,
        _ change: (inout TelemetryExport.Configuration, inout OTLPHTTPTransport.Configuration) -> Void = { _, _ in }
    ) throws -> TelemetryExport {
        var http = OTLPHTTPTransport.Configuration(endpoint: endpoint)
        var settings = TelemetryExport.Configuration()
        settings.resource = TelemetryResource(["service.name": "test"])
        settings.retry.firstWait = .milliseconds(20)
        settings.onProblem = { [problems] in problems.add($0) }
        change(&settings, &http)
        return TelemetryExport(try OTLPHTTPTransport(http), configuration: settings, spans: spans, metrics: metrics)
    }

    private func counts(_ export: TelemetryExport) -> [String: Double] {
        let registry = MetricRegistry()
        export.register(in: registry)
        var counts: [String: Double] = [:]
        for family in registry.snapshot() {
            for point in family.points {
                if case .number(let value) = point.value, value > 0 {
                    counts[point.labels["outcome"].map { "\(point.labels["signal"] ?? "") \($0)" } ?? family.name] = value
                }
            }
        }
        return counts
    }

    private func spans(_ count: Int, max: Int = 2048) -> SpanQueue {
        let queue = SpanQueue(spansMax: max, batchSize: min(512, max))
        let tracer = PerchTracer(sink: queue)
        for index in 0..<count { tracer.startSpan("span \(index)").end() }
        return queue
    }

    @Test func `spans and metrics go to their paths, compressed, with headers, without a trace of their own`() async throws {
        let receiver = try TestReceiver()
        defer { receiver.stop() }
        let registry = MetricRegistry()
        registry.counter("a_total", help: "A.").increment()
        let export = try export(receiver.endpoint, spans: spans(600), metrics: registry) { _, http in
            http.headers = [("authorization", "Bearer x")]
            http.signalHeaders[.traces] = [("x-signal", "traces")]
        }
        #expect(await export.flush(within: .seconds(90)))
        await export.shutdown()
        let received = receiver.received
        #expect(received.map(\.path).sorted() == ["/v1/metrics", "/v1/traces", "/v1/traces"])
        #expect(received.allSatisfy { $0.headers["content-encoding"] == "gzip" && $0.headers["authorization"] == "Bearer x" })
        #expect(received.allSatisfy { $0.headers["content-type"] == "application/x-protobuf" && $0.headers["traceparent"] == nil })
        #expect(received.filter { $0.headers["x-signal"] == "traces" }.count == 2)
        #expect(counts(export) == ["traces sent": 600, "metrics sent": 1])
    }

    @Test func `what is not taken now is sent again, after the time that the receiver asks for`() async throws {
        let times = Mutex<[ContinuousClock.Instant]>([])
        let receiver = try TestReceiver { _, count in
            times.withLock { $0.append(.now) }
            return count < 3 ? .status(503, headers: ["retry-after": "0.3"]) : .status(200)
        }
        defer { receiver.stop() }
        let queue = spans(600)
        let export = try export(receiver.endpoint, spans: queue) { settings, _ in settings.spanInterval = .milliseconds(10) }
        let running = Task { await export.run() }
        while counts(export)["traces sent"] != 600 { try await Task.sleep(for: .milliseconds(10)) }
        running.cancel()
        await running.value
        await export.shutdown()
        #expect(counts(export) == ["traces sent": 600, "perch_export_retries_total": 2])
        let waits = times.withLock { times in zip(times, times.dropFirst()).map { $1 - $0 } }
        #expect(waits[0] >= .milliseconds(300) && waits[1] >= .milliseconds(300), "\(waits)")
        #expect(problems.all.count == 1)
    }

    @Test func `what the receiver leaves out or refuses is counted and told`() async throws {
        var partial = ProtobufBytes()
        partial.write(1) { message in
            message.write(1, int64: 2)
            message.write(2, string: "too old")
        }
        let answer = partial.bytes
        let receiver = try TestReceiver { _, count in count == 1 ? .status(200, body: answer) : .status(400) }
        defer { receiver.stop() }
        let export = try export(receiver.endpoint, spans: spans(600))
        await export.flush(within: .seconds(90))
        await export.shutdown()
        #expect(counts(export) == ["traces sent": 510, "traces rejected": 2, "traces failed": 88])
        #expect(problems.all.contains { $0.contains("left out 2 of 512") && $0.contains("too old") })
        #expect(problems.all.contains { $0.contains("400") })
    }

    @Test(arguments: ["down", "silent", "closing", "garbage", "endless"])
    func `a receiver that is of no use blocks nobody and costs no memory`(_ kind: String) async throws {
        var generator = SeededGenerator(seed: 3)
        let garbage = generator.bytes(5000)
        let receiver = try TestReceiver { _, _ in
            switch kind {
            case "silent": .silence
            case "closing": .close
            case "garbage": .bytes(garbage)
            default: .bytes(Array("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n".utf8) + [UInt8](repeating: 0x0a, count: 100_000))
            }
        }
        if kind == "down" { receiver.stop() }
        defer { if kind != "down" { receiver.stop() } }
        let queue = spans(3000, max: 1000)
        #expect(queue.count == 1000)
        #expect(queue.droppedSpans == 2000)
        let export = try export(receiver.endpoint, spans: queue) { _, http in http.timeout = .milliseconds(300) }
        let started = ContinuousClock.now
        await export.flush(within: .seconds(3))
        #expect(ContinuousClock.now - started < .seconds(30))
        await export.shutdown()
        let counts = counts(export)
        #expect((counts["traces failed"] ?? 0) + (counts["traces sent"] ?? 0) == 1000)
        #expect(queue.count == 0)
    }

    @Test func `a batch is given up when the time of its signal is over, whether it waits for an answer or for another attempt`()
        async throws
    {
        for answer in [TestReceiver.Answer.silence, .status(503)] {
            let receiver = try TestReceiver { _, _ in answer }
            defer { receiver.stop() }
            let export = try export(receiver.endpoint, spans: spans(600)) { settings, http in
                settings.timeouts[.traces] = .milliseconds(200)
                settings.spanInterval = .milliseconds(10)
                http.timeout = .seconds(60)
            }
            let started = ContinuousClock.now
            let running = Task { await export.run() }
            while counts(export)["traces failed"] != 600 && ContinuousClock.now - started < .seconds(30) {
                try await Task.sleep(for: .milliseconds(10))
            }
            running.cancel()
            await running.value
            await export.shutdown()
            #expect(counts(export)["traces failed"] == 600)
            #expect(ContinuousClock.now - started < .seconds(30))
        }
    }

    @Test func `what cannot be sent waits on the disk, and is sent by the next process`() async throws {
        let folder = NSTemporaryDirectory() + "perch-spool-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let receiver = try TestReceiver { _, _ in .status(503) }
        defer { receiver.stop() }
        let first = try export(receiver.endpoint, spans: spans(600)) { settings, _ in
            settings.spool = try? SpoolDirectory(path: folder)
        }
        await first.flush(within: .seconds(90))
        await first.shutdown()
        #expect(counts(first)["traces spooled"] == 600)
        let rejected = receiver.received.map(\.body)
        receiver.answer { _, _ in .status(200) }
        let spool = try SpoolDirectory(path: folder)
        #expect(spool.count == 2)
        let sender = MessageSender(
            try OTLPHTTPTransport(.init(endpoint: receiver.endpoint)), policy: RetryPolicy(), spool: spool, onProblem: { _ in })
        await sender.sendSpooled()
        #expect(spool.count == 0)
        #expect(Array(receiver.received.map(\.body).suffix(2)) == rejected)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func `the disk takes no more than it may, and keeps the newest`() throws {
        let folder = NSTemporaryDirectory() + "perch-spool-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let spool = try SpoolDirectory(path: folder, bytesMax: 1000)
        for index in 0..<10 { spool.put([UInt8](repeating: UInt8(index), count: 300), .logs) }
        spool.put([UInt8](repeating: 9, count: 5000), .logs)
        #expect(spool.droppedMessages == 8)
        try Data("rest".utf8).write(to: URL(fileURLWithPath: folder + "/77-logs.otlp.part"))
        try Data("?".utf8).write(to: URL(fileURLWithPath: folder + "/notes.txt"))
        let again = try SpoolDirectory(path: folder, bytesMax: 1000)
        #expect(again.count == 3)
        again.put([1], .traces)
        #expect(again.oldest()?.message == [UInt8](repeating: 7, count: 300))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["10-logs.otlp", "11-traces.otlp", "8-logs.otlp", "9-logs.otlp", "notes.txt"])
        #expect(throws: SpoolDirectory.SpoolError.self) { try SpoolDirectory(path: "/dev/null/x") }
    }

    @Test func `waits grow, and end when the time is over`() {
        var policy = RetryPolicy()
        policy.firstWait = .seconds(1)
        policy.waitMax = .seconds(8)
        policy.timeMax = .seconds(60)
        let waits = (1...5).map { policy.wait(attempts: $0, elapsed: .zero, retryAfter: nil, random: 1) }
        #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(8)])
        #expect(policy.wait(attempts: 1, elapsed: .zero, retryAfter: nil, random: 0) == .milliseconds(500))
        #expect(policy.wait(attempts: .max, elapsed: .zero, retryAfter: .seconds(30), random: 1) == .seconds(30))
        #expect(policy.wait(attempts: 3, elapsed: .seconds(57), retryAfter: nil, random: 1) == nil)
    }

    @Test func `answers of any bytes do no harm`() {
        var generator = SeededGenerator(seed: .random(in: 0...1_000_000))
        for _ in 0..<5000 { _ = OTLPResponse.partialSuccess(generator.bytes(Int.random(in: 0...40, using: &generator))) }
        for _ in 0..<5000 { _ = OTLPResponse.retryDelay(generator.bytes(Int.random(in: 0...40, using: &generator))) }
        var status = ProtobufBytes()
        status.write(1, uint64: 14)
        status.write(3) { detail in
            detail.write(1, string: "type.googleapis.com/google.rpc.RetryInfo")
            detail.write(2) { info in info.write(1) { $0.write(1, int64: 7) } }
        }
        #expect(OTLPResponse.retryDelay(status.bytes) == .seconds(7))
        #expect(OTLPResponse.partialSuccess([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xff, 0x01]).rejected == 0)
    }
}
