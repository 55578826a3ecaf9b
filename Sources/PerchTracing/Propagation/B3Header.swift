internal import PerchWire

/// Zipkin's headers (openzipkin/b3-propagation).
enum B3Header {
    static let single = "b3"
    static let traceID = "X-B3-TraceId"
    static let spanID = "X-B3-SpanId"
    static let sampled = "X-B3-Sampled"
    static let flags = "X-B3-Flags"

    /// Reads the single header: `TRACE-SPAN`, `TRACE-SPAN-STATE` or `TRACE-SPAN-STATE-PARENT`.
    static func parse(single text: String) -> SpanIdentity? {
        let parts = text.utf8.prefix(256).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.count <= 4 else { return nil }
        let state = parts.count > 2 ? String(Substring(parts[2])) : "1"
        guard ["0", "1", "d"].contains(state) else { return nil }
        return identity(Array(parts[0]), Array(parts[1]), isSampled: state != "0")
    }

    /// Reads the several headers. Where none says whether the trace is sampled, the sender left the decision to us, and it is.
    static func parse(traceID: String, spanID: String, sampled: String?, flags: String?) -> SpanIdentity? {
        let isSampled = flags == "1" || !(sampled == "0" || sampled?.lowercased() == "false")
        return identity(Array(traceID.utf8.prefix(64)), Array(spanID.utf8.prefix(64)), isSampled: isSampled)
    }

    static func singleText(_ identity: SpanIdentity) -> String {
        "\(identity.traceID)-\(identity.spanID)-\(identity.isSampled ? "1" : "0")"
    }

    /// Older systems have trace ids of 8 bytes.
    private static func identity(_ trace: [UInt8], _ span: [UInt8], isSampled: Bool) -> SpanIdentity? {
        let trace = trace.count == 16 ? [UInt8](repeating: UInt8(ascii: "0"), count: 16) + trace : trace
        guard let traceID = TraceID(hexadecimal: trace), let spanID = SpanID(hexadecimal: span) else { return nil }
        return SpanIdentity(traceID: traceID, spanID: spanID, flags: isSampled ? 1 : 0)
    }
}

/// Jaeger's headers (jaegertracing.io, "Propagation Format").
enum JaegerHeader {
    static let name = "uber-trace-id"
    static let baggagePrefix = "uberctx-"

    /// Reads `TRACE:SPAN:PARENT:FLAGS`, whose ids may lack leading zeros.
    static func parse(_ text: String) -> SpanIdentity? {
        let unescaped = text.contains("%") ? text.split(separator: "%3A", omittingEmptySubsequences: false).joined(separator: ":") : text
        let parts = unescaped.utf8.prefix(256).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].count <= 32, let span = HexDigits.number(parts[1]), span != 0,
            let flags = HexDigits.number(parts[3])
        else { return nil }
        let low = parts[0].suffix(16)
        let high = parts[0].dropLast(min(16, parts[0].count))
        guard let lowNumber = HexDigits.number(low), let highNumber = high.isEmpty ? 0 : HexDigits.number(high),
            lowNumber | highNumber != 0
        else { return nil }
        return SpanIdentity(traceID: TraceID(high: highNumber, low: lowNumber), spanID: SpanID(span), flags: UInt8(flags & 1))
    }

    static func text(_ identity: SpanIdentity) -> String {
        "\(identity.traceID):\(identity.spanID):0:\(identity.isSampled ? "1" : "0")"
    }
}
