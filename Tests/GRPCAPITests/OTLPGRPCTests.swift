internal import ByteCoding
internal import GRPCAPI
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import Ingestion
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Over a real socket, with another client than the Python packages that the collector's tests use.
@Suite("OTLP over gRPC")
struct OTLPGRPCTests {
    private func batch(_ seed: UInt64 = 1) -> SpanBatch {
        var generator = SeededGenerator(seed: seed)
        return generator.spanBatch(spans: 20)
    }

    @Test(arguments: [CompressionAlgorithm.none, .gzip])
    func `spans arrive, compressed or not`(compression: CompressionAlgorithm) async throws {
        let server = TestReceiver()
        let batch = batch()
        try await server.run { client async throws in
            #expect(try await client.export(batch.otlp, compression: compression) == [])
        }
        #expect(server.messages.withLock { $0 } == [batch.otlp])
    }

    @Test func `what was rejected is said`() async throws {
        let server = TestReceiver()
        server.outcome.withLock {
            $0.rejectedSpans = 2
            $0.message = "why"
        }
        try await server.run { client async throws in
            let expected = ExportTraceResponse(rejectedSpans: 2, message: "why").encoded(as: .protobuf)
            #expect(try await client.export([]) == expected)
        }
    }

    @Test(
        arguments: [
            (.malformed, .invalidArgument), (.tooLarge, .resourceExhausted), (.unavailable, .unavailable), (.tooManyRequests, .unavailable),
        ] as [(SpanAppendOutcome.Status, RPCError.Code)])
    func `refusals have their code, and say when to come again where that makes sense`(
        status: SpanAppendOutcome.Status, code: RPCError.Code
    ) async throws {
        let server = TestReceiver()
        server.outcome.withLock {
            $0.status = status
            $0.message = "why"
            $0.retryAfterSeconds = code == .unavailable ? 7 : nil
        }
        try await server.run { client async throws in
            let error = await #expect(throws: RPCError.self) { try await client.export([]) }
            #expect(error?.code == code)
            #expect(error?.message == "why")
            let details = error.map { Array($0.metadata[binaryValues: "grpc-status-details-bin"]) } ?? []
            #expect(details == (code == .unavailable ? [RPCStatus(.unavailable, "why", retryAfterSeconds: 7).encoded(as: .protobuf)] : []))
        }
    }

    @Test(arguments: [CompressionAlgorithm.none, .gzip])
    func `a message that is too large is not asked for again`(compression: CompressionAlgorithm) async throws {
        let server = TestReceiver(messageBytesMax: 1 << 20)
        try await server.run { client async throws in
            let error = await #expect(throws: RPCError.self) {
                try await client.export([UInt8](repeating: 0, count: 1 << 20 + 1), compression: compression)
            }
            #expect(error?.code == .resourceExhausted)
            #expect(error.map { Array($0.metadata["grpc-status-details-bin"]).isEmpty } == true)
            // Far beyond, the call ends without memory being taken for it, and the server goes on.
            let far = await #expect(throws: RPCError.self) {
                try await client.export([UInt8](repeating: 0, count: 8 << 20), compression: compression)
            }
            #expect(far?.code == (compression == .none ? .resourceExhausted : .invalidArgument))
            #expect(try await client.export([]) == [])
        }
        #expect(server.messages.withLock { $0 } == [[]])
    }

    @Test func `beyond the memory for requests, senders are told to come again`() async throws {
        let server = TestReceiver(memoryBytesMax: 1000)
        try await server.run { client async throws in
            let error = await #expect(throws: RPCError.self) { try await client.export([UInt8](repeating: 0, count: 1000)) }
            #expect(error?.code == .unavailable)
            for _ in 0..<20 { #expect(try await client.export([UInt8](repeating: 0, count: 900)) == []) }
        }
        #expect(server.messages.withLock { $0.count } == 20)
    }

    @Test func `log records arrive, and what became of them is said`() async throws {
        let server = TestReceiver()
        try await server.run { client async throws in
            #expect(try await client.exportLogs([1, 2, 3], compression: .gzip) == [])
            server.logOutcome.withLock {
                $0.rejectedEntries = 2
                $0.message = "why"
            }
            let expected = ExportLogsResponse(rejectedRecords: 2, message: "why").encoded(as: .protobuf)
            #expect(try await client.exportLogs([4]) == expected)
        }
        #expect(server.logMessages.withLock { $0 } == [[1, 2, 3], [4]])
        #expect(server.messages.withLock { $0.isEmpty })
    }

    @Test(
        arguments: [(.malformed, .invalidArgument), (.tooLarge, .resourceExhausted), (.unavailable, .unavailable)]
            as [(LogDeliveryOutcome.Status, RPCError.Code)])
    func `refusals of log records have their code`(status: LogDeliveryOutcome.Status, code: RPCError.Code) async throws {
        let server = TestReceiver()
        server.logOutcome.withLock { $0 = LogDeliveryOutcome(status, "why", retryAfterSeconds: code == .unavailable ? 7 : nil) }
        try await server.run { client async throws in
            let error = await #expect(throws: RPCError.self) { try await client.exportLogs([]) }
            #expect(error?.code == code)
            #expect(error?.message == "why")
            let details = error.map { Array($0.metadata[binaryValues: "grpc-status-details-bin"]) } ?? []
            #expect(details == (code == .unavailable ? [RPCStatus(.unavailable, "why", retryAfterSeconds: 7).encoded(as: .protobuf)] : []))
        }
    }

    @Test func `metric points arrive, and what became of them is said`() async throws {
        let server = TestReceiver()
        try await server.run { client async throws in
            #expect(try await client.exportMetrics([1, 2, 3], compression: .gzip) == [])
            server.metricOutcome.withLock {
                $0.rejectedPoints = 2
                $0.message = "why"
            }
            let expected = ExportMetricsResponse(rejectedPoints: 2, message: "why").encoded(as: .protobuf)
            #expect(try await client.exportMetrics([4]) == expected)
        }
        #expect(server.metricMessages.withLock { $0 } == [[1, 2, 3], [4]])
        #expect(server.messages.withLock { $0.isEmpty })
    }

    @Test(
        arguments: [
            (.malformed, .invalidArgument), (.tooLarge, .resourceExhausted), (.unavailable, .unavailable), (.tooManyRequests, .unavailable),
        ] as [(MetricDeliveryOutcome.Status, RPCError.Code)])
    func `refusals of metric points have their code`(status: MetricDeliveryOutcome.Status, code: RPCError.Code) async throws {
        let server = TestReceiver()
        server.metricOutcome.withLock { $0 = MetricDeliveryOutcome(status, "why", retryAfterSeconds: code == .unavailable ? 7 : nil) }
        try await server.run { client async throws in
            let error = await #expect(throws: RPCError.self) { try await client.exportMetrics([]) }
            #expect(error?.code == code)
            #expect(error?.message == "why")
            let details = error.map { Array($0.metadata[binaryValues: "grpc-status-details-bin"]) } ?? []
            #expect(details == (code == .unavailable ? [RPCStatus(.unavailable, "why", retryAfterSeconds: 7).encoded(as: .protobuf)] : []))
        }
    }

    @Test func `what is not taken is unimplemented`() async throws {
        try await TestReceiver().run { client async throws in
            let error = await #expect(throws: RPCError.self) {
                try await client.call("opentelemetry.proto.collector.profiles.v1development.ProfilesService", "Export", [])
            }
            #expect(error?.code == .unimplemented)
        }
    }
}

