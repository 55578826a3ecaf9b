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

    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    private let headers: [OTLPSignal: Metadata]
    private let timeout: Duration

    /// All signals go to the host and port of the endpoint for traces.
    public init(_ configuration: OTLPHTTPTransport.Configuration) throws {
        let url = configuration.endpoints[.traces] ?? ""
        guard let address = Address(url) else { throw ConfigurationError(description: "\(url) is no URL with a host") }
        let trust: TLSConfig.TrustRootsSource =
            configuration.trustedCertificatesFile.map { .certificates([.file(path: $0, format: .pem)]) } ?? .systemDefault
        let security: HTTP2ClientTransport.Posix.TransportSecurity =
            address.isSecure
            ? .tls { tls in
                tls.trustRoots = trust
                if let file = configuration.certificateFile { tls.certificateChain = [.file(path: file, format: .pem)] }
                if let file = configuration.keyFile { tls.privateKey = .file(path: file, format: .pem) }
            } : .plaintext
        let transport = try HTTP2ClientTransport.Posix(
            target: .dns(host: address.host, port: address.port), transportSecurity: security,
            config: .defaults { config in
                config.compression.algorithm = configuration.compresses ? .gzip : .none
                config.compression.enabledAlgorithms = .all
            })
        client = GRPCClient(transport: transport)
        var headers: [OTLPSignal: Metadata] = [:]
        for signal in OTLPSignal.allCases {
            var metadata = Metadata()
            for header in configuration.headers + (configuration.signalHeaders[signal] ?? []) {
                metadata.replaceOrAddString(header.value, forKey: header.name.lowercased())
            }
            headers[signal] = metadata
        }
        self.headers = headers
        timeout = configuration.timeout
    }

    public func run() async { try? await client.runConnections() }

    public func shutdown() async { client.beginGracefulShutdown() }

    public func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        var options = CallOptions.defaults
        options.timeout = timeout
        let request = ClientRequest(message: message, metadata: headers[signal] ?? [:])
        let ready = options
        do {
            return try await InstrumentationContext.withTelemetrySuppressed {
                try await client.unary(
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
    private struct Address {
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
