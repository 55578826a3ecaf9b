internal import ConfigFile
internal import OutboundHTTP

/// An entry of `mattermost_configs`. Texts are templates.
struct MattermostSettings: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        var title: String
        var value: String
        var isShort: Bool?
    }

    /// A block of a message.
    struct Attachment: Sendable, Hashable {
        var fallback = ""
        var color = ""
        var pretext = ""
        var text = ""
        var authorName = ""
        var authorLink = ""
        var authorIcon = ""
        var title = ""
        var titleLink = ""
        var fields: [Field] = []
        var thumbURL = ""
        var footer = ""
        var footerIcon = ""
        var imageURL = ""
    }

    struct Priority: Sendable, Hashable {
        var priority: String
        var asksForAcknowledgement: Bool
        var isPersistent: Bool
    }

    var url: HTTPSecret
    var http: HTTPClientSettings
    var channel: String
    var username: String
    var iconURL: String
    var iconEmoji: String
    var type: String
    /// What the message is made of where there are no attachments.
    var main: Attachment
    var attachments: [Attachment]
    var card: String
    var priority: Priority?
}

extension MattermostSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let url = try mapping.address("webhook_url", orFile: "webhook_url_file", context.reading) ?? context.global.mattermostURL
        http = try context.http(&mapping)
        channel = try mapping.text("channel")
        username = try mapping.text("username", default: "{{ template \"mattermost.default.username\" . }}")
        iconURL = try mapping.text("icon_url")
        iconEmoji = try mapping.text("icon_emoji")
        type = try mapping.text("type")
        main = try MattermostSettings.attachment(&mapping, hasDefaults: true)
        attachments =
            try mapping.optional("attachments") { (node) throws(ConfigError) in
                try node.list { (node) throws(ConfigError) in
                    try node.mapping { (mapping) throws(ConfigError) in try MattermostSettings.attachment(&mapping, hasDefaults: false) }
                }
            } ?? []
        card =
            try mapping.optional("props") { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in try mapping.text("card") }
            } ?? ""
        priority = try mapping.optional("priority") { (node) throws(ConfigError) in
            try node.mapping { (mapping) throws(ConfigError) in
                Priority(
                    priority: try mapping.text("priority"), asksForAcknowledgement: try mapping.flag("requested_ack"),
                    isPersistent: try mapping.flag("persistent_notifications"))
            }
        }
        guard let url else { throw mapping.node.error("missing webhook_url or webhook_url_file on mattermost_config") }
        self.url = url
    }

    private static func attachment(_ mapping: inout ConfigMapping, hasDefaults: Bool) throws(ConfigError) -> Attachment {
        func template(_ key: String, _ name: String) throws(ConfigError) -> String {
            try mapping.text(key, default: hasDefaults ? "{{ template \"mattermost.default.\(name)\" . }}" : "")
        }
        return Attachment(
            fallback: try template("fallback", "fallback"), color: try template("color", "color"), pretext: try mapping.text("pretext"),
            text: try template("text", "text"), authorName: try mapping.text("author_name"), authorLink: try mapping.text("author_link"),
            authorIcon: try mapping.text("author_icon"), title: try template("title", "title"),
            titleLink: try template("title_link", "titlelink"),
            fields: try mapping.optional("fields") { (node) throws(ConfigError) in try node.list(field(_:)) } ?? [],
            thumbURL: try mapping.text("thumb_url"), footer: try mapping.text("footer"), footerIcon: try mapping.text("footer_icon"),
            imageURL: try mapping.text("image_url"))
    }

    private static func field(_ node: ConfigNode) throws(ConfigError) -> Field {
        try node.mapping { (mapping) throws(ConfigError) in
            let field = Field(
                title: try mapping.text("title"), value: try mapping.text("value"), isShort: try mapping.optionalFlag("short"))
            if field.title.isEmpty { throw mapping.node.error("missing title in Mattermost field configuration") }
            if field.value.isEmpty { throw mapping.node.error("missing value in Mattermost field configuration") }
            return field
        }
    }
}
