internal import ConfigFile
internal import OutboundHTTP

/// An entry of `discord_configs`. Texts are templates, but for the name and the picture of the sender.
struct DiscordSettings: Sendable, Hashable {
    var url: HTTPSecret
    var http: HTTPClientSettings
    var content: String
    var title: String
    var message: String
    var username: String
    var avatarURL: String
}

extension DiscordSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        guard let url = try mapping.address("webhook_url", orFile: "webhook_url_file", context.reading) else {
            throw mapping.node.error("one of webhook_url or webhook_url_file must be configured")
        }
        self.url = url
        http = try context.http(&mapping)
        content = try mapping.text("content")
        title = try mapping.text("title", default: "{{ template \"discord.default.title\" . }}")
        message = try mapping.text("message", default: "{{ template \"discord.default.message\" . }}")
        username = try mapping.text("username")
        avatarURL = try mapping.text("avatar_url")
    }
}