/// A receiver on a free port that remembers what it gets.
private final class TestReceiver: Sendable {
    let messages = Mutex<[[UInt8]]>([])
    let outcome = Mutex(SpanAppendOutcome(.accepted))
    let logMessages = Mutex<[[UInt8]]>([])
    let logOutcome = Mutex(LogDeliveryOutcome(.accepted))
    let metricMessages = Mutex<[[UInt8]]>([])
    let metricOutcome = Mutex(MetricDeliveryOutcome(.accepted))
    private let messageBytesMax: Int

    private let memoryBytesMax: Int
    private let taken = Mutex(0)
    let clients = Mutex<[ClientIdentity]>([])

    init(messageBytesMax: Int = 64 << 20, memoryBytesMax: Int = 256 << 20) {
        self.messageBytesMax = messageBytesMax
        self.memoryBytesMax = memoryBytesMax
    }

    private func take(_ bytes: Int) -> Bool {
        taken.withLock { taken in
            if taken + bytes > memoryBytesMax { return false }
            taken += bytes
            return true
        }
    }

    func run(_ test: @Sendable (TestSender) async throws -> Void) async throws {
        var options = OTLPGRPCServer.Options(port: 0)
        options.messageBytesMax = messageBytesMax
        let memory = OTLPGRPCServer.Memory(take: { self.take($0) }, give: { bytes in self.taken.withLock { $0 -= bytes } })
        let server = OTLPGRPCServer(options, memory: memory) { [self] message, client in
            clients.withLock { $0.append(client) }
            messages.withLock { $0.append(message) }
            return outcome.withLock { $0 }
        } logs: { [self] message, _ in
            logMessages.withLock { $0.append(message) }
            return logOutcome.withLock { $0 }
        } metrics: { [self] message, _ in
            metricMessages.withLock { $0.append(message) }
            return metricOutcome.withLock { $0 }
        }
        let (ports, found) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run { found.yield($0) } }
            var port: Int?
            for await bound in ports {
                port = bound
                break
            }
            try await withGRPCClient(
                transport: .http2NIOPosix(
                    target: .ipv4(address: "127.0.0.1", port: #require(port)), transportSecurity: .plaintext,
                    config: .defaults { $0.compression = .init(algorithm: .none, enabledAlgorithms: .all) })
            ) { client in
                try await test(TestSender(client: client))
            }
            server.stop()
            try await group.waitForAll()
        }
    }
}

private struct TestSender: Sendable {
    let client: GRPCClient<HTTP2ClientTransport.Posix>

    func export(_ message: [UInt8], compression: CompressionAlgorithm = .none) async throws -> [UInt8] {
        try await call("opentelemetry.proto.collector.trace.v1.TraceService", "Export", message, compression)
    }

    func exportMetrics(_ message: [UInt8], compression: CompressionAlgorithm = .none) async throws -> [UInt8] {
        try await call("opentelemetry.proto.collector.metrics.v1.MetricsService", "Export", message, compression)
    }

    func exportLogs(_ message: [UInt8], compression: CompressionAlgorithm = .none) async throws -> [UInt8] {
        try await call("opentelemetry.proto.collector.logs.v1.LogsService", "Export", message, compression)
    }

    func call(
        _ service: String, _ method: String, _ message: [UInt8], _ compression: CompressionAlgorithm = .none
    ) async throws -> [UInt8] {
        var options = CallOptions.defaults
        options.compression = compression
        return try await client.unary(
            request: ClientRequest(message: message), descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
            serializer: Bytes(), deserializer: Bytes(), options: options
        ) { try $0.message }
    }
}

private struct Bytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}
