public import ByteCoding
public import TelemetryModel

extension SpanScan {
    /// The spans as records, with everything that the message says of them.
    ///
    /// - Parameter message: what was scanned.
    /// - Throws: ``ByteCodingError`` where that is another message.
    public func records(of message: UnsafeRawBufferPointer) throws(ByteCodingError) -> SpanBatch {
        var batch = SpanBatch()
        try append(to: &batch, from: message)
        return batch
    }

    fileprivate func append(to batch: inout SpanBatch, from message: UnsafeRawBufferPointer) throws(ByteCodingError) {
        let (firstResource, firstScope) = (batch.resources.count, batch.scopes.count)
        for origin in resources { batch.resources.append(try ResourceRecord(otlp: origin, of: message)) }
        for origin in scopes { batch.scopes.append(try ScopeRecord(otlp: origin, of: message)) }
        batch.spans.reserveCapacity(batch.spans.count + spans.count)
        for span in spans {
            var record = try SpanRecord(otlp: span, of: message)
            record.resource += firstResource
            record.scope += firstScope
            batch.spans.append(record)
        }
    }
}

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
        let outcome: Result<Void, ByteCodingError> = bytes.withUnsafeBytes { message in
            do throws(ByteCodingError) { return .success(try read(message)) } catch { return .failure(error) }
        }
        try outcome.get()
    }

    private mutating func read(_ message: UnsafeRawBufferPointer) throws(ByteCodingError) {
        let scan: SpanScan
        do throws(SpanScanError) { scan = try SpanScan(message, limits: .reading) } catch {
            switch error {
            case .malformed(let error): throw error
            case .tooManySpans: throw ByteCodingError(.lengthTooLarge, at: 0)
            }
        }
        // All else passes.
        if scan.rejected.count > 0 { throw ByteCodingError(.nestedTooDeep, at: 0) }
        try scan.append(to: &self, from: message)
    }
}

extension ResourceRecord {
    /// Reads a `Resource`.
    public init(otlp origin: ScannedOrigin, of message: UnsafeRawBufferPointer) throws(ByteCodingError) {
        self.init()
        var cursor = ProtobufCursor(message, in: origin.body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: attributes.append(try Attribute(otlp: &cursor))
            case 0x10: droppedAttributesCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            case 0x1a: entities.append(try EntityReference(otlp: &cursor))
            default: try cursor.skip(tag)
            }
        }
        schemaURL = text(message, origin.schemaURL)
    }
}

extension EntityReference {
    fileprivate init(otlp cursor: inout ProtobufCursor) throws(ByteCodingError) {
        self.init()
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: schemaURL = try cursor.readText()
            case 0x12: type = try cursor.readText()
            case 0x1a: idKeys.append(try cursor.readText())
            case 0x22: descriptionKeys.append(try cursor.readText())
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
    }
}

extension ScopeRecord {
    /// Reads an `InstrumentationScope`.
    public init(otlp origin: ScannedOrigin, of message: UnsafeRawBufferPointer) throws(ByteCodingError) {
        self.init()
        var cursor = ProtobufCursor(message, in: origin.body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: name = text(message, try cursor.readRange())
            case 0x12: version = text(message, try cursor.readRange())
            case 0x1a: attributes.append(try Attribute(otlp: &cursor))
            case 0x20: droppedAttributesCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            default: try cursor.skip(tag)
            }
        }
        schemaURL = text(message, origin.schemaURL)
    }
}

extension SpanRecord {
    /// Reads a `Span` that was found in a message.
    public init(otlp span: ScannedSpan, of message: UnsafeRawBufferPointer) throws(ByteCodingError) {
        self.init(traceID: span.traceID, spanID: span.spanID)
        parentSpanID = span.parentSpanID
        (start, end, kind, statusCode) = (span.start, span.end, span.kind, span.statusCode)
        (resource, scope) = (Int(span.resource), Int(span.scope))
        name = text(message, span.name)
        var cursor = ProtobufCursor(message, in: span.body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x1a: traceState = text(message, try cursor.readRange())
            case 0x4a: attributes.append(try Attribute(otlp: &cursor))
            case 0x50: droppedAttributesCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            case 0x5a: events.append(try SpanEvent(otlp: &cursor))
            case 0x60: droppedEventsCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            case 0x6a: links.append(try SpanLink(otlp: &cursor))
            case 0x70: droppedLinksCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            case 0x7a:
                let outer = try cursor.enter()
                while let tag = try cursor.nextTag() {
                    if tag == 0x12 { statusMessage = text(message, try cursor.readRange()) } else { try cursor.skip(tag) }
                }
                cursor.leave(outer)
            case 0x85: flags = try cursor.readFixed32()
            default: try cursor.skip(tag)
            }
        }
    }
}

