internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// Makes records of rows. Resources and scopes are decoded once.
struct RecordReader {
    private let columns: SpanColumns
    private(set) var batch = SpanBatch()
    private var resources: [UInt32: Int] = [:]
    private var scopes: [UInt32: Int] = [:]
    private var shapes: [UInt32: [AttributeColumn]] = [:]
    private var eventShapes: [UInt32: [AttributeColumn]] = [:]
    private var linkShapes: [UInt32: [AttributeColumn]] = [:]

    init(_ columns: SpanColumns) { self.columns = columns }

    /// Adds the record of a row to the batch.
    ///
    /// - Throws: where stored OTLP bytes cannot be read.
    mutating func append(row: Int) throws(ByteCodingError) {
        let kinds = columns.spans
        var record = SpanRecord(
            traceID: columns.traces.ids[Int(columns.traceOf[row])], spanID: SpanID(columns.spanIDs[row]))
        func text(_ field: Int) -> String { columns.texts.text(UInt32(truncatingIfNeeded: kinds.field(field, row))) }
        func number(_ field: Int) -> UInt32 { UInt32(truncatingIfNeeded: kinds.field(field, row)) }
        record.parentSpanID = SpanID(columns.parentIDs[row])
        record.traceState = text(SpanKindField.traceState)
        record.flags = number(SpanKindField.flags)
        record.name = text(SpanKindField.name)
        record.kind = SpanKind(rawValue: Int32(bitPattern: number(SpanKindField.role)))
        record.start = columns.starts[row]
        record.end = columns.ends[row]
        record.attributes = try RecordReader.attributes(of: row, columns.spans, columns.texts, &shapes)
        record.droppedAttributesCount = number(SpanKindField.droppedAttributes)
        record.droppedEventsCount = number(SpanKindField.droppedEvents)
        record.droppedLinksCount = number(SpanKindField.droppedLinks)
        record.statusCode = SpanStatusCode(rawValue: Int32(bitPattern: number(SpanKindField.statusCode)))
        record.statusMessage = text(SpanKindField.statusMessage)
        for event in columns.eventRange(row) { record.events.append(try self.event(event)) }
        for link in columns.linkRange(row) { record.links.append(try self.link(link)) }
        record.resource = try place(ofResource: columns.resourceOf[row])
        record.scope = try place(ofScope: number(SpanKindField.scope))
        batch.spans.append(record)
    }

    private mutating func event(_ row: Int) throws(ByteCodingError) -> SpanEvent {
        var event = SpanEvent(
            time: columns.eventTimes[row],
            name: columns.texts.text(UInt32(truncatingIfNeeded: columns.events.field(EventKindField.name, row))))
        event.attributes = try RecordReader.attributes(of: row, columns.events, columns.texts, &eventShapes)
        event.droppedAttributesCount = UInt32(truncatingIfNeeded: columns.events.field(EventKindField.droppedAttributes, row))
        return event
    }

    private mutating func link(_ row: Int) throws(ByteCodingError) -> SpanLink {
        var link = SpanLink(traceID: columns.linkTraceIDs[row], spanID: SpanID(columns.linkSpanIDs[row]))
        link.traceState = columns.texts.text(UInt32(truncatingIfNeeded: columns.links.field(LinkKindField.traceState, row)))
        link.flags = UInt32(truncatingIfNeeded: columns.links.field(LinkKindField.flags, row))
        link.attributes = try RecordReader.attributes(of: row, columns.links, columns.texts, &linkShapes)
        link.droppedAttributesCount = UInt32(truncatingIfNeeded: columns.links.field(LinkKindField.droppedAttributes, row))
        return link
    }

    private static func attributes(
        of row: Int, _ rows: AttributedRows, _ texts: TextTable, _ shapes: inout [UInt32: [AttributeColumn]]
    ) throws(ByteCodingError) -> [Attribute] {
        let shape = rows.shape(row)
        if shape == 0 { return [] }
        let list: [AttributeColumn]
        if let known = shapes[shape] {
            list = known
        } else {
            list = rows.shapes.columns(of: shape).map { rows.shapes.columns[Int($0)] }
            shapes[shape] = list
        }
        var attributes: [Attribute] = []
        attributes.reserveCapacity(list.count)
        var place = Int(rows.wordStarts[row])
        for column in list {
            let word = rows.words[place]
            place += 1
            if column.type == .other {
                attributes.append(try StoredValue.attribute(word, texts))
            } else {
                attributes.append(Attribute(texts.text(column.key), try StoredValue.value(word, column.type, texts)))
            }
        }
        return attributes
    }

