internal import ConfigFile
internal import OutboundHTTP

/// An entry of `jira_configs`. Texts are templates.
struct JiraSettings: Sendable, Hashable {
    enum Product: String, Sendable, Hashable, CaseIterable { case auto, cloud, datacenter }

    /// A field of an issue.
    struct Field: Sendable, Hashable {
        var template: String
        /// Whether it is written anew when the issue is there already.
        var isUpdated = true
    }

    var url: HTTPAddress
    var product: Product
    var http: HTTPClientSettings
    var project: String
    var summary: Field
    var description: Field
    var labels: [String]
    var priority: String
    var issueType: String
    var reopenTransition: String
    var resolveTransition: String
    var wontFixResolution: String
    /// In milliseconds.
    var reopenDuration: Int64
    var fields: [PayloadTemplate.Entry]
}

extension JiraSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let address = try mapping.address("api_url")
        let product = try mapping.text("api_type", default: "auto")
        http = try context.http(&mapping)
        project = try mapping.text("project")
        summary = try JiraSettings.field("summary", &mapping)
        description = try JiraSettings.field("description", &mapping)
        labels = try mapping.optional("labels", as: [String].self) ?? []
        priority = try mapping.text("priority", default: "{{ template \"jira.default.priority\" . }}")
        issueType = try mapping.text("issue_type")
        reopenTransition = try mapping.text("reopen_transition")
        resolveTransition = try mapping.text("resolve_transition")
        wontFixResolution = try mapping.text("wont_fix_resolution")
        reopenDuration = try mapping.optional("reopen_duration", as: ConfigDuration.self)?.milliseconds ?? 0
        fields =
            try mapping.optional("fields") { (node) throws(ConfigError) in
                guard case .map(let entries) = try PayloadTemplate(node) else { throw node.mismatch(expected: "a mapping") }
                return entries
            } ?? []
        if project.isEmpty { throw mapping.node.error("missing project in jira_config") }
        if issueType.isEmpty { throw mapping.node.error("missing issue_type in jira_config") }
        guard let product = Product(rawValue: product) else {
            throw mapping.error(atKey: "api_type", "unknown api_type on jira_config, must be auto, cloud or datacenter")
        }
        self.product = product
        guard let global = context.global.jiraURL else {
            guard let address else { throw mapping.node.error("no global Jira Cloud URL set") }
            url = address
            return
        }
        url = try context.address(address, orGlobal: global, mapping.node)
    }

    /// A field as a template alone, or with what happens to it later.
    private static func field(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> Field {
        let standard = "{{ template \"jira.default.\(key)\" . }}"
        guard let node = mapping.node(key), node.kind == .mapping else { return Field(template: try mapping.text(key, default: standard)) }
        return try node.mapping { (mapping) throws(ConfigError) in
            Field(
                template: try mapping.text("template", default: standard),
                isUpdated: try mapping.optionalFlag("enable_update") ?? true)
        }
    }
}
