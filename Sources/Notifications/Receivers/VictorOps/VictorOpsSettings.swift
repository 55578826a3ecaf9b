internal import ConfigFile
internal import OutboundHTTP

/// An entry of `victorops_configs`. Texts are templates.
struct VictorOpsSettings: Sendable, Hashable {
    var key: HTTPSecret
    var url: HTTPAddress
    var http: HTTPClientSettings
    var routingKey: String
    var messageType: String
    var stateMessage: String
    var entityDisplayName: String
    var monitoringTool: String
    var customFields: [NamedTemplate]
}

extension VictorOpsSettings {
    private static let reservedFields: Set<String> = [
        "routing_key", "message_type", "state_message", "entity_display_name", "monitoring_tool", "entity_id", "entity_state",
    ]

    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let key = try mapping.secret("api_key", orFile: "api_key_file", context.reading) ?? context.global.victorOpsKey
        url = try context.address(try mapping.address("api_url"), orGlobal: context.global.victorOpsURL, mapping.node)
        http = try context.http(&mapping)
        routingKey = try mapping.text("routing_key")
        messageType = try mapping.text("message_type", default: "CRITICAL")
        stateMessage = try mapping.text("state_message", default: "{{ template \"victorops.default.state_message\" . }}")
        entityDisplayName = try mapping.text(
            "entity_display_name", default: "{{ template \"victorops.default.entity_display_name\" . }}")
        monitoringTool = try mapping.text("monitoring_tool", default: "{{ template \"victorops.default.monitoring_tool\" . }}")
        customFields = try mapping.texts("custom_fields")
        if routingKey.isEmpty { throw mapping.node.error("missing Routing key in VictorOps config") }
        if let reserved = customFields.first(where: { Self.reservedFields.contains($0.name) }) {
            throw mapping.error(
                atKey: "custom_fields",
                "victorOps config contains custom field \(reserved.name) which cannot be used as it conflicts with the fixed/static fields")
        }
        guard let key else { throw mapping.node.error("no global VictorOps API Key set") }
        self.key = key
    }
}
