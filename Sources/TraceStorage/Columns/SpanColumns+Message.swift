internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

extension SpanColumns {
    /// Adds the spans of a message.
    ///
    /// - Throws: ``ByteCodingError`` where the scan is of another message; some spans may have been added then.
    mutating func append(_ message: UnsafeRawBufferPointer, _ scan: SpanScan) throws(ByteCodingError) {
        var resourceNumbers: [UInt32] = []
        for origin in scan.resources { resourceNumbers.append(SpanColumns.intern(origin, of: message, in: &resources)) }
        var scopeNumbers: [UInt32] = []
        for origin in scan.scopes { scopeNumbers.append(SpanColumns.intern(origin, of: message, in: &scopes)) }
        for span in scan.spans {
            try append(
                span, of: message, resource: resourceNumbers[Int(span.resource)], scope: scopeNumbers[Int(span.scope)])
        }
    }

    static func intern(_ origin: ScannedOrigin, of message: UnsafeRawBufferPointer, in table: inout TextTable) -> UInt32 {
        if origin.body.isEmpty, origin.schemaURL.isEmpty { return 0 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(origin.body.count + origin.schemaURL.count + 4)
        bytes.appendVarint(count: origin.body.count)
        bytes.append(contentsOf: message[origin.body])
        bytes.append(contentsOf: message[origin.schemaURL])
        return bytes.withUnsafeBytes { table.intern($0) }
    }

    private mutating func append(
        _ span: ScannedSpan, of message: UnsafeRawBufferPointer, resource: UInt32, scope: UInt32
    ) throws(ByteCodingError) {
        let wordStart = spans.words.count
        let eventStart = events.count
        let linkStart = links.count
        var shape: UInt32 = 0
        var traceState: UInt32 = 0
        var statusMessage: UInt32 = 0
        var flags: UInt32 = 0
        var (droppedAttributes, droppedEvents, droppedLinks): (UInt64, UInt64, UInt64) = (0, 0, 0)
        var cursor = ProtobufCursor(message, in: span.body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x1a: traceState = texts.intern(cursor.bytes(try cursor.readRange()))
            case 0x4a: shape = try spans.appendAttribute(&cursor, shape, &texts)
            case 0x50: droppedAttributes = try cursor.readVarint() & 0xffff_ffff
            case 0x5a: try appendEvent(&cursor)
            case 0x60: droppedEvents = try cursor.readVarint() & 0xffff_ffff
            case 0x6a: try appendLink(&cursor)
            case 0x70: droppedLinks = try cursor.readVarint() & 0xffff_ffff
            case 0x7a:
                let outer = try cursor.enter()
                while let tag = try cursor.nextTag() {
                    if tag == 0x12 { statusMessage = texts.intern(cursor.bytes(try cursor.readRange())) } else { try cursor.skip(tag) }
                }
                cursor.leave(outer)
            case 0x85: flags = try cursor.readFixed32()
            default: try cursor.skip(tag)
            }
        }
        let name = texts.intern(cursor.bytes(span.name))
        let (eventCount, linkCount) = (UInt64(events.count - eventStart), UInt64(links.count - linkStart))
        spans.finishRow(wordStart: wordStart) { tuple in
            tuple[AttributedRows.shapeField] = UInt64(shape)
            tuple[SpanKindField.name] = UInt64(name)
            tuple[SpanKindField.role] = UInt64(UInt32(bitPattern: span.kind.rawValue))
            tuple[SpanKindField.statusCode] = UInt64(UInt32(bitPattern: span.statusCode.rawValue))
            tuple[SpanKindField.statusMessage] = UInt64(statusMessage)
            tuple[SpanKindField.traceState] = UInt64(traceState)
            tuple[SpanKindField.flags] = UInt64(flags)
            tuple[SpanKindField.scope] = UInt64(scope)
            tuple[SpanKindField.droppedAttributes] = droppedAttributes
            tuple[SpanKindField.droppedEvents] = droppedEvents
            tuple[SpanKindField.droppedLinks] = droppedLinks
            tuple[SpanKindField.events] = eventCount
            tuple[SpanKindField.links] = linkCount
        }
        traceOf.append(traces.intern(span.traceID))
        spanIDs.append(span.spanID.bits)
        parentIDs.append(span.parentSpanID.bits)
        starts.append(span.start)
        ends.append(span.end)
        resourceOf.append(resource)
        eventStarts.append(UInt32(eventStart))
        linkStarts.append(UInt32(linkStart))
    }

    private mutating func appendEvent(_ cursor: inout ProtobufCursor) throws(ByteCodingError) {
        let wordStart = events.words.count
        var shape: UInt32 = 0
        var (time, dropped): (UInt64, UInt64) = (0, 0)
        var name: UInt32 = 0
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x09: time = try cursor.readFixed64()
            case 0x12: name = texts.intern(cursor.bytes(try cursor.readRange()))
            case 0x1a: shape = try events.appendAttribute(&cursor, shape, &texts)
            case 0x20: dropped = try cursor.readVarint() & 0xffff_ffff
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
        eventTimes.append(time)
        events.finishRow(wordStart: wordStart) { tuple in
            tuple[AttributedRows.shapeField] = UInt64(shape)
            tuple[EventKindField.name] = UInt64(name)
            tuple[EventKindField.droppedAttributes] = dropped
        }
    }

    private mutating func appendLink(_ cursor: inout ProtobufCursor) throws(ByteCodingError) {
        let wordStart = links.words.count
        var shape: UInt32 = 0
        var traceID = TraceID(high: 0, low: 0)
        var spanID: UInt64 = 0
        var (flags, dropped): (UInt64, UInt64) = (0, 0)
        var traceState: UInt32 = 0
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                let range = try cursor.readRange()
                if range.count == 16 { traceID = TraceID(cursor.bytes(range)) }
            case 0x12:
                let range = try cursor.readRange()
                if range.count == 8 { spanID = SpanID(cursor.bytes(range)).bits }
            case 0x1a: traceState = texts.intern(cursor.bytes(try cursor.readRange()))
            case 0x22: shape = try links.appendAttribute(&cursor, shape, &texts)
            case 0x28: dropped = try cursor.readVarint() & 0xffff_ffff
            case 0x35: flags = UInt64(try cursor.readFixed32())
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
        linkTraceIDs.append(traceID)
        linkSpanIDs.append(spanID)
        links.finishRow(wordStart: wordStart) { tuple in
            tuple[AttributedRows.shapeField] = UInt64(shape)
            tuple[LinkKindField.traceState] = UInt64(traceState)
            tuple[LinkKindField.flags] = flags
            tuple[LinkKindField.droppedAttributes] = dropped
        }
    }
}
