internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import PerchTracing
internal import PerchWire
internal import Tracing

/// OTLP over HTTP (OpenTelemetry, "OTLP/HTTP").
public final class OTLPHTTPTransport: OTLPTransport {
    /// How bodies are written.
    public enum Encoding: String, Sendable, Hashable, CaseIterable {
        case protobuf = "http/protobuf"
        /// Several times as long; for receivers that take nothing else.
        case json = "http/json"
    }

    public struct Configuration: Sendable {
        /// Where each signal goes, whole URLs such as `http://localhost:4318/v1/traces`. Signals that are not named are refused.
        public var endpoints: [OTLPSignal: String]
        /// Headers of every request.
        public var headers: [(name: String, value: String)] = []
        /// Headers of the requests of one signal, in addition.
        public var signalHeaders: [OTLPSignal: [(name: String, value: String)]] = [:]
        public var encoding = Encoding.protobuf
        /// The encoding of one signal, where it is another one.
        public var signalEncodings: [OTLPSignal: Encoding] = [:]
        /// Whether bodies are compressed with gzip.
        public var compresses = true
        /// The same for one signal, where it differs.
        public var signalCompresses: [OTLPSignal: Bool] = [:]
        /// How long one request may take.
        public var timeout = Duration.seconds(10)
        /// The same for one signal, where it differs.
        public var signalTimeouts: [OTLPSignal: Duration] = [:]
        /// Files in PEM form: certificates to trust, and our own with its key.
        public var trustedCertificatesFile: String?
        public var certificateFile: String?
        public var keyFile: String?

        /// All signals below one URL, such as `http://localhost:4318`.
        public init(endpoint: String) {
            let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
            endpoints = Dictionary(uniqueKeysWithValues: OTLPSignal.allCases.map { ($0, base + "/" + $0.path) })
        }
    }

    /// What makes a transport impossible, such as a certificate that cannot be read.
    public struct ConfigurationError: Error, CustomStringConvertible {
        public let description: String
    }

    private static let answerBytesMax = 64 * 1024
    private let configuration: Configuration
    private let client: HTTPClient

    public init(_ configuration: Configuration) throws(ConfigurationError) {
        self.configuration = configuration
        var client = HTTPClient.Configuration()
        client.tlsConfiguration = try OTLPHTTPTransport.tls(configuration)
        client.timeout = .init(connect: .seconds(5))
        client.redirectConfiguration = .disallow
        // Requests of an exporter are no work of the service: they leave no spans.
        client.tracing.tracer = nil
        self.client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: client)
    }

    public func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        guard let endpoint = configuration.endpoints[signal] else { return .refused(reason: "there is no endpoint for \(signal.rawValue)") }
        let encoding = configuration.signalEncodings[signal] ?? configuration.encoding
        guard let body = encoding == .json ? OTLPJSON.encode(message, signal) : message else {
            return .refused(reason: "the message is broken")
        }
        var request = HTTPClientRequest(url: endpoint)
        request.method = .POST
        request.headers.add(name: "content-type", value: encoding == .json ? "application/json" : "application/x-protobuf")
        request.headers.add(name: "user-agent", value: "Perch-OTLP-Exporter-Swift")
        for header in configuration.headers + (configuration.signalHeaders[signal] ?? []) {
            request.headers.replaceOrAdd(name: header.name, value: header.value)
        }
        if configuration.signalCompresses[signal] ?? configuration.compresses, let compressed = Gzip.compressed(body) {
            request.headers.add(name: "content-encoding", value: "gzip")
            request.body = .bytes(ByteBuffer(bytes: compressed))
        } else {
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let ready = request
        let timeout = configuration.signalTimeouts[signal] ?? configuration.timeout
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

    private static func tls(_ configuration: Configuration) throws(ConfigurationError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            if let file = configuration.trustedCertificatesFile { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) }
            if let file = configuration.certificateFile {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
            }
            if let file = configuration.keyFile { tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem)) }
        } catch {
            throw ConfigurationError(description: "a certificate or key cannot be read: \(error)")
        }
        return tls
    }
}
