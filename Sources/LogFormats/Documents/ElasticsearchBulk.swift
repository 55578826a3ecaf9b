internal import ByteCoding

/// Bodies of Elasticsearch's bulk API: lines that say what to do, each followed by a document.
public enum ElasticsearchBulk {
    /// What became of one action.
    public struct Item: Sendable, Hashable {
        /// `index`, `create`, `update` or `delete`.
        public var action: String
        public var index: String
        /// As the sender named it; nil where it did not.
        public var id: String?
        /// Why it was not done; nil where it was.
        public var refusal: String?
    }

    /// Actions that a body may have.
    public static let itemsMax = 200_000

    /// Which members of documents mean what: those of ECS, and of older Beats and Fluent Bit.
    public static func mapping(metadataFieldsMax: Int, metadataBytesMax: Int) -> LogDocumentMapping {
        var mapping = LogDocumentMapping(
            time: ["@timestamp", "timestamp", "time", "_time"], message: ["message", "msg", "log", "event.original", "_msg"],
            level: ["log.level", "level", "severity", "loglevel"],
            labels: [
                .init("service.name", as: "service_name"), .init("service_name", as: "service_name"), .init("host.name", as: "host"),
                .init("host.hostname", as: "host"), .init("host", as: "host"), .init("agent.hostname", as: "host"),
                .init("kubernetes.namespace", as: "k8s_namespace_name"), .init("kubernetes.namespace_name", as: "k8s_namespace_name"),
                .init("kubernetes.pod.name", as: "k8s_pod_name"), .init("kubernetes.pod_name", as: "k8s_pod_name"),
                .init("kubernetes.container.name", as: "k8s_container_name"),
                .init("kubernetes.container_name", as: "k8s_container_name"), .init("container.name", as: "container_name"),
            ])
        mapping.metadataFieldsMax = metadataFieldsMax
        mapping.metadataBytesMax = metadataBytesMax
        return mapping
    }

    /// Reads a body. `index` and `create` add entries; a document that is wrong is refused by itself.
    ///
    /// - Parameter defaultIndex: where actions do not name one.
    /// - Throws: where a line that should say what to do does not, since nothing behind it can be told apart then.
    public static func decode<Sink: LogEntrySink>(
        _ body: UnsafeBufferPointer<UInt8>, defaultIndex: String?, _ mapping: LogDocumentMapping, into sink: inout Sink
    ) throws(LogFormatError) -> [Item] {
        var items: [Item] = []
        var reader = LogDocumentReader(mapping)
        var lines = TextLines(body)
        while let line = lines.next() {
            if line.isEmpty { continue }
            let number = lines.number
            guard items.count < itemsMax else { throw LogFormatError("more than \(itemsMax) actions in one body", at: 0) }
            var item: Item
            do throws(JSONFault) {
                item = try action(line, defaultIndex)
            } catch {
                throw LogFormatError("Malformed action/metadata line [\(number)]: \(error.message)", at: error.offset)
            }
            if item.action == "delete" {
                sink.refuse("log entries cannot be deleted one by one")
                item.refusal = sink.lastRefusal
            } else {
                guard let document = lines.next() else {
                    throw LogFormatError(
                        "The bulk request must be terminated by a newline: there is no document behind line [\(number)]", at: 0)
                }
                add(document, &item, &reader, into: &sink)
            }
            items.append(item)
            if sink.isFull { break }
        }
        return items
    }

    /// Reads a single document.
    public static func decode<Sink: LogEntrySink>(
        document: UnsafeBufferPointer<UInt8>, index: String, _ mapping: LogDocumentMapping, into sink: inout Sink
    ) -> Item {
        var item = Item(action: "index", index: index, id: nil, refusal: nil)
        var reader = LogDocumentReader(mapping)
        add(document, &item, &reader, into: &sink)
        return item
    }

    private static func add<Sink: LogEntrySink>(
        _ document: UnsafeBufferPointer<UInt8>, _ item: inout Item, _ reader: inout LogDocumentReader, into sink: inout Sink
    ) {
        guard item.action == "index" || item.action == "create" else {
            sink.refuse("log entries cannot be changed")
            item.refusal = sink.lastRefusal
            return
        }
        var fixed = LogFields()
        if !item.index.isEmpty { fixed.append("index", String(withoutDate(item.index))) }
        if !reader.read(document, fixed: fixed, into: &sink) { item.refusal = sink.lastRefusal }
    }

    private static func action(_ line: UnsafeBufferPointer<UInt8>, _ defaultIndex: String?) throws(JSONFault) -> Item {
        var cursor = JSONCursor(line)
        var item = Item(action: "", index: defaultIndex ?? "", id: nil, refusal: nil)
        try cursor.beginObject()
        guard let key = try cursor.nextKey() else { throw JSONFault("expected an action", at: cursor.position) }
        item.action = String(decoding: cursor.bytes(key.range), as: UTF8.self)
        guard ["index", "create", "update", "delete"].contains(item.action) else {
            throw JSONFault("expected index, create, update or delete", at: key.range.lowerBound)
        }
        var memory = UnescapedText()
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if cursor.equals(key, "_index"), try cursor.peekKind() == .string {
                item.index = String(decoding: memory.bytes(of: try cursor.readText(), cursor), as: UTF8.self)
            } else if cursor.equals(key, "_id"), try cursor.peekKind() == .string {
                item.id = String(decoding: memory.bytes(of: try cursor.readText(), cursor), as: UTF8.self)
            } else {
                try cursor.skipValue()
            }
        }
        guard try cursor.nextKey() == nil else { throw JSONFault("expected one action", at: cursor.position) }
        try cursor.finish()
        return item
    }

    /// The name of an index without the date at its end, as `filebeat-8.1-2026.11.28` has one: it would make other streams every day.
    static func withoutDate(_ index: String) -> Substring {
        var rest = index[...]
        var digits = 0
        var parts = 0
        while let last = rest.last {
            if last.isASCII, last.isNumber {
                digits += 1
                rest.removeLast()
            } else if last == "." || last == "-" || last == "_" {
                if digits == 4 && parts > 0 { return rest.dropLast() }
                guard digits == 2, parts < 2 else { break }
                parts += 1
                digits = 0
                rest.removeLast()
            } else {
                break
            }
        }
        return index[...]
    }
}
