internal import PerchWire

extension MetricDeclarations {
    /// What was declared, as JSON for `perch contract`:
    ///
    ///     {"contract":"shop","version":1,
    ///      "metrics":[{"name":"shop_orders_total","type":"counter","unit":"","help":"…","series":4,
    ///        "labels":[{"name":"outcome","values":["accepted","declined"]},{"name":"customer","at_most":100}]},
    ///       {"name":"shop_work_seconds","type":"histogram","unit":"seconds","help":"…","series":1,"buckets":[0.1,1],"native":false,"labels":[]}],
    ///      "spans":[{"name":"place order","kind":"server","attributes":[{"name":"order.id","type":"string"}]}],
    ///      "logs":[{"message":"order placed","level":"info","metadata":[{"name":"tier","type":"string","values":["gold","silver"]}]}]}
    public func schema(service: String) -> String {
        let declared = all
        var json = SchemaText()
        json.open("{")
        json.member("contract", text: service)
        json.member("version", raw: "1")
        json.list("metrics", declared.metrics.sorted { $0.header.name < $1.header.name }) { $0.write($1) }
        json.list("spans", declared.spans.sorted { ($0.name, $0.kind.rawValue) < ($1.name, $1.kind.rawValue) }) { json, span in
            json.member("name", text: span.name)
            json.member("kind", text: span.kind.rawValue)
            json.list("attributes", span.attributes) { $0.write($1) }
        }
        json.list("logs", declared.logs.sorted { $0.message < $1.message }) { json, log in
            json.member("message", text: log.message)
            json.member("level", text: log.level.rawValue)
            json.list("metadata", log.metadata) { $0.write($1) }
        }
        json.close("}")
        return json.text
    }
}

/// Writes JSON, member by member.
private struct SchemaText {
    private var bytes: [UInt8] = []
    private var isFirst = true

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func open(_ bracket: String) {
        bytes.append(contentsOf: bracket.utf8)
        isFirst = true
    }

    mutating func close(_ bracket: String) {
        bytes.append(contentsOf: bracket.utf8)
        isFirst = false
    }

    private mutating func name(_ name: String) {
        comma()
        appendJSONString(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func comma() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    mutating func member(_ name: String, raw value: String) {
        self.name(name)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func member(_ name: String, text: String) {
        self.name(name)
        appendJSONString(text, to: &bytes)
    }

    mutating func member(_ name: String, texts: [String]) {
        self.name(name)
        open("[")
        for text in texts {
            comma()
            appendJSONString(text, to: &bytes)
        }
        close("]")
    }

    mutating func list<Element>(_ name: String, _ elements: [Element], _ write: (inout SchemaText, Element) -> Void) {
        self.name(name)
        open("[")
        for element in elements {
            comma()
            open("{")
            write(&self, element)
            close("}")
        }
        close("]")
    }

    mutating func write(_ metric: DeclaredMetric) {
        let header = metric.header
        member("name", text: header.name)
        member("type", text: header.kind.rawValue)
        member("unit", text: header.unit)
        member("help", text: header.help)
        member("series", raw: "\(metric.seriesMax)")
        if let layout = metric.layout {
            member("buckets", raw: "[" + layout.bounds.map { "\($0)" }.joined(separator: ",") + "]")
            member("native", raw: layout.nativeSchema == nil ? "false" : "true")
        }
        list("labels", metric.labels) { json, label in
            json.member("name", text: label.name)
            if let values = label.values { json.member("values", texts: values) }
            if let valuesMax = label.valuesMax { json.member("at_most", raw: "\(valuesMax)") }
        }
    }

    mutating func write(_ attribute: DeclaredField) {
        member("name", text: attribute.name)
        switch attribute.type {
        case .string: member("type", text: "string")
        case .int: member("type", text: "int")
        case .double: member("type", text: "double")
        case .bool: member("type", text: "bool")
        case .oneOf(let values):
            member("type", text: "string")
            member("values", texts: values)
        }
    }
}
