import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import PerchExport
import PerchGRPC
import PerchInstrumentation

/// The code that is made of a service's protobuf file calls a client and answers as a service; what it takes are these two.
private func call(
    services: [any RegistrableRPCService], work: @Sendable (GRPCClient<HTTP2ClientTransport.Posix>) async throws -> Void
) async throws {
    let server = GRPCServer(
        transport: .http2NIOPosix(address: .ipv4(host: "127.0.0.1", port: 50051), transportSecurity: .plaintext), services: services,
        interceptors: [ServerTelemetryInterceptor()])
    let serving = Task { try await server.serve() }

    try await withGRPCClient(
        transport: .http2NIOPosix(target: .ipv4(address: "127.0.0.1", port: 50051), transportSecurity: .plaintext),
        interceptors: [ClientTelemetryInterceptor()]
    ) { client in
        try await work(client)
    }
    server.beginGracefulShutdown()
    try await serving.value
}

private func export() throws {
    let telemetry = try Perch.bootstrap(service: "checkout") { configuration in
        configuration.customTransport = { try OTLPGRPCTransport($0) }
        configuration.endpoint = .init(endpoint: "http://localhost:4317")
    }
    _ = telemetry
}