extension SpanEvent {
    fileprivate init(otlp cursor: inout ProtobufCursor) throws(ByteCodingError) {
        self.init(time: 0, name: "")
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x09: time = try cursor.readFixed64()
            case 0x12: name = try cursor.readText()
            case 0x1a: attributes.append(try Attribute(otlp: &cursor))
            case 0x20: droppedAttributesCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
    }
}

extension SpanLink {
    fileprivate init(otlp cursor: inout ProtobufCursor) throws(ByteCodingError) {
        self.init(traceID: TraceID(high: 0, low: 0), spanID: .none)
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                let range = try cursor.readRange()
                if range.count == 16 { traceID = TraceID(cursor.bytes(range)) }
            case 0x12:
                let range = try cursor.readRange()
                if range.count == 8 { spanID = SpanID(cursor.bytes(range)) }
            case 0x1a: traceState = try cursor.readText()
            case 0x22: attributes.append(try Attribute(otlp: &cursor))
            case 0x28: droppedAttributesCount = UInt32(truncatingIfNeeded: try cursor.readVarint())
            case 0x35: flags = try cursor.readFixed32()
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
    }
}

extension Attribute {
    /// Reads the `KeyValue` that a cursor stands before.
    public init(otlp cursor: inout ProtobufCursor) throws(ByteCodingError) {
        self.init("", .empty)
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: key = try cursor.readText()
            case 0x12: value = try AttributeValue(otlp: &cursor)
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
    }
}

extension AttributeValue {
    /// Reads the `AnyValue` that a cursor stands before. Of several values in one the last counts, as the specification of protobuf says.
    public init(otlp cursor: inout ProtobufCursor) throws(ByteCodingError) {
        self = .empty
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: self = .string(try cursor.readText())
            case 0x10: self = .bool(try cursor.readVarint() != 0)
            case 0x18: self = .int(Int64(bitPattern: try cursor.readVarint()))
            case 0x21: self = .double(Double(bitPattern: try cursor.readFixed64()))
            case 0x2a:
                let inner = try cursor.enter()
                self = .array(try AttributeValue.elements(&cursor))
                cursor.leave(inner)
            case 0x32:
                let inner = try cursor.enter()
                self = .map(try AttributeValue.entries(&cursor))
                cursor.leave(inner)
            case 0x3a: self = .bytes([UInt8](cursor.bytes(try cursor.readRange())))
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
    }

    /// The elements of an `ArrayValue`, to the end of what the cursor walks. The caller has limited how deep they are nested.
    public static func elements(_ cursor: inout ProtobufCursor) throws(ByteCodingError) -> [AttributeValue] {
        var elements: [AttributeValue] = []
        while let tag = try cursor.nextTag() {
            if tag == 0x0a { elements.append(try AttributeValue(otlp: &cursor)) } else { try cursor.skip(tag) }
        }
        return elements
    }

    /// The entries of a `KeyValueList`, to the end of what the cursor walks. The caller has limited how deep they are nested.
    public static func entries(_ cursor: inout ProtobufCursor) throws(ByteCodingError) -> [Attribute] {
        var entries: [Attribute] = []
        while let tag = try cursor.nextTag() {
            if tag == 0x0a { entries.append(try Attribute(otlp: &cursor)) } else { try cursor.skip(tag) }
        }
        return entries
    }
}

extension ProtobufCursor {
    fileprivate mutating func readText() throws(ByteCodingError) -> String {
        String(decoding: bytes(try readRange()), as: UTF8.self)
    }
}

private func text(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
    range.isEmpty ? "" : String(decoding: message[range], as: UTF8.self)
}
