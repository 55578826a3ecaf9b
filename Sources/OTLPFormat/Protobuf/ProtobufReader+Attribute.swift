internal import ByteCoding
internal import TelemetryModel

extension ProtobufReader {
    /// Reads a `KeyValue`.
    mutating func readAttribute(_ field: ProtobufField, depth: Int = 0) throws(ByteCodingError) -> Attribute {
        var attribute = Attribute("", .empty)
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            switch field.number {
            case 1: attribute.key = try readText(field)
            case 2: attribute.value = try readValue(field, depth: depth)
            default: try skip(field)
            }
        }
        leaveMessage(outerEnd)
        return attribute
    }

    /// Reads an `AnyValue`; of several kinds in one the last counts.
    private mutating func readValue(_ field: ProtobufField, depth: Int) throws(ByteCodingError) -> AttributeValue {
        guard depth < OTLPLimits.valueDepthMax else { throw ByteCodingError(.nestedTooDeep, at: position) }
        var value = AttributeValue.empty
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            switch field.number {
            case 1: value = .string(try readText(field))
            case 2: value = .bool(try readBool(field))
            case 3: value = .int(try readInt64(field))
            case 4: value = .double(try readDouble(field))
            case 5:
                value = .array(
                    try readElements(field) { (reader, field) throws(ByteCodingError) in
                        try reader.readValue(field, depth: depth + 1)
                    })
            case 6:
                value = .map(
                    try readElements(field) { (reader, field) throws(ByteCodingError) in
                        try reader.readAttribute(field, depth: depth + 1)
                    })
            case 7: value = .bytes(Array(bytes[try readBytes(field)]))
            default: try skip(field)
            }
        }
        leaveMessage(outerEnd)
        return value
    }

    /// Reads an `ArrayValue` or a `KeyValueList`, which have their elements in field 1.
    private mutating func readElements<Element>(
        _ field: ProtobufField, _ read: (inout ProtobufReader, ProtobufField) throws(ByteCodingError) -> Element
    ) throws(ByteCodingError) -> [Element] {
        var elements: [Element] = []
        let outerEnd = try enterMessage(field)
        while let field = try nextField() {
            if field.number == 1 { elements.append(try read(&self, field)) } else { try skip(field) }
        }
        leaveMessage(outerEnd)
        return elements
    }

    /// Reads a `string`; bytes that are no UTF-8 become U+FFFD.
    mutating func readText(_ field: ProtobufField) throws(ByteCodingError) -> String {
        let range = try readBytes(field)
        return String(decoding: bytes[range], as: UTF8.self)
    }

    mutating func readUInt32(_ field: ProtobufField) throws(ByteCodingError) -> UInt32 {
        UInt32(truncatingIfNeeded: try readUInt64(field))
    }
}
