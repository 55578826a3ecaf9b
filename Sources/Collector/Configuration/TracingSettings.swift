public import OutboundHTTP

/// `tracing`: where this process sends spans of its own work.
public struct TracingSettings: Sendable, Hashable {
    /// `HOST:PORT`.
    public var endpoint: String
    /// `client_type`: OTLP over gRPC, or over HTTP.
    public var usesGRPC = true
    /// The share of traces that are sent, 0...1.
    public var samplingFraction = 0.0
    /// Whether the connection is not encrypted.
    public var isInsecure = false
    public var compresses = false
    public var timeoutMilliseconds: Int64 = 10_000
    public var headers: [String: String] = [:]
    public var tls = HTTPTLSSettings()

    public init(endpoint: String) { self.endpoint = endpoint }

    /// Where spans go by OTLP/HTTP.
    var url: String { (isInsecure ? "http://" : "https://") + endpoint }
}
