internal import TelemetryModel

extension JSONWriter {
    /// Attributes as `[{"key":…,"value":{"stringValue":…}}]` (protobuf's JSON of `KeyValue`).
    mutating func keyValues(_ attributes: [Attribute]) {
        beginArray()
        for attribute in attributes { keyValue(attribute.key, attribute.value) }
        endArray()
    }

    mutating func keyValue(_ key: String, _ value: AttributeValue) {
        beginObject()
        member("key", key)
        name("value")
        anyValue(value)
        endObject()
    }

    /// A value with its type (protobuf's JSON of `AnyValue`).
    mutating func anyValue(_ value: AttributeValue) {
        beginObject()
        switch value {
        case .empty: break
        case .string(let text): member("stringValue", text)
        case .bool(let truth): member("boolValue", truth)
        case .int(let number):
            name("intValue")
            quotedInteger(number)
        case .double(let number):
            name("doubleValue")
            protobufDouble(number)
        case .bytes(let bytes): member("bytesValue", RenderedValue.base64(bytes))
        case .array(let values):
            name("arrayValue")
            beginObject()
            name("values")
            beginArray()
            for value in values { anyValue(value) }
            endArray()
            endObject()
        case .map(let attributes):
            name("kvlistValue")
            beginObject()
            name("values")
            keyValues(attributes)
            endObject()
        }
        endObject()
    }

    /// A number as the JSON of protobuf has it: NaN and the infinities as words.
    mutating func protobufDouble(_ number: Double) {
        if number.isFinite {
            value(number)
        } else {
            value(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        }
    }
}
