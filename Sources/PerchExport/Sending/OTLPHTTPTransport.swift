internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import PerchTracing
internal import PerchWire
internal import Tracing

/// OTLP over HTTP (OpenTelemetry, "OTLP/HTTP").
public final class OTLPHTTPTransport: OTLPTransport {
    private static let answerBytesMax = 64 * 1024
    private let configuration: Configuration
    private let client: HTTPClient
    /// Of signals with certificates of their own.
    private let tls: [OTLPSignal: TLSConfiguration]

    public init(_ configuration: Configuration) throws(ConfigurationError) {
        self.configuration = configuration
        var tls: [OTLPSignal: TLSConfiguration] = [:]
        for signal in configuration.endpoints.keys where configuration.signalCertificates[signal] != nil {
            tls[signal] = try OTLPHTTPTransport.tls(configuration.certificates(of: signal))
        }
        self.tls = tls
        var client = HTTPClient.Configuration()
        client.tlsConfiguration = try OTLPHTTPTransport.tls(configuration.certificates)
        client.timeout = .init(connect: .seconds(5))
        client.redirectConfiguration = .disallow
        // Requests of an exporter are no work of the service: they leave no spans.
        client.tracing.tracer = nil
        self.client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: client)
    }

    public func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        guard let endpoint = configuration.endpoints[signal] else { return .refused(reason: "there is no endpoint for \(signal.rawValue)") }
        let encoding = configuration.encoding(of: signal)
        guard let body = encoding == .json ? OTLPJSON.encode(message, signal) : message else {
            return .refused(reason: "the message is broken")
        }
        var request = HTTPClientRequest(url: endpoint)
        request.method = .POST
        request.tlsConfiguration = tls[signal]
        request.headers.add(name: "content-type", value: encoding == .json ? "application/json" : "application/x-protobuf")
        request.headers.add(name: "user-agent", value: "Perch-OTLP-Exporter-Swift")
        for header in configuration.headers(of: signal) {
            request.headers.replaceOrAdd(name: header.name, value: header.value)
        }
        if configuration.compresses(signal), let compressed = Gzip.compressed(body) {
            request.headers.add(name: "content-encoding", value: "gzip")
            request.body = .bytes(ByteBuffer(bytes: compressed))
        } else {
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let ready = request
        let timeout = configuration.timeout(of: signal)
        return await InstrumentationContext.withTelemetrySuppressed { await execute(ready, encoding, timeout: timeout) }
    }

    private func execute(_ request: HTTPClientRequest, _ encoding: Encoding, timeout: Duration) async -> SendOutcome {
        do {
            let milliseconds = Int64(min(max(timeout / .milliseconds(1), 1), 1e9))
            let response = try await client.execute(request, timeout: .milliseconds(milliseconds))
            // An answer that is too long, or breaks off, does not change what its status says.
            let body = try? await response.body.collect(upTo: Self.answerBytesMax)
            return Self.outcome(
                status: Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"),
                body: body.map { Array($0.readableBytesView) } ?? [], encoding)
        } catch let error as HTTPClientError where error == .invalidURL || error == .emptyHost || error == .emptyScheme {
            return .refused(reason: "\(request.url) is no URL")
        } catch {
            return .retry(after: nil, reason: "\(error)")
        }
    }

    /// What an answer means (OpenTelemetry, "OTLP/HTTP Response").
    static func outcome(status: Int, retryAfter: String?, body: [UInt8], _ encoding: Encoding) -> SendOutcome {
        switch status {
        case 200..<300:
            let (rejected, message) = encoding == .json ? OTLPResponse.partialSuccess(json: body) : OTLPResponse.partialSuccess(body)
            return .accepted(rejected: rejected, message: message)
        case 429, 502, 503, 504:
            // The header may also name a date; then our own waits do.
            let seconds = retryAfter.flatMap { Double($0) }.flatMap { $0 >= 0 && $0 < 1e9 ? $0 : nil }
            return .retry(after: seconds.map { .seconds($0) }, reason: "the receiver answered \(status)")
        default: return .refused(reason: "the receiver answered \(status)")
        }
    }

    public func shutdown() async { try? await client.shutdown() }

    // The HTTP client insists on being shut down before it is let go.
    deinit { client.shutdown { _ in } }

    private static func tls(_ files: CertificateFiles) throws(ConfigurationError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            if let file = files.trusted { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) }
            if let file = files.own {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
            }
            if let file = files.key { tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem)) }
        } catch {
            throw ConfigurationError(description: "a certificate or key cannot be read: \(error)")
        }
        return tls
    }
}
