internal import ByteCoding
internal import GoTemplate
internal import TelemetryModel

/// An object that JSON has members for.
protocol JSONValue: Sendable {
    var json: [(name: String, value: TemplateValue)] { get }
}

/// Values of templates as JSON, as Go's `encoding/json` writes them.
enum JSONText {
    static func bytes(_ value: TemplateValue) -> [UInt8] {
        var writer = JSONTextWriter()
        write(value, into: &writer)
        return writer.bytes
    }

    static func write(_ value: TemplateValue, into writer: inout JSONTextWriter) {
        switch value {
        case .none, .function: writer.null()
        case .bool(let value): writer.value(value)
        case .int(let value): writer.value(value)
        case .float(let value): if value.isFinite { writer.value(value) } else { writer.null() }
        case .string(let bytes): writer.value(String(decoding: bytes, as: UTF8.self))
        case .time(let time): writer.value(time.format("2006-01-02T15:04:05.999999999Z07:00"))
        case .list(let elements):
            writer.beginArray()
            for element in elements { write(element, into: &writer) }
            writer.endArray()
        case .map(let map):
            writer.beginObject()
            for (index, key) in map.keys.enumerated() {
                writer.name(String(decoding: key, as: UTF8.self))
                write(map.values[index], into: &writer)
            }
            writer.endObject()
        case .object(let object): write(object, into: &writer)
        }
    }

    private static func write(_ object: any TemplateObject, into writer: inout JSONTextWriter) {
        if let members = (object as? any JSONValue)?.json {
            writer.beginObject()
            for (name, value) in members {
                writer.name(name)
                write(value, into: &writer)
            }
            writer.endObject()
        } else if let plain = object.plain {
            write(plain, into: &writer)
        } else {
            writer.value(String(decoding: object.printed, as: UTF8.self))
        }
    }
}
