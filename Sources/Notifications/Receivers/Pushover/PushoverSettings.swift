internal import ConfigFile
internal import OutboundHTTP

/// An entry of `pushover_configs`. Texts are templates.
struct PushoverSettings: Sendable, Hashable {
    var userKey: HTTPSecret
    var token: HTTPSecret
    var http: HTTPClientSettings
    var title: String
    var message: String
    var url: String
    var urlTitle: String
    var device: String
    var sound: String
    var priority: String
    /// In milliseconds, as the other spans.
    var retry: Int64
    var expire: Int64
    var timeToLive: Int64
    var isHTML: Bool
    var isMonospace: Bool
}

extension PushoverSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let userKey = try mapping.secret("user_key", orFile: "user_key_file", context.reading)
        let token = try mapping.secret("token", orFile: "token_file", context.reading)
        http = try context.http(&mapping)
        title = try mapping.text("title", default: "{{ template \"pushover.default.title\" . }}")
        message = try mapping.text("message", default: "{{ template \"pushover.default.message\" . }}")
        url = try mapping.text("url", default: "{{ template \"pushover.default.url\" . }}")
        urlTitle = try mapping.text("url_title")
        device = try mapping.text("device")
        sound = try mapping.text("sound")
        priority = try mapping.text("priority", default: "{{ if eq .Status \"firing\" }}2{{ else }}0{{ end }}")
        retry = try mapping.goDuration("retry", default: 60_000)
        expire = try mapping.goDuration("expire", default: 3_600_000)
        timeToLive = try mapping.goDuration("ttl")
        isHTML = try mapping.flag("html")
        isMonospace = try mapping.flag("monospace")
        guard let userKey else { throw mapping.node.error("one of user_key or user_key_file must be configured") }
        guard let token else { throw mapping.node.error("one of token or token_file must be configured") }
        if isHTML, isMonospace { throw mapping.error(atKey: "monospace", "at most one of monospace & html must be configured") }
        (self.userKey, self.token) = (userKey, token)
    }
}
