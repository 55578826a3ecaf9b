internal import ByteCoding

/// `ExportLogsServiceRequest` (opentelemetry-proto `collector/logs/v1`), mapped as Loki maps it.
public enum OTLPLogs {
    /// Reads a message.
    ///
    /// Attributes of resources that the mapping names become labels, all others structured metadata, as do the fields of scopes and records. The body
    /// is the line: a string as it is, arrays and maps as JSON.
    ///
    /// - Throws: where it is no protobuf of that message. What was handed to the sink before is to be thrown away.
    public static func decode<Sink: LogEntrySink>(
        _ message: UnsafeRawBufferPointer, mapping: OTLPLogMapping, into sink: inout Sink
    ) throws(LogFormatError) {
        var decoder = OTLPLogDecoder(message, mapping)
        do throws(ByteCodingError) {
            try decoder.decode(into: &sink)
        } catch {
            throw LogFormatError(error)
        }
    }
}

/// Walks one message.
private struct OTLPLogDecoder {
    private let message: UnsafeRawBufferPointer
    private let mapping: OTLPLogMapping
    private var labels = LogFields()
    private var labelCount = 0
    /// Structured metadata of all records of a resource.
    private var resourceFields = LogFields()
    /// Structured metadata of all records of a scope.
    private var scopeFields = LogFields()
    private var metadata = LogFields()
    private var line: [UInt8] = []
    private var scratch: [UInt8] = []
    /// Bytes of names and values at which no more of them are looked at; the entry is refused for them further on.
    private static let fieldBytesMax = 16 << 20
    /// Bytes of a name up to which the members of maps become fields by themselves.
    private static let nameBytesMax = 1024
    private static let tooDeep = "values stand within each other deeper than \(AnyValueText.depthMax)"

    init(_ message: UnsafeRawBufferPointer, _ mapping: OTLPLogMapping) {
        self.message = message
        self.mapping = mapping
    }

    mutating func decode<Sink: LogEntrySink>(into sink: inout Sink) throws(ByteCodingError) {
        var cursor = ProtobufCursor(message)
        while let tag = try cursor.nextTag() {
            if tag == 0x0a { try decodeResourceLogs(try cursor.readRange(), into: &sink) } else { try cursor.skip(tag, known: 0b10) }
        }
    }

