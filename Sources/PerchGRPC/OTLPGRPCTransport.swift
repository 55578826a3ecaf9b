internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
public import PerchExport
internal import PerchTracing
internal import Synchronization
internal import Tracing

/// OTLP over gRPC, for `TelemetryExport` of `PerchExport`.
///
///     configuration.customTransport = { try OTLPGRPCTransport($0) }
public final class OTLPGRPCTransport: OTLPTransport {
    /// What makes a transport impossible.
    public struct ConfigurationError: Error, CustomStringConvertible {
        public let description: String
    }

    private typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    /// How the messages of one signal are sent.
    private struct Route: Sendable {
        let client: Client
        let headers: Metadata
        let timeout: Duration
        let compression: CompressionAlgorithm
    }

    /// What tells connections apart.
    private struct Destination: Hashable {
        let address: Address
        let certificates: OTLPHTTPTransport.CertificateFiles
    }

    private let routes: [OTLPSignal: Route]
    private let clients: [Client]

    /// Each signal goes to the host and port of its endpoint, whose path means nothing here; signals that go to the same share a connection.
    public init(_ configuration: OTLPHTTPTransport.Configuration) throws {
        var clients: [Destination: Client] = [:]
        var routes: [OTLPSignal: Route] = [:]
        for (signal, url) in configuration.endpoints {
            guard let address = Address(url) else { throw ConfigurationError(description: "\(url) is no URL with a host") }
            let destination = Destination(address: address, certificates: configuration.certificates(of: signal))
            let client = try clients[destination] ?? Client(transport: Self.transport(destination))
            clients[destination] = client
            var headers = Metadata()
            for header in configuration.headers(of: signal) { headers.replaceOrAddString(header.value, forKey: header.name.lowercased()) }
            routes[signal] = Route(
                client: client, headers: headers, timeout: configuration.timeout(of: signal),
                compression: configuration.compresses(signal) ? .gzip : .none)
        }
        self.routes = routes
        self.clients = Array(clients.values)
    }

    private static func transport(_ destination: Destination) throws -> HTTP2ClientTransport.Posix {
        let (address, files) = (destination.address, destination.certificates)
        let trust: TLSConfig.TrustRootsSource = files.trusted.map { .certificates([.file(path: $0, format: .pem)]) } ?? .systemDefault
        let security: HTTP2ClientTransport.Posix.TransportSecurity =
            address.isSecure
            ? .tls { tls in
                tls.trustRoots = trust
                if let file = files.own { tls.certificateChain = [.file(path: file, format: .pem)] }
                if let file = files.key { tls.privateKey = .file(path: file, format: .pem) }
            } : .plaintext
        return try HTTP2ClientTransport.Posix(
            target: .dns(host: address.host, port: address.port), transportSecurity: security,
            config: .defaults { $0.compression.enabledAlgorithms = .all })
    }

    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { try? await client.runConnections() } }
        }
    }

    public func shutdown() async { for client in clients { client.beginGracefulShutdown() } }

    public func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        guard let route = routes[signal] else { return .refused(reason: "there is no endpoint for \(signal.rawValue)") }
        var options = CallOptions.defaults
        options.timeout = route.timeout
        options.compression = route.compression
        let request = ClientRequest(message: message, metadata: route.headers)
        let ready = options
        do {
            return try await InstrumentationContext.withTelemetrySuppressed {
                try await route.client.unary(
                    request: request, descriptor: Self.method(signal), serializer: PlainBytes(), deserializer: PlainBytes(), options: ready
                ) { response in
                    let (rejected, text) = OTLPResponse.partialSuccess(try response.message)
                    return .accepted(rejected: rejected, message: text)
                }
            }
        } catch let error as RPCError {
            return Self.outcome(error)
        } catch {
            return .retry(after: nil, reason: "\(error)")
        }
    }

    /// What a status means (OpenTelemetry, "OTLP/gRPC Throttling").
    private static func outcome(_ error: RPCError) -> SendOutcome {
        let delay = error.metadata[binaryValues: "grpc-status-details-bin"].lazy.compactMap { OTLPResponse.retryDelay($0) }.first { _ in
            true
        }
        switch error.code {
        case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss, .unknown:
            return .retry(after: delay, reason: "\(error.code): \(error.message)")
        case .resourceExhausted:
            // Worth another attempt only where the receiver says when.
            return delay.map { .retry(after: $0, reason: error.message) } ?? .refused(reason: "\(error.code): \(error.message)")
        default: return .refused(reason: "\(error.code): \(error.message)")
        }
    }

    private static func method(_ signal: OTLPSignal) -> MethodDescriptor {
        let service =
            switch signal {
            case .traces: "opentelemetry.proto.collector.trace.v1.TraceService"
            case .metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService"
            case .logs: "opentelemetry.proto.collector.logs.v1.LogsService"
            }
        return MethodDescriptor(fullyQualifiedService: service, method: "Export")
    }

    /// Where a URL leads.
    private struct Address: Hashable {
        let host: String
        let port: Int
        let isSecure: Bool

        init?(_ url: String) {
            let isSecure = url.hasPrefix("https://")
            guard isSecure || url.hasPrefix("http://") else { return nil }
            let authority = url.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" && $0 != "?" }
            let parts = authority.split(separator: ":", maxSplits: 1)
            guard let host = parts.first, !host.isEmpty else { return nil }
            self.host = String(host)
            port = parts.count > 1 ? Int(parts[1]) ?? 4317 : 4317
            self.isSecure = isSecure
        }
    }
}

/// Messages as the bytes that they are.
private struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}
