public import ByteCoding

extension Contract {
    /// Versions of the format that are understood.
    private static let versions = 1...1

    /// Reads what `TelemetryContract.schema(service:)` prints. Members that are not known are passed over.
    ///
    /// - Throws: `JSONError` with the place, where the text is no contract.
    public init(json: [UInt8]) throws(JSONError) {
        var reader = JSONReader(json)
        var service: String?
        var contract = Contract(service: "")
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "contract": service = try reader.readString()
            case "version":
                let version = try reader.readInteger(Int.self)
                guard Contract.versions.contains(version) else { throw reader.failure("version \(version) of contracts is not known") }
            case "metrics": contract.metrics = try reader.list { (reader) throws(JSONError) in try reader.metric() }
            case "spans": contract.spans = try reader.list { (reader) throws(JSONError) in try reader.span() }
            case "logs": contract.logs = try reader.list { (reader) throws(JSONError) in try reader.logLine() }
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        guard let service, !service.isEmpty else { throw reader.failure("a contract names its service in “contract”") }
        contract.service = service
        self = contract
    }
}

extension JSONReader {
    fileprivate mutating func list<Element>(
        _ read: (inout JSONReader) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
        var elements: [Element] = []
        try beginArray()
        while try nextElement() { elements.append(try read(&self)) }
        return elements
    }

    private mutating func strings() throws(JSONError) -> [String] { try list { (reader) throws(JSONError) in try reader.readString() } }

    /// A text that is one of few.
    private mutating func oneOf<Value: RawRepresentable<String>>(_ type: Value.Type, _ what: String) throws(JSONError) -> Value {
        let text = try readString()
        guard let value = Value(rawValue: text) else { throw failure("“\(text)” is no \(what)") }
        return value
    }

    private func required<Value>(_ value: Value?, _ name: String) throws(JSONError) -> Value {
        guard let value else { throw failure("“\(name)” is missing") }
        return value
    }

    fileprivate mutating func metric() throws(JSONError) -> Contract.Metric {
        var name: String?
        var type: Contract.MetricType?
        var metric = Contract.Metric(name: "", type: .gauge, unit: "", help: "", isNative: false, labels: [])
        try beginObject()
        while let key = try nextKey() {
            switch key {
            case "name": name = try readString()
            case "type": type = try oneOf(Contract.MetricType.self, "type of a metric")
            case "unit": metric.unit = try readString()
            case "help": metric.help = try readString()
            case "buckets": metric.bounds = try list { (reader) throws(JSONError) in try reader.readDouble() }
            case "native": metric.isNative = try readBool()
            case "labels": metric.labels = try list { (reader) throws(JSONError) in try reader.label() }
            default: try skipValue()
            }
        }
        metric.name = try required(name, "name")
        metric.type = try required(type, "type")
        return metric
    }

    private mutating func label() throws(JSONError) -> Contract.Label {
        var name: String?
        var label = Contract.Label(name: "")
        try beginObject()
        while let key = try nextKey() {
            switch key {
            case "name": name = try readString()
            case "values": label.values = try strings()
            case "at_most":
                let valuesMax = try readInteger(Int.self)
                if valuesMax < 1 { throw failure("a label may have at least one value") }
                label.valuesMax = valuesMax
            default: try skipValue()
            }
        }
        label.name = try required(name, "name")
        if (label.values == nil) == (label.valuesMax == nil) { throw failure("a label has either “values” or “at_most”") }
        return label
    }

    private mutating func attribute() throws(JSONError) -> Contract.Attribute {
        var name: String?
        var attribute = Contract.Attribute(name: "", type: .string)
        try beginObject()
        while let key = try nextKey() {
            switch key {
            case "name": name = try readString()
            case "type": attribute.type = try oneOf(Contract.ValueType.self, "type of an attribute")
            case "values": attribute.values = try strings()
            default: try skipValue()
            }
        }
        attribute.name = try required(name, "name")
        return attribute
    }

    fileprivate mutating func span() throws(JSONError) -> Contract.Span {
        var name: String?
        var span = Contract.Span(name: "", kind: "internal", attributes: [])
        try beginObject()
        while let key = try nextKey() {
            switch key {
            case "name": name = try readString()
            case "kind":
                span.kind = try readString()
                guard ["internal", "server", "client", "producer", "consumer"].contains(span.kind) else {
                    throw failure("“\(span.kind)” is no kind of a span")
                }
            case "attributes": span.attributes = try list { (reader) throws(JSONError) in try reader.attribute() }
            default: try skipValue()
            }
        }
        span.name = try required(name, "name")
        return span
    }

    fileprivate mutating func logLine() throws(JSONError) -> Contract.LogLine {
        var message: String?
        var line = Contract.LogLine(message: "", level: "info", metadata: [])
        try beginObject()
        while let key = try nextKey() {
            switch key {
            case "message": message = try readString()
            case "level":
                line.level = try readString()
                guard ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains(line.level) else {
                    throw failure("“\(line.level)” is no level of a log line")
                }
            case "metadata": line.metadata = try list { (reader) throws(JSONError) in try reader.attribute() }
            default: try skipValue()
            }
        }
        line.message = try required(message, "message")
        return line
    }
}
