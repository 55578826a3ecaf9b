internal import ByteCoding
internal import GoTemplate

/// JSON as values of templates.
enum JSONValues {
    /// The value of a text; nil where it is no JSON, or has more than 64 objects and arrays within each other.
    static func value(_ text: [UInt8]) -> TemplateValue? {
        var reader = JSONReader(text)
        do {
            try reader.skipValue()
            try reader.finish()
            let scan = JSONScan(bytes: text)
            return try value(try scan.value(0, text.count), scan)
        } catch {
            return nil
        }
    }

    private static func value(_ value: JSONScan.Value, _ scan: JSONScan) throws(JSONFault) -> TemplateValue {
        let bytes = scan.bytes[value.range]
        switch value.kind {
        case .null: return .none
        case .boolean: return .bool(bytes.first == UInt8(ascii: "t"))
        case .number: return .float(Double(String(decoding: bytes, as: UTF8.self)) ?? 0)
        case .string: return .string(try string(bytes))
        case .array:
            var elements: [TemplateValue] = []
            var walk = JSONElements(scan, value.range)
            while let element = walk.next() { elements.append(try self.value(element, scan)) }
            return .list(elements)
        case .object:
            var members: [(key: [UInt8], value: TemplateValue)] = []
            var walk = try JSONMembers(scan, value.range)
            while let member = try walk.next() {
                members.append((try string(scan.bytes[walk.key]), try self.value(member, scan)))
            }
            return .map(TemplateMap(members))
        }
    }

    private static func string(_ text: ArraySlice<UInt8>) throws(JSONFault) -> [UInt8] {
        var result: [UInt8] = []
        guard JSONEscapes.append(text, to: &result) else { throw .malformedEscape }
        return result
    }
}
