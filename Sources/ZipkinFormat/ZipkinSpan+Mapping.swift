internal import ByteCoding
internal import TelemetryModel

/// What a span of Zipkin's is in OTLP, as OpenTelemetry maps them ("OpenTelemetry to Zipkin Transformation", read backwards).
extension ZipkinSpan {
    static func nanoseconds(_ microseconds: UInt64) -> UnixNanoseconds {
        let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
        return overflow ? .max : product
    }

    mutating func finish(now: UnixNanoseconds) -> (SpanRecord, ResourceRecord, ScopeRecord) {
        // A wrong parent makes the span a wrong one: as a root it would say what its sender did not.
        var span = SpanRecord(traceID: traceID, spanID: hasWrongParent ? .none : spanID)
        span.parentSpanID = parentID
        span.name = name
        span.kind = ZipkinSpan.kinds[kind.uppercased()] ?? .unspecified
        setTimes(of: &span, now: now)
        let scope = setTags(of: &span)
        setEndpoints(of: &span)
        if isShared { separate(&span) }
        // Sampled whatever else was decided; OTLP has a flag for that it was.
        if isDebug { span.flags = 1 }
        span.events = annotations
        var resource = ResourceRecord()
        if !local.serviceName.isEmpty { resource.attributes = [Attribute("service.name", .string(local.serviceName))] }
        return (span, resource, scope)
    }

    private static let kinds: [String: SpanKind] = [
        "CLIENT": .client, "SERVER": .server, "PRODUCER": .producer, "CONSUMER": .consumer,
    ]

    private func setTimes(of span: inout SpanRecord, now: UnixNanoseconds) {
        if timestamp == 0 { span.attributes.append(Attribute("otel.zipkin.absentField.startTime", .bool(true))) }
        span.start = timestamp > 0 ? ZipkinSpan.nanoseconds(timestamp) : annotations.lazy.map(\.time).filter { $0 > 0 }.min() ?? now
        let (end, overflow) = span.start.addingReportingOverflow(ZipkinSpan.nanoseconds(duration))
        span.end = overflow ? .max : end
    }

    /// Takes the tags, and gives the scope that they name.
    private func setTags(of span: inout SpanRecord) -> ScopeRecord {
        var scope = ScopeRecord()
        var code: SpanStatusCode?
        for (key, value) in tags {
            switch key {
            case "otel.status_code" where ["OK", "ERROR"].contains(value.uppercased()):
                code = value.uppercased() == "OK" ? .ok : .error
            case "error":
                // Zipkin's own word for a failure; its value says which.
                if value.lowercased() == "false" {
                    span.attributes.append(Attribute(key, .string(value)))
                    continue
                }
                span.statusCode = .error
                if !["", "true"].contains(value) { span.statusMessage = value }
            case "otel.status_description": span.statusMessage = value
            case "otel.scope.name", "otel.library.name": scope.name = value
            case "otel.scope.version", "otel.library.version": scope.version = value
            case "w3c.tracestate": span.traceState = value
            case "span.kind" where value == "internal" && span.kind == .unspecified: span.kind = .internal
            case "otel.dropped_attributes_count": span.droppedAttributesCount = UInt32(value) ?? 0
            case "otel.dropped_events_count": span.droppedEventsCount = UInt32(value) ?? 0
            case "otel.dropped_links_count": span.droppedLinksCount = UInt32(value) ?? 0
            default: span.attributes.append(Attribute(key, .string(value)))
            }
        }
        if let code { span.statusCode = code }
        return scope
    }

    private func setEndpoints(of span: inout SpanRecord) {
        let present = Set(span.attributes.map(\.key))
        func add(_ key: String, _ value: AttributeValue?) {
            if let value, !present.contains(key) { span.attributes.append(Attribute(key, value)) }
        }
        add("network.local.address", local.address)
        add("network.local.port", local.port > 0 ? .int(local.port) : nil)
        add("peer.service", remote.serviceName.isEmpty ? nil : .string(remote.serviceName))
        add("network.peer.address", remote.address)
        add("network.peer.port", remote.port > 0 ? .int(remote.port) : nil)
    }

    /// In Zipkin the two ends of a call may share one id. In OTLP every span has its own: the server's half gets another, always the same, and
    /// the client's half as its parent.
    private func separate(_ span: inout SpanRecord) {
        span.attributes.append(Attribute("zipkin.shared", .bool(true)))
        guard span.spanID.isValid else { return }
        var identity: [UInt8] = []
        identity.appendBigEndian(span.traceID.high)
        identity.appendBigEndian(span.traceID.low)
        identity.appendBigEndian(span.spanID.bits)
        identity += local.serviceName.utf8
        span.parentSpanID = span.spanID
        span.spanID = SpanID(max(1, identity.withUnsafeBytes { hash64($0) }))
    }
}

extension ZipkinSpan.Endpoint {
    fileprivate var address: AttributeValue? {
        if !ipv4.isEmpty { return ipv6.isEmpty ? .string(ipv4) : .array([.string(ipv4), .string(ipv6)]) }
        return ipv6.isEmpty ? nil : .string(ipv6)
    }
}