    private mutating func decodeResourceLogs<Sink: LogEntrySink>(_ range: Range<Int>, into sink: inout Sink) throws(ByteCodingError) {
        labels.removeAll()
        labelCount = 0
        resourceFields.removeAll()
        // The resource may stand behind its records, so it is looked for first.
        var cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            if tag == 0x0a {
                try decodeResource(try cursor.readRange())
            } else {
                try cursor.skip(tag, known: tag == 0x12 || tag == 0x1a ? 0 : 0b1110)
            }
        }
        sink.beginStream(labels)
        cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            if tag == 0x12 { try decodeScopeLogs(try cursor.readRange(), into: &sink) } else { try cursor.skip(tag) }
        }
    }

    private mutating func decodeScopeLogs<Sink: LogEntrySink>(_ range: Range<Int>, into sink: inout Sink) throws(ByteCodingError) {
        scopeFields.removeAll()
        var cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            if tag == 0x0a {
                try decodeScope(try cursor.readRange())
            } else {
                try cursor.skip(tag, known: tag == 0x12 || tag == 0x1a ? 0 : 0b1110)
            }
        }
        cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            if tag == 0x12 { try decodeRecord(try cursor.readRange(), into: &sink) } else { try cursor.skip(tag) }
        }
    }

    // MARK: - Resources and scopes

    private mutating func decodeResource(_ range: Range<Int>) throws(ByteCodingError) {
        var cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                let (name, value) = try KeyValuePlace.read(ProtobufCursor(message, in: try cursor.readRange()))
                switch OTLPLogMapping.action(mapping.resource, bytes(name)) {
                case .label: try addLabel(name, value)
                case .metadata: try OTLPLogDecoder.add(name, value, message, to: &resourceFields, &scratch)
                case .drop: break
                }
            case 0x10: _ = try cursor.readVarint()
            default: try cursor.skip(tag, known: 0b110)
            }
        }
    }

    private mutating func addLabel(_ name: Range<Int>, _ value: Range<Int>) throws(ByteCodingError) {
        let isServiceName = bytes(name).elementsEqual("service.name".utf8)
        var text = AnyValueText()
        scratch.removeAll(keepingCapacity: true)
        try text.append(value, of: message, to: &scratch)
        if text.isTooDeep || scratch.count > mapping.labelValueBytesMax || (labelCount >= mapping.labelsMax && !isServiceName) {
            return try OTLPLogDecoder.add(name, value, message, to: &resourceFields, &scratch)
        }
        if !isServiceName { labelCount += 1 }
        labels.append(name: { $0.append(contentsOf: message[name]) }, value: { $0.append(contentsOf: scratch) })
    }

    private mutating func decodeScope(_ range: Range<Int>) throws(ByteCodingError) {
        var cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: scopeFields.append("scope_name", bytes(try cursor.readRange()))
            case 0x12: scopeFields.append("scope_version", bytes(try cursor.readRange()))
            case 0x1a:
                let (name, value) = try KeyValuePlace.read(ProtobufCursor(message, in: try cursor.readRange()))
                if mapping.scope.isEmpty || OTLPLogMapping.action(mapping.scope, bytes(name)) == .metadata {
                    try OTLPLogDecoder.add(name, value, message, to: &scopeFields, &scratch)
                }
            case 0x20:
                let count = try cursor.readVarint()
                if count > 0 { scopeFields.append("scope_dropped_attributes_count") { $0.append(contentsOf: String(count).utf8) } }
            default: try cursor.skip(tag, known: 0b1_1110)
            }
        }
    }

    // MARK: - Records

    private mutating func decodeRecord<Sink: LogEntrySink>(_ range: Range<Int>, into sink: inout Sink) throws(ByteCodingError) {
        if sink.isFull { return }
        var time: UInt64 = 0
        var observed: UInt64 = 0
        var isTooDeep = false
        line.removeAll(keepingCapacity: true)
        metadata.removeAll()
        // What is too much already is not copied for each record, only to be refused.
        let isTooMuch = resourceFields.byteCount + scopeFields.byteCount > mapping.metadataBytesMax
        if !isTooMuch {
            metadata.append(contentsOf: resourceFields)
            metadata.append(contentsOf: scopeFields)
        }
        var cursor = ProtobufCursor(message, in: range)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x09: time = try cursor.readFixed64()
            case 0x59: observed = try cursor.readFixed64()
            case 0x2a:
                var text = AnyValueText()
                line.removeAll(keepingCapacity: true)
                try text.append(try cursor.readRange(), of: message, to: &line)
                isTooDeep = isTooDeep || text.isTooDeep
            case 0x32:
                let (name, value) = try KeyValuePlace.read(ProtobufCursor(message, in: try cursor.readRange()))
                if mapping.record.isEmpty || OTLPLogMapping.action(mapping.record, bytes(name)) == .metadata {
                    try OTLPLogDecoder.add(name, value, message, to: &metadata, &scratch)
                }
            default: try decodeField(tag, &cursor)
            }
        }
        if time != 0, observed != 0 { metadata.append("observed_timestamp") { $0.append(contentsOf: String(observed).utf8) } }
        if isTooDeep { return sink.refuse(OTLPLogDecoder.tooDeep) }
        let moment = time != 0 ? Int64(clamping: time) : observed != 0 ? Int64(clamping: observed) : sink.now
        if isTooMuch {
            let bytes = resourceFields.byteCount + scopeFields.byteCount
            return sink.refuse(
                "structured metadata too large: '\(bytes)' bytes of the resource and the scope, limit: '\(mapping.metadataBytesMax)' bytes")
        }
        line.withUnsafeBufferPointer { line in _ = sink.append(time: moment, line: line, metadata: &metadata) }
    }

    /// Reads what a record says of itself beside its time, its body and its attributes.
    private mutating func decodeField(_ tag: UInt32, _ cursor: inout ProtobufCursor) throws(ByteCodingError) {
        switch tag {
        case 0x10: addNumber("severity_number", UInt64(truncatingIfNeeded: try cursor.readVarint()))
        case 0x1a: addText("severity_text", try cursor.readRange())
        case 0x38: addNumber("dropped_attributes_count", try cursor.readVarint())
        case 0x45: addNumber("flags", UInt64(try cursor.readFixed32()))
        case 0x4a: addID("trace_id", try cursor.readRange(), length: 16)
        case 0x52: addID("span_id", try cursor.readRange(), length: 8)
        case 0x62: addText("event_name", try cursor.readRange())
        default: try cursor.skip(tag, known: 0x1fee)
        }
    }

    private mutating func addNumber(_ name: StaticString, _ number: UInt64) {
        if number != 0 { metadata.append(name) { $0.append(contentsOf: String(number).utf8) } }
    }

    private mutating func addText(_ name: StaticString, _ range: Range<Int>) {
        if !range.isEmpty { metadata.append(name, bytes(range)) }
    }

    private mutating func addID(_ name: StaticString, _ range: Range<Int>, length: Int) {
        let id = UnsafeRawBufferPointer(rebasing: message[range])
        guard id.count == length, id.contains(where: { $0 != 0 }) else { return }
        metadata.append(name) { JSONBytes.appendHexadecimal(id, to: &$0) }
    }

    private func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: message.bindMemory(to: UInt8.self)[range])
    }

    // MARK: - Attributes

    /// Adds an attribute; of a map each member by itself, under both names.
    private static func add(
        _ name: Range<Int>, _ value: Range<Int>, _ message: UnsafeRawBufferPointer, to fields: inout LogFields, _ scratch: inout [UInt8]
    ) throws(ByteCodingError) {
        try add(prefix: [], name, value, message, depth: 0, to: &fields, &scratch)
    }

    private static func add(
        prefix: [UInt8], _ name: Range<Int>, _ value: Range<Int>, _ message: UnsafeRawBufferPointer, depth: Int,
        to fields: inout LogFields, _ scratch: inout [UInt8]
    ) throws(ByteCodingError) {
        guard fields.byteCount + prefix.count + name.count < fieldBytesMax else { return }
        var cursor = ProtobufCursor(message, in: value)
        // Nearly all values are strings that fill their message.
        if let tag = try cursor.nextTag(), depth < 16, prefix.count + name.count <= nameBytesMax {
            if tag == 0x0a {
                let text = cursor.bytes(try cursor.readRange())
                if cursor.isAtEnd {
                    fields.append(name: { appendName(prefix, message[name], to: &$0) }, value: { $0.append(contentsOf: text) })
                    return
                }
            } else if tag == 0x32 {
                let list = try cursor.readRange()
                if cursor.isAtEnd {
                    var inner: [UInt8] = []
                    appendName(prefix, message[name], to: &inner)
                    var members = ProtobufCursor(message, in: list)
                    while let tag = try members.nextTag() {
                        guard tag == 0x0a else {
                            try members.skip(tag, known: 0b10)
                            continue
                        }
                        let (name, value) = try KeyValuePlace.read(ProtobufCursor(message, in: try members.readRange()))
                        try add(prefix: inner, name, value, message, depth: depth + 1, to: &fields, &scratch)
                    }
                    return
                }
            }
        }
        var text = AnyValueText()
        scratch.removeAll(keepingCapacity: true)
        try text.append(value, of: message, to: &scratch)
        fields.append(
            name: { appendName(prefix, message[name], to: &$0) },
            value: { $0.append(contentsOf: text.isTooDeep ? Array(tooDeep.utf8) : scratch) })
    }

    private static func appendName(_ prefix: [UInt8], _ name: Slice<UnsafeRawBufferPointer>, to bytes: inout [UInt8]) {
        if !prefix.isEmpty {
            bytes.append(contentsOf: prefix)
            bytes.append(UInt8(ascii: "_"))
        }
        bytes.append(contentsOf: name)
    }
}
