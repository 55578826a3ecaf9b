import CoreMetrics
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import PerchExport
import PerchGRPC
import PerchInstrumentation
import PerchLogging
import PerchTestKit
import PerchTracing
import PerchWire
import Synchronization
import Testing
import Tracing

/// Messages as the bytes that they are.
private struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}

/// A service with one method that answers as a function says.
private struct TestMethod: RegistrableRPCService {
    let method: MethodDescriptor
    let answer: @Sendable ([UInt8], Metadata) async throws -> [UInt8]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(forMethod: method, deserializer: PlainBytes(), serializer: PlainBytes()) { request, _ in
            var messages = request.messages.makeAsyncIterator()
            let message = try await messages.next() ?? []
            let answer = try await answer(message, request.metadata)
            return StreamingServerResponse(of: [UInt8].self) { writer in
                try await writer.write(answer)
                return [:]
            }
        }
    }
}

@Suite struct GRPCTests {
    private let telemetry = TestTelemetry()

    private func serve(
        _ method: MethodDescriptor, interceptors: [any ServerInterceptor] = [],
        _ answer: @escaping @Sendable ([UInt8], Metadata) async throws -> [UInt8],
        _ body: (Int) async throws -> Void
    ) async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext,
            config: .defaults { $0.compression.enabledAlgorithms = .all })
        let server = GRPCServer(transport: transport, services: [TestMethod(method: method, answer: answer)], interceptors: interceptors)
        let serving = Task { try await server.serve() }
        let port = try await transport.listeningAddress.ipv4?.port ?? 0
        try await body(port)
        server.beginGracefulShutdown()
        serving.cancel()
        _ = try? await serving.value
    }

    @Test func `calls leave spans on both sides, within one trace`() async throws {
        let method = MethodDescriptor(fullyQualifiedService: "shop.Stock", method: "Reserve")
        let (metrics, tracer) = (telemetry.metricsFactory, telemetry.tracer)
        try await serve(method, interceptors: [ServerTelemetryInterceptor(metrics: metrics, tracer: tracer)]) { message, _ in
            if message == [9] { throw RPCError(code: .notFound, message: "no such thing") }
            return message
        } _: { port in
            try await withGRPCClient(
                transport: .http2NIOPosix(target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext),
                interceptors: [ClientTelemetryInterceptor(metrics: metrics, tracer: tracer)]
            ) { client in
                await tracer.withSpan("work") { _ in
                    for message: [UInt8] in [[1], [9]] {
                        _ = try? await client.unary(
                            request: ClientRequest(message: message), descriptor: method, serializer: PlainBytes(),
                            deserializer: PlainBytes(),
                            options: .defaults
                        ) { try $0.message }
                    }
                }
            }
            try await waitUntil { telemetry.spans.count == 5 }
        }
        let work = telemetry.expectSpan("work")
        let client = telemetry.expectSpan(
            "shop.Stock/Reserve", kind: .client, attributes: ["rpc.system": "grpc", "rpc.method": "Reserve", "rpc.grpc.status_code": 0])
        let server = telemetry.expectSpan("shop.Stock/Reserve", kind: .server, attributes: ["rpc.grpc.status_code": 0])
        #expect(client?.parent?.identity.spanID == work?.spanID)
        #expect(server?.parent?.identity.spanID == client?.spanID)
        telemetry.expectSpan("shop.Stock/Reserve", kind: .client, attributes: ["rpc.grpc.status_code": 5], status: .error)
        telemetry.expectSpan("shop.Stock/Reserve", kind: .server, attributes: ["rpc.grpc.status_code": 5], status: .error)
        telemetry.expectMetric("rpc.server.call.duration", ["rpc_grpc_status_code": "0"], 1)
        telemetry.expectMetric("rpc.client.call.duration", ["rpc_grpc_status_code": "5"], 1)
    }

    @Test func `spans are exported over gRPC, and sent again when the receiver asks for it`() async throws {
        let seen = Mutex<[(bytes: Int, header: String?)]>([])
        let method = MethodDescriptor(fullyQualifiedService: "opentelemetry.proto.collector.trace.v1.TraceService", method: "Export")
        try await serve(method) { message, metadata in
            let count = seen.withLock { seen in
                seen.append((message.count, metadata[stringValues: "x-tenant"].first { _ in true }))
                return seen.count
            }
            if count == 1 { throw RPCError(code: .unavailable, message: "busy") }
            if count == 3 { throw RPCError(code: .invalidArgument, message: "bad") }
            return []
        } _: { port in
            var configuration = OTLPHTTPTransport.Configuration(endpoint: "http://127.0.0.1:\(port)")
            configuration.headers = [("X-Tenant", "shop")]
            let transport = try OTLPGRPCTransport(configuration)
            let running = Task { await transport.run() }
            if case .retry(_, let reason) = await transport.send([1, 2, 3], .traces) {
                #expect(reason.contains("busy"))
            } else {
                Issue.record("the first message was not to be sent again")
            }
            #expect(await transport.send([UInt8](repeating: 7, count: 100_000), .traces) == .accepted(rejected: 0, message: ""))
            if case .refused(let reason) = await transport.send([], .traces) {
                #expect(reason.contains("bad"))
            } else {
                Issue.record("the third message was not refused")
            }
            await transport.shutdown()
            await running.value
        }
        #expect(seen.withLock { $0.map(\.bytes) } == [3, 100_000, 0])
        #expect(seen.withLock { $0.allSatisfy { $0.header == "shop" } })
    }

    @Test func `spans go by gRPC and log records by HTTP, each to a place of its own`() async throws {
        let spans = Mutex<[Int]>([])
        let records = Mutex<[String]>([])
        let method = MethodDescriptor(fullyQualifiedService: "opentelemetry.proto.collector.trace.v1.TraceService", method: "Export")
        try await serve(method) { message, _ in
            spans.withLock { $0.append(message.count) }
            return []
        } _: { port in
            try await TestService.run(telemetry) { router in
                router.post("/v1/logs") { request, _ in
                    records.withLock { $0.append(request.headers[.contentType] ?? "") }
                    return HTTPResponse.Status.ok
                }
            } _: { receiver in
                var configuration = Telemetry.Configuration(service: "shop")
                configuration.logWriter = NoLines()
                configuration.customTransport = { try OTLPGRPCTransport($0) }
                let environment = [
                    "OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/protobuf",
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(port)",
                    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://127.0.0.1:\(receiver.port)/v1/logs",
                ]
                let sending = Telemetry(configuration, environment: environment)
                #expect(sending.warnings == [])
                let running = Task { try await sending.run() }
                sending.tracer.startSpan("work").end()
                Logger(label: "shop") { sending.logs.handler(label: $0) }.info("done")
                #expect(await sending.flush(within: .seconds(20)))
                running.cancel()
                try await running.value
            }
        }
        #expect(spans.withLock { $0.count } == 1)
        #expect(records.withLock { $0 } == ["application/x-protobuf"])
    }

    @Test(arguments: ["down", "silent", "garbage"])
    func `a receiver of gRPC that is of no use blocks nobody`(_ kind: String) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                if kind == "garbage" {
                    channel.writeAndFlush(ByteBuffer(bytes: (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }), promise: nil)
                }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        if kind == "down" { try await server.close() }
        var configuration = OTLPHTTPTransport.Configuration(endpoint: "http://127.0.0.1:\(port)")
        configuration.timeout = .milliseconds(300)
        let transport = try OTLPGRPCTransport(configuration)
        let running = Task { await transport.run() }
        let started = ContinuousClock.now
        for signal in OTLPSignal.allCases {
            if case .accepted = await transport.send([1, 2, 3], signal) { Issue.record("\(signal) was taken by nobody") }
        }
        #expect(ContinuousClock.now - started < .seconds(20))
        await transport.shutdown()
        running.cancel()
        await running.value
        if kind != "down" { try await server.close() }
    }
}
