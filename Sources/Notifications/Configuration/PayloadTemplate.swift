internal import ConfigFile

/// A value of the configuration with templates in its texts: `payload` of a webhook, `details` of PagerDuty, `fields` of Jira.
indirect enum PayloadTemplate: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    /// A template.
    case text(String)
    case list([PayloadTemplate])
    /// In the order of the file; names are templates too.
    case map([Entry])

    struct Entry: Sendable, Hashable {
        var name: String
        var value: PayloadTemplate
    }

    init(_ node: ConfigNode) throws(ConfigError) {
        switch node.kind {
        case .nothing: self = .null
        case .scalar: self = try PayloadTemplate.scalar(node)
        case .list: self = .list(try node.list { (element) throws(ConfigError) in try PayloadTemplate(element) })
        case .mapping:
            let entries = try node.entries { (_, value) throws(ConfigError) in try PayloadTemplate(value) }
            self = .map(entries.map { Entry(name: $0.key, value: $0.value) })
        }
    }

    /// A value as YAML tells its type by its look.
    private static func scalar(_ node: ConfigNode) throws(ConfigError) -> PayloadTemplate {
        if let value = try? node.bool() { return .bool(value) }
        if let value = try? node.int(), (try? node.string().contains { ".eE".contains($0) }) != true { return .int(value) }
        if let value = try? node.double(), value.isFinite { return .float(value) }
        return .text(try node.string())
    }

    /// All templates in it.
    var templates: [String] {
        switch self {
        case .null, .bool, .int, .float: []
        case .text(let text): [text]
        case .list(let elements): elements.flatMap(\.templates)
        case .map(let entries): entries.flatMap { [$0.name] + $0.value.templates }
        }
    }
}
