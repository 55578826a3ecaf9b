internal import ByteCoding
internal import TelemetryModel

/// One span of the JSON, as it stands there.
struct ZipkinSpan {
    struct Endpoint {
        var serviceName = ""
        var ipv4 = ""
        var ipv6 = ""
        var port: Int64 = 0
    }

    private(set) var traceID = TraceID(high: 0, low: 0)
    private(set) var spanID = SpanID.none
    private(set) var parentID = SpanID.none
    private(set) var hasWrongParent = false
    private(set) var name = ""
    private(set) var kind = ""
    private(set) var timestamp: UInt64 = 0
    private(set) var duration: UInt64 = 0
    private(set) var local = Endpoint()
    private(set) var remote = Endpoint()
    var annotations: [SpanEvent] = []
    var tags: [(key: String, value: String)] = []
    private(set) var isShared = false
    private(set) var isDebug = false

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "traceId": traceID = ZipkinSpan.traceID(try reader.readString())
            case "id": spanID = ZipkinSpan.spanID(try reader.readString()) ?? .none
            case "parentId":
                let parent = ZipkinSpan.spanID(try reader.readString())
                hasWrongParent = parent == nil
                parentID = parent ?? .none
            case "name": name = try reader.readString()
            case "kind": kind = try reader.readString()
            case "timestamp": timestamp = try reader.readInteger()
            case "duration": duration = try reader.readInteger()
            case "localEndpoint": local = try Endpoint(&reader)
            case "remoteEndpoint": remote = try Endpoint(&reader)
            case "annotations":
                try reader.beginArray()
                while try reader.nextElement() {
                    if let event = try SpanEvent(zipkin: &reader) { annotations.append(event) }
                }
            case "tags":
                try reader.beginObject()
                while let key = try reader.nextKey() { tags.append((key, try reader.readTag())) }
            case "shared": isShared = try reader.readBool()
            case "debug": isDebug = try reader.readBool()
            default: try reader.skipValue()
            }
        }
    }

    /// Zipkin's trace ids have 16 or 32 digits; fewer are padded, as its servers do.
    private static func traceID(_ text: String) -> TraceID { TraceID(hexadecimal: text) ?? TraceID(high: 0, low: 0) }

    private static func spanID(_ text: String) -> SpanID? { SpanID(hexadecimal: text) }
}

extension ZipkinSpan.Endpoint {
    fileprivate init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "serviceName": serviceName = try reader.readString()
            case "ipv4": ipv4 = try reader.readString()
            case "ipv6": ipv6 = try reader.readString()
            case "port": port = try reader.readInteger()
            default: try reader.skipValue()
            }
        }
    }
}

extension JSONReader {
    /// The value of a tag is text; numbers and truths, which some clients write all the same, are taken as they stand.
    fileprivate mutating func readTag() throws(JSONError) -> String {
        switch try peekKind() {
        case .number: String(decoding: bytes[try readNumber().range], as: UTF8.self)
        case .bool: try readBool() ? "true" : "false"
        default: try readString()
        }
    }
}

extension SpanEvent {
    /// An annotation; nil for one that says nothing.
    fileprivate init?(zipkin reader: inout JSONReader) throws(JSONError) {
        self.init(time: 0, name: "")
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "timestamp": time = ZipkinSpan.nanoseconds(try reader.readInteger())
            case "value": name = try reader.readString()
            default: try reader.skipValue()
            }
        }
        if name.isEmpty { return nil }
        readAttributes()
    }

    /// Exporters of OpenTelemetry write an event with attributes as `"name": {"key": value, …}`, some with braces around it.
    private mutating func readAttributes() {
        let isBraced = name.utf8.first == UInt8(ascii: "{")
        guard isBraced || name.utf8.first == UInt8(ascii: "\"") else { return }
        var reader = JSONReader(Array((isBraced ? name : "{\(name)}").utf8), depthMax: 8)
        do throws(JSONError) {
            try reader.beginObject()
            guard let event = try reader.nextKey() else { return }
            var found: [Attribute] = []
            try reader.beginObject()
            while let key = try reader.nextKey() { found.append(Attribute(key, try reader.readAttributeValue())) }
            guard try reader.nextKey() == nil else { return }
            try reader.finish()
            name = event
            attributes = found
        } catch {
            // Any text is an annotation; this one only looked like more.
            return
        }
    }
}

extension JSONReader {
    fileprivate mutating func readAttributeValue() throws(JSONError) -> AttributeValue {
        switch try peekKind() {
        case .string: return .string(try readString())
        case .bool: return .bool(try readBool())
        case .number:
            var whole = self
            if let number = try? whole.readInteger(Int64.self) {
                self = whole
                return .int(number)
            }
            return .double(try readDouble())
        case .array:
            var values: [AttributeValue] = []
            try beginArray()
            while try nextElement() { values.append(try readAttributeValue()) }
            return .array(values)
        case .object, .null: throw failure("expected a value of an attribute")
        }
    }
}
