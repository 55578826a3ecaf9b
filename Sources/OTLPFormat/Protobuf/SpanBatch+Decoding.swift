public import ByteCoding
public import TelemetryModel

extension SpanBatch {
    /// Reads the bytes of an `ExportTraceServiceRequest` (the same as those of `TracesData`, and of Tempo's `Trace`).
    ///
    /// Ids of a wrong length read as zero, which is invalid; text that is no UTF-8 is mended. Fields that are not known are left out. Memory is
    /// a large multiple of the bytes where they hold many empty messages: for bytes that storage has accepted, or that are few.
    ///
    /// - Throws: ``ByteCoding/ByteCodingError`` with the offset of what is malformed.
    public init(otlp bytes: [UInt8]) throws(ByteCodingError) {
        self.init()
        try append(otlp: bytes)
    }

    /// Adds the spans of another message.
    public mutating func append(otlp bytes: [UInt8]) throws(ByteCodingError) {
        var message = ProtobufReader(bytes)
        while let field = try message.nextField() {
            if field.number == 1 { try readResourceSpans(field, &message) } else { try message.skip(field) }
        }
    }

    private mutating func readResourceSpans(_ field: ProtobufField, _ message: inout ProtobufReader) throws(ByteCodingError) {
        let place = resources.count
        resources.append(ResourceRecord())
        let outerEnd = try message.enterMessage(field)
        while let field = try message.nextField() {
            switch field.number {
            case 1: try readResource(field, &message, into: &resources[place])
            case 2: try readScopeSpans(field, &message, resource: place)
            case 3: resources[place].schemaURL = try message.readText(field)
            default: try message.skip(field)
            }
        }
        message.leaveMessage(outerEnd)
    }

    private func readResource(
        _ field: ProtobufField, _ message: inout ProtobufReader, into resource: inout ResourceRecord
    ) throws(ByteCodingError) {
        let outerEnd = try message.enterMessage(field)
        while let field = try message.nextField() {
            switch field.number {
            case 1: resource.attributes.append(try message.readAttribute(field))
            case 2: resource.droppedAttributesCount = try message.readUInt32(field)
            default: try message.skip(field)
            }
        }
        message.leaveMessage(outerEnd)
    }

    private mutating func readScopeSpans(
        _ field: ProtobufField, _ message: inout ProtobufReader, resource: Int
    ) throws(ByteCodingError) {
        let place = scopes.count
        scopes.append(ScopeRecord())
        let outerEnd = try message.enterMessage(field)
        while let field = try message.nextField() {
            switch field.number {
            case 1: try readScope(field, &message, into: &scopes[place])
            case 2:
                var span = try message.readSpan(field)
                span.resource = resource
                span.scope = place
                spans.append(span)
            case 3: scopes[place].schemaURL = try message.readText(field)
            default: try message.skip(field)
            }
        }
        message.leaveMessage(outerEnd)
    }

    private func readScope(_ field: ProtobufField, _ message: inout ProtobufReader, into scope: inout ScopeRecord) throws(ByteCodingError) {
        let outerEnd = try message.enterMessage(field)
        while let field = try message.nextField() {
            switch field.number {
            case 1: scope.name = try message.readText(field)
            case 2: scope.version = try message.readText(field)
            case 3: scope.attributes.append(try message.readAttribute(field))
            case 4: scope.droppedAttributesCount = try message.readUInt32(field)
            default: try message.skip(field)
            }
        }
        message.leaveMessage(outerEnd)
    }
}
