internal import ConfigFile
internal import GoTemplate

/// Texts that are YAML (or JSON, which is YAML as well) of a number, a list or a map.
enum StructuredText {
    /// The value; the text itself where it is no YAML, or nothing but a text.
    static func value(_ text: String) -> TemplateValue {
        guard let document = try? ConfigDocument(parsing: text, file: "") else { return .text(text) }
        switch document.root.kind {
        // Go's package makes nothing of an empty text; what people mean is the empty text.
        case .nothing: return text.isEmpty ? .text("") : .none
        case .scalar, .list, .mapping:
            guard let payload = try? PayloadTemplate(document.root) else { return .text(text) }
            if case .text = payload { return .text(text) }
            return literal(payload)
        }
    }

    /// The values as they are: texts are no templates any more.
    private static func literal(_ payload: PayloadTemplate) -> TemplateValue {
        switch payload {
        case .null: .none
        case .bool(let value): .bool(value)
        case .int(let value): .int(Int64(value))
        case .float(let value): .float(value)
        case .text(let text): .text(text)
        case .list(let elements): .list(elements.map { literal($0) })
        case .map(let entries): .map(TemplateMap(entries.map { (key: Array($0.name.utf8), value: literal($0.value)) }))
        }
    }
}
