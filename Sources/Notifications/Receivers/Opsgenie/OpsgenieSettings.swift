internal import ConfigFile
internal import OutboundHTTP

/// An entry of `opsgenie_configs`. Texts are templates.
struct OpsgenieSettings: Sendable, Hashable {
    struct Responder: Sendable, Hashable {
        var id: String
        var name: String
        var username: String
        var type: String
    }

    var key: HTTPSecret
    var url: HTTPAddress
    var http: HTTPClientSettings
    var message: String
    var description: String
    var source: String
    var details: [NamedTemplate]
    var entity: String
    var responders: [Responder]
    var actions: String
    var tags: String
    var note: String
    var priority: String
    var updatesAlerts: Bool
}

extension OpsgenieSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let key = try mapping.secret("api_key", orFile: "api_key_file", context.reading) ?? context.global.opsGenieKey
        url = try context.address(try mapping.address("api_url"), orGlobal: context.global.opsGenieURL, mapping.node)
        http = try context.http(&mapping)
        message = try mapping.text("message", default: "{{ template \"opsgenie.default.message\" . }}")
        description = try mapping.text("description", default: "{{ template \"opsgenie.default.description\" . }}")
        source = try mapping.text("source", default: "{{ template \"opsgenie.default.source\" . }}")
        details = try mapping.texts("details")
        entity = try mapping.text("entity")
        responders =
            try mapping.optional("responders") { (node) throws(ConfigError) in try node.list(OpsgenieSettings.responder(_:)) } ?? []
        actions = try mapping.text("actions")
        tags = try mapping.text("tags")
        note = try mapping.text("note")
        priority = try mapping.text("priority")
        updatesAlerts = try mapping.flag("update_alerts")
        guard let key else { throw mapping.node.error("no global OpsGenie API Key set either inline or in a file") }
        self.key = key
    }

    private static func responder(_ node: ConfigNode) throws(ConfigError) -> Responder {
        try node.mapping { (mapping) throws(ConfigError) in
            let responder = Responder(
                id: try mapping.text("id"), name: try mapping.text("name"), username: try mapping.text("username"),
                type: try mapping.text("type"))
            if responder.id.isEmpty, responder.name.isEmpty, responder.username.isEmpty {
                throw mapping.node.error("opsGenieConfig responder has to have at least one of id, username or name specified")
            }
            if responder.type.contains("{{") {
                if let fault = TemplateCheck.fault(responder.type) {
                    throw mapping.error(atKey: "type", "opsGenieConfig responder type contains invalid template syntax: \(fault)")
                }
            } else if !["team", "teams", "user", "escalation", "schedule"].contains(responder.type.lowercased()) {
                throw mapping.node.error("opsGenieConfig responder type must be one of team, teams, user, escalation, schedule")
            }
            return responder
        }
    }
}
