internal import ConfigFile
internal import OutboundHTTP

/// An entry of `webex_configs`. Texts are templates.
struct WebexSettings: Sendable, Hashable {
    var url: HTTPAddress
    var http: HTTPClientSettings
    var message: String
    var roomID: String
}

extension WebexSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        url = try context.address(try mapping.address("api_url"), orGlobal: context.global.webexURL, mapping.node)
        http = try context.http(&mapping)
        message = try mapping.text("message", default: "{{ template \"webex.default.message\" . }}")
        roomID = try mapping.text("room_id")
        if roomID.isEmpty { throw mapping.node.error("missing room_id on webex_config") }
        guard mapping.node("http_config") != nil, case .credentials = http.authorization else {
            throw mapping.node.error("missing webex_configs.http_config.authorization")
        }
    }
}
