internal import ByteCoding
internal import TelemetryModel

/// Writes spans as JSON in one of the styles; what is default is left out, members come in the order of the messages' declarations.
struct OTLPJSONWriter {
    let style: OTLPJSONStyle
    var writer: JSONTextWriter

    mutating func write(_ batch: SpanBatch) {
        object { json in
            json.list(json.style.rootName, SpanGroup.groups(of: batch)) { json, group in json.write(group, of: batch) }
        }
    }

    private mutating func write(_ group: SpanGroup, of batch: SpanBatch) {
        let resource = batch.resources[group.resource]
        object { json in
            json.writer.name("resource")
            json.object { json in
                json.attributes(resource.attributes)
                json.count("droppedAttributesCount", resource.droppedAttributesCount)
                if !resource.entities.isEmpty { json.list("entityRefs", resource.entities) { json, entity in json.write(entity) } }
            }
            json.list("scopeSpans", group.scopes) { json, scope in
                json.object { json in
                    json.writer.name("scope")
                    json.write(batch.scopes[scope.scope])
                    json.list("spans", scope.spans) { json, span in json.write(batch.spans[span]) }
                    json.text("schemaUrl", batch.scopes[scope.scope].schemaURL)
                }
            }
            json.text("schemaUrl", resource.schemaURL)
        }
    }

    private mutating func write(_ entity: EntityReference) {
        object { json in
            json.text("schemaUrl", entity.schemaURL)
            json.text("type", entity.type)
            for (name, keys) in [("idKeys", entity.idKeys), ("descriptionKeys", entity.descriptionKeys)] where !keys.isEmpty {
                json.list(name, keys) { json, key in json.writer.value(key) }
            }
        }
    }

    private mutating func write(_ scope: ScopeRecord) {
        object { json in
            json.text("name", scope.name)
            json.text("version", scope.version)
            json.attributes(scope.attributes)
            json.count("droppedAttributesCount", scope.droppedAttributesCount)
        }
    }

    private mutating func write(_ span: SpanRecord) {
        object { json in
            json.identifier("traceId", span.traceID)
            json.identifier("spanId", span.spanID)
            json.text("traceState", span.traceState)
            json.identifier("parentSpanId", span.parentSpanID)
            json.count("flags", span.flags)
            json.text("name", span.name)
            json.enumeration("kind", span.kind.rawValue, span.kind.otlpName)
            json.time("startTimeUnixNano", span.start)
            json.time("endTimeUnixNano", span.end)
            json.attributes(span.attributes)
            json.count("droppedAttributesCount", span.droppedAttributesCount)
            if !span.events.isEmpty { json.list("events", span.events) { json, event in json.write(event) } }
            json.count("droppedEventsCount", span.droppedEventsCount)
            if !span.links.isEmpty { json.list("links", span.links) { json, link in json.write(link) } }
            json.count("droppedLinksCount", span.droppedLinksCount)
            json.writer.name("status")
            json.object { json in
                json.text("message", span.statusMessage)
                json.enumeration("code", span.statusCode.rawValue, span.statusCode.otlpName)
            }
        }
    }

    private mutating func write(_ event: SpanEvent) {
        object { json in
            json.time("timeUnixNano", event.time)
            json.text("name", event.name)
            json.attributes(event.attributes)
            json.count("droppedAttributesCount", event.droppedAttributesCount)
        }
    }

    private mutating func write(_ link: SpanLink) {
        object { json in
            json.identifier("traceId", link.traceID)
            json.identifier("spanId", link.spanID)
            json.text("traceState", link.traceState)
            json.attributes(link.attributes)
            json.count("droppedAttributesCount", link.droppedAttributesCount)
            json.count("flags", link.flags)
        }
    }

    // MARK: - Attributes

    private mutating func attributes(_ attributes: [Attribute]) {
        if attributes.isEmpty { return }
        writer.name("attributes")
        writeList(attributes)
    }

    mutating func writeList(_ attributes: [Attribute]) {
        writer.beginArray()
        for attribute in attributes {
            object { json in
                json.text("key", attribute.key)
                json.writer.name("value")
                json.write(attribute.value)
            }
        }
        writer.endArray()
    }

    mutating func write(_ value: AttributeValue) {
        object { json in
            switch value {
            case .empty: break
            case .string(let text):
                json.writer.name("stringValue")
                json.writer.value(text)
            case .bool(let truth):
                json.writer.name("boolValue")
                json.writer.value(truth)
            case .int(let number):
                json.writer.name("intValue")
                json.writer.quoted(number)
            case .double(let number):
                json.writer.name("doubleValue")
                json.writer.value(number)
            case .array(let values):
                json.writer.name("arrayValue")
                json.object { json in json.list("values", values) { json, value in json.write(value) } }
            case .map(let attributes):
                json.writer.name("kvlistValue")
                json.object { json in
                    json.writer.name("values")
                    json.writeList(attributes)
                }
            case .bytes(let bytes):
                json.writer.name("bytesValue")
                json.writer.base64(bytes)
            }
        }
    }

    // MARK: - Members

    private mutating func object(_ body: (inout OTLPJSONWriter) -> Void) {
        writer.beginObject()
        body(&self)
        writer.endObject()
    }

    private mutating func list<Element>(_ name: String, _ elements: [Element], _ body: (inout OTLPJSONWriter, Element) -> Void) {
        writer.name(name)
        writer.beginArray()
        for element in elements { body(&self, element) }
        writer.endArray()
    }

    private mutating func text(_ name: String, _ text: String) {
        if text.isEmpty { return }
        writer.name(name)
        writer.value(text)
    }

    private mutating func count(_ name: String, _ count: UInt32) {
        if count == 0 { return }
        writer.name(name)
        writer.value(count)
    }

    private mutating func time(_ name: String, _ time: UnixNanoseconds) {
        if time == 0 { return }
        writer.name(name)
        writer.quoted(time)
    }

    private mutating func enumeration(_ name: String, _ number: Int32, _ word: String?) {
        if number == 0 { return }
        writer.name(name)
        if style.enumerations == .names, let word { writer.value(word) } else { writer.value(number) }
    }

    private mutating func identifier(_ name: String, _ id: TraceID) {
        if !id.isValid { return }
        writer.name(name)
        if style.identifiers == .base64 { writer.base64(id.bytes) } else { writer.value(id.hexadecimal) }
    }

    private mutating func identifier(_ name: String, _ id: SpanID) {
        if !id.isValid { return }
        writer.name(name)
        if style.identifiers == .base64 { writer.base64(id.bytes) } else { writer.value(id.hexadecimal) }
    }
}
