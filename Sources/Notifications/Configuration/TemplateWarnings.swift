internal import ConfigFile

/// Looks for texts of receivers that look like templates and are none: Alertmanager finds them only when it sends.
enum TemplateWarnings {
    static func find(in node: ConfigNode?) -> [ConfigError] {
        guard let node else { return [] }
        switch node.kind {
        case .nothing: return []
        case .scalar:
            guard let text = try? node.string(), let fault = TemplateCheck.fault(text) else { return [] }
            return [node.error("this is no template, and sending will fail: \(fault)")]
        case .list: return (try? node.list { (element) throws(ConfigError) in find(in: element) })?.flatMap { $0 } ?? []
        case .mapping:
            let entries = try? node.entries { (key, value) throws(ConfigError) -> [ConfigError] in
                SecretKeys.isSecret(path: value.path) ? [] : find(in: value)
            }
            return entries?.flatMap(\.value) ?? []
        }
    }
}