    private mutating func place(ofResource number: UInt32) throws(ByteCodingError) -> Int {
        if let known = resources[number] { return known }
        batch.resources.append(try StoredValue.resource(number, columns.resources))
        resources[number] = batch.resources.count - 1
        return batch.resources.count - 1
    }

    private mutating func place(ofScope number: UInt32) throws(ByteCodingError) -> Int {
        if let known = scopes[number] { return known }
        batch.scopes.append(try StoredValue.scope(number, columns.scopes))
        scopes[number] = batch.scopes.count - 1
        return batch.scopes.count - 1
    }
}

/// Values of the model from how they are stored.
enum StoredValue {
    /// The value that a word stands for.
    static func value(_ word: UInt64, _ type: AttributeType, _ texts: TextTable) throws(ByteCodingError) -> AttributeValue {
        switch type {
        case .empty: return .empty
        case .bool: return .bool(word != 0)
        case .int: return .int(Int64(bitPattern: word))
        case .double: return .double(Double(bitPattern: word))
        case .string, .bytes, .array, .map, .other:
            let range = texts.range(UInt32(truncatingIfNeeded: word))
            return try value(texts.bytes, range, type)
        }
    }

    /// The value that some bytes stand for.
    static func value(_ bytes: [UInt8], _ range: Range<Int>, _ type: AttributeType) throws(ByteCodingError) -> AttributeValue {
        switch type {
        case .string: return .string(String(decoding: bytes[range], as: UTF8.self))
        case .bytes: return .bytes(Array(bytes[range]))
        case .array: return .array(try walk(bytes, range) { (cursor) throws(ByteCodingError) in try AttributeValue.elements(&cursor) })
        case .map: return .map(try walk(bytes, range) { (cursor) throws(ByteCodingError) in try AttributeValue.entries(&cursor) })
        case .other: return try attribute(bytes, range).value
        case .empty, .bool, .int, .double: return .empty
        }
    }

    /// The attribute whose `KeyValue` a word stands for.
    static func attribute(_ word: UInt64, _ texts: TextTable) throws(ByteCodingError) -> Attribute {
        try attribute(texts.bytes, texts.range(UInt32(truncatingIfNeeded: word)))
    }

    static func attribute(_ bytes: [UInt8], _ range: Range<Int>) throws(ByteCodingError) -> Attribute {
        // As an element of a list, which begins with tag and length.
        var element: [UInt8] = []
        element.appendVarint(count: range.count)
        element.append(contentsOf: bytes[range])
        return try walk(element, 0..<element.count) { (cursor) throws(ByteCodingError) in try Attribute(otlp: &cursor) }
    }

    static func resource(_ number: UInt32, _ table: TextTable) throws(ByteCodingError) -> ResourceRecord {
        let bytes = Array(table.bytes[table.range(number)])
        let origin = try origin(bytes)
        return try withBuffer(bytes) { (buffer) throws(ByteCodingError) in try ResourceRecord(otlp: origin, of: buffer) }
    }

    static func scope(_ number: UInt32, _ table: TextTable) throws(ByteCodingError) -> ScopeRecord {
        let bytes = Array(table.bytes[table.range(number)])
        let origin = try origin(bytes)
        return try withBuffer(bytes) { (buffer) throws(ByteCodingError) in try ScopeRecord(otlp: origin, of: buffer) }
    }

    private static func origin(_ bytes: [UInt8]) throws(ByteCodingError) -> ScannedOrigin {
        var origin = ScannedOrigin()
        if bytes.isEmpty { return origin }
        var reader = ByteReader(bytes)
        origin.body = try reader.readLengthPrefixed()
        origin.schemaURL = reader.position..<bytes.count
        return origin
    }

    private static func walk<Result>(
        _ bytes: [UInt8], _ range: Range<Int>, _ body: (inout ProtobufCursor) throws(ByteCodingError) -> Result
    ) throws(ByteCodingError) -> Result {
        try withBuffer(bytes) { (buffer) throws(ByteCodingError) in
            var cursor = ProtobufCursor(buffer, in: range)
            return try body(&cursor)
        }
    }

    private static func withBuffer<Result>(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(ByteCodingError) -> Result
    ) throws(ByteCodingError) -> Result {
        let outcome: Swift.Result<Result, ByteCodingError> = bytes.withUnsafeBytes { buffer in
            do throws(ByteCodingError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
