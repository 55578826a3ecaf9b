/// The kinds of telemetry that OTLP has.
public enum OTLPSignal: String, Sendable, Hashable, CaseIterable {
    case traces, metrics, logs

    /// The path below an endpoint of OTLP/HTTP.
    public var path: String { "v1/" + rawValue }
}
