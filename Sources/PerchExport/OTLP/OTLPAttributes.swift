internal import Logging
internal import PerchWire
internal import Tracing

/// Writes `KeyValue` and `AnyValue` messages (opentelemetry-proto, common.proto).
extension ProtobufBytes {
    /// Writes one attribute whose `AnyValue` the closure writes.
    mutating func write(_ field: Int, attribute name: String, _ value: (inout ProtobufBytes) -> Void) {
        write(field) { attribute in
            attribute.write(1, string: name)
            attribute.write(2, message: value)
        }
    }

    mutating func write(_ field: Int, attribute name: String, _ value: String) {
        write(field, attribute: name) { $0.write(1, string: value) }
    }

    mutating func write(_ field: Int, attributes: SpanAttributes, bytesMax: Int?) {
        attributes.forEach { name, value in write(field, attribute: name) { $0.write(value, bytesMax: bytesMax) } }
    }

    /// Writes the content of an `AnyValue`.
    mutating func write(_ value: SpanAttribute, bytesMax: Int?) {
        switch value {
        case .string(let text): write(1, string: cut(text, bytesMax))
        case .bool(let flag): write(2, bool: flag)
        case .int32(let number): write(3, int64: Int64(number))
        case .int64(let number): write(3, int64: number)
        case .double(let number): write(4, double: number)
        case .stringConvertible(let value): write(1, string: cut(value.description, bytesMax))
        case .stringArray(let values): write(array: values) { $0.write(1, string: cut($1, bytesMax)) }
        case .stringConvertibleArray(let values): write(array: values) { $0.write(1, string: cut($1.description, bytesMax)) }
        case .boolArray(let values): write(array: values) { $0.write(2, bool: $1) }
        case .int32Array(let values): write(array: values) { $0.write(3, int64: Int64($1)) }
        case .int64Array(let values): write(array: values) { $0.write(3, int64: $1) }
        case .doubleArray(let values): write(array: values) { $0.write(4, double: $1) }
        default: break
        }
    }

    /// Writes the content of an `AnyValue`.
    mutating func write(_ value: Logger.Metadata.Value, bytesMax: Int?) {
        switch value {
        case .string(let text): write(1, string: cut(text, bytesMax))
        case .stringConvertible(let flag as Bool): write(2, bool: flag)
        case .stringConvertible(let number as any BinaryInteger):
            if let number = Int64(exactly: number) { write(3, int64: number) } else { write(1, string: number.description) }
        case .stringConvertible(let number as Double): write(4, double: number)
        case .stringConvertible(let other): write(1, string: cut(other.description, bytesMax))
        case .array(let elements): write(array: elements) { $0.write($1, bytesMax: bytesMax) }
        case .dictionary(let members):
            write(6) { list in
                for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                    list.write(1, attribute: key) { $0.write(value, bytesMax: bytesMax) }
                }
            }
        }
    }

    private mutating func write<Element>(array elements: [Element], _ body: (inout ProtobufBytes, Element) -> Void) {
        write(5) { list in
            for element in elements { list.write(1) { body(&$0, element) } }
        }
    }

    /// Writes a `Resource`.
    mutating func write(_ field: Int, resource: TelemetryResource) {
        write(field) { message in
            for (name, value) in resource.attributes.sorted(by: { $0.key < $1.key }) {
                message.write(1, attribute: name) { any in
                    switch value {
                    case .string(let text): any.write(1, string: text)
                    case .int(let number): any.write(3, int64: number)
                    case .strings(let texts): any.write(array: texts) { $0.write(1, string: $1) }
                    }
                }
            }
        }
    }

    /// Writes an `InstrumentationScope`.
    mutating func write(_ field: Int, scope name: String) { write(field) { $0.write(1, string: name) } }
}

/// The beginning of a text that is no longer than so many bytes, whole characters only.
func cut(_ text: String, _ bytesMax: Int?) -> String {
    guard let bytesMax, text.utf8.count > max(bytesMax, 0) else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: max(bytesMax, 0))
    while end > text.startIndex && String.Index(end, within: text) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end])
}
