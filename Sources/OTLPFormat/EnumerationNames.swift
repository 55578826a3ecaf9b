public import TelemetryModel

extension SpanKind {
    /// The names of the numbers from 0 on.
    static let names = [
        "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
    ]

    /// The name in OTLP, such as `SPAN_KIND_SERVER`; nil for numbers that OTLP does not know.
    public var otlpName: String? { SpanKind.names.indices.contains(Int(rawValue)) ? SpanKind.names[Int(rawValue)] : nil }
}

extension SpanStatusCode {
    /// The names of the numbers from 0 on.
    static let names = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]

    /// The name in OTLP, such as `STATUS_CODE_ERROR`; nil for numbers that OTLP does not know.
    public var otlpName: String? {
        SpanStatusCode.names.indices.contains(Int(rawValue)) ? SpanStatusCode.names[Int(rawValue)] : nil
    }
}
