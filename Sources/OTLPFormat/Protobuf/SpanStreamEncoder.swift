internal import ByteCoding
public import TelemetryModel

/// Writes an `ExportTraceServiceRequest` span by span, so that no more than one span is in memory in any other form: for receivers of
/// other formats, whose bytes may say much in little. Neighbours of one resource and scope stand together.
public struct SpanStreamEncoder: Sendable {
    private var message = ProtobufWriter()
    private var resourceSpans = ProtobufWriter()
    private var scopeSpans = ProtobufWriter()
    private var resource: ResourceRecord?
    private var scope: ScopeRecord?
    /// The spans written.
    public private(set) var count = 0

    public init() {}

    /// Adds a span; its own `resource` and `scope` say nothing here.
    public mutating func append(_ span: SpanRecord, resource: ResourceRecord, scope: ScopeRecord = ScopeRecord()) {
        if self.resource != resource {
            endResource()
            self.resource = resource
            resourceSpans.writeResource(resource)
        }
        if self.scope != scope {
            endScope()
            self.scope = scope
            scopeSpans.writeScope(scope)
        }
        scopeSpans.write(2) { $0.writeFields(of: span) }
        count += 1
    }

    /// The finished message; the encoder starts anew.
    public mutating func finish() -> [UInt8] {
        endResource()
        defer { self = SpanStreamEncoder() }
        return message.bytes
    }

    private mutating func endScope() {
        guard scope != nil else { return }
        resourceSpans.write(2, bytes: scopeSpans.bytes)
        scopeSpans = ProtobufWriter()
        scope = nil
    }

    private mutating func endResource() {
        endScope()
        guard resource != nil else { return }
        message.write(1, bytes: resourceSpans.bytes)
        resourceSpans = ProtobufWriter()
        resource = nil
    }
}
