internal import ByteCoding
internal import GoTemplate

/// JSON as values of templates.
enum JSONValues {
    /// The value of a text; nil where it is no JSON.
    static func value(_ text: [UInt8]) -> TemplateValue? {
        var reader = JSONReader(text)
        do {
            let value = try read(&reader)
            try reader.finish()
            return value
        } catch {
            return nil
        }
    }

    private static func read(_ reader: inout JSONReader) throws(JSONError) -> TemplateValue {
        switch try reader.peekKind() {
        case .object:
            var members: [(key: [UInt8], value: TemplateValue)] = []
            try reader.beginObject()
            while let key = try reader.nextKey() { members.append((Array(key.utf8), try read(&reader))) }
            return .map(TemplateMap(members))
        case .array:
            var elements: [TemplateValue] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try read(&reader)) }
            return .list(elements)
        case .string: return .text(try reader.readString())
        case .number: return .float(try reader.readDouble())
        case .bool: return .bool(try reader.readBool())
        case .null:
            try reader.skipValue()
            return .none
        }
    }
}
