internal import ConfigFile
internal import OutboundHTTP

/// An entry of `slack_configs`. Texts are templates.
struct SlackSettings: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        var title: String
        var value: String
        var isShort: Bool?
    }

    struct Confirmation: Sendable, Hashable {
        var text: String
        var title: String
        var okText: String
        var dismissText: String
    }

    struct Action: Sendable, Hashable {
        var type: String
        var text: String
        var url: String
        var style: String
        var name: String
        var value: String
        var confirmation: Confirmation?
    }

    var url: HTTPSecret
    /// Sent as a bearer token; nil where the address itself is the secret.
    var appToken: HTTPSecret?
    var http: HTTPClientSettings
    var channel: String
    var username: String
    var color: String
    var title: String
    var titleLink: String
    var pretext: String
    var text: String
    var messageText: String
    var fields: [Field]
    var hasShortFields: Bool
    var footer: String
    var fallback: String
    var callbackID: String
    var iconEmoji: String
    var iconURL: String
    var imageURL: String
    var thumbURL: String
    var linksNames: Bool
    var markdownIn: [String]
    var actions: [Action]
    var timeout: Int64
    /// Whether a message that was sent about the group before is changed in place of another one.
    var updatesMessage: Bool
}

extension SlackSettings {
    static let updatableURL = "https://slack.com/api/chat.postMessage"

    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        func template(_ key: String, _ name: String) throws(ConfigError) -> String {
            try mapping.text(key, default: "{{ template \"slack.default.\(name)\" . }}")
        }
        let destination = try SlackSettings.destination(&mapping, context)
        (url, appToken, http) = (destination.url, destination.token, destination.http)
        channel = try mapping.text("channel")
        username = try template("username", "username")
        color = try template("color", "color")
        title = try template("title", "title")
        titleLink = try template("title_link", "titlelink")
        pretext = try template("pretext", "pretext")
        text = try template("text", "text")
        messageText = try mapping.text("message_text")
        fields = try mapping.optional("fields") { (node) throws(ConfigError) in try node.list(SlackSettings.field(_:)) } ?? []
        hasShortFields = try mapping.flag("short_fields")
        footer = try template("footer", "footer")
        fallback = try template("fallback", "fallback")
        callbackID = try template("callback_id", "callbackid")
        iconEmoji = try template("icon_emoji", "iconemoji")
        iconURL = try template("icon_url", "iconurl")
        imageURL = try mapping.text("image_url")
        thumbURL = try mapping.text("thumb_url")
        linksNames = try mapping.flag("link_names")
        markdownIn = try mapping.optional("mrkdwn_in", as: [String].self) ?? []
        actions = try mapping.optional("actions") { (node) throws(ConfigError) in try node.list(SlackSettings.action(_:)) } ?? []
        timeout = try mapping.goDuration("timeout")
        updatesMessage = try mapping.flag("update_message")
        if updatesMessage, url != .literal(SlackSettings.updatableURL) {
            throw mapping.error(
                atKey: "update_message",
                "update_message can only be used with bot tokens. api_url must be set to \(SlackSettings.updatableURL)")
        }
    }

    /// Where messages go, and by what right: an address that is a secret, or the API for apps with a token.
    private static func destination(
        _ mapping: inout ConfigMapping, _ context: ReceiverContext
    ) throws(ConfigError) -> (url: HTTPSecret, token: HTTPSecret?, http: HTTPClientSettings) {
        let global = context.global
        let ownURL = try mapping.address("api_url", orFile: "api_url_file", context.reading)
        var token = try mapping.secret("app_token", orFile: "app_token_file", context.reading)
        let appURL = try mapping.address("app_url")?.text ?? global.slackAppURL
        let ownHTTP = try mapping.optional("http_config") { (node) throws(ConfigError) in
            try context.reading.http.settings(in: node)
        }
        if ownURL != nil, token != nil {
            throw mapping.node.error("at most one of api_url/api_url_file & app_token/app_token_file must be configured")
        }
        let hasAuthorization = if case .credentials = ownHTTP?.authorization { true } else { false }
        let isOwnAddress = if case .literal = ownURL { true } else { false }
        if token == nil, !hasAuthorization, !isOwnAddress { token = global.slackAppToken }
        let http = ownHTTP ?? global.http
        guard let token else {
            guard let url = ownURL ?? global.slackURL else {
                throw mapping.node.error("no Slack API URL nor App token set either inline or in a file")
            }
            return (url, nil, http)
        }
        if http.authorization != .none { throw mapping.node.error("http authorization can't be set when using Slack App tokens") }
        return (.literal(appURL), token, http)
    }

    private static func field(_ node: ConfigNode) throws(ConfigError) -> Field {
        try node.mapping { (mapping) throws(ConfigError) in
            let field = Field(
                title: try mapping.text("title"), value: try mapping.text("value"), isShort: try mapping.optionalFlag("short"))
            if field.title.isEmpty { throw mapping.node.error("missing title in Slack field configuration") }
            if field.value.isEmpty { throw mapping.node.error("missing value in Slack field configuration") }
            return field
        }
    }

    private static func action(_ node: ConfigNode) throws(ConfigError) -> Action {
        try node.mapping { (mapping) throws(ConfigError) in
            var action = Action(
                type: try mapping.text("type"), text: try mapping.text("text"), url: try mapping.text("url"),
                style: try mapping.text("style"), name: try mapping.text("name"), value: try mapping.text("value"),
                confirmation: try mapping.optional("confirm", reading: confirmation(_:)))
            if action.type.isEmpty { throw mapping.node.error("missing type in Slack action configuration") }
            if action.text.isEmpty { throw mapping.node.error("missing text in Slack action configuration") }
            if !action.url.isEmpty {
                (action.name, action.value, action.confirmation) = ("", "", nil)
            } else if action.name.isEmpty {
                throw mapping.node.error("missing name or url in Slack action configuration")
            }
            return action
        }
    }

    private static func confirmation(_ node: ConfigNode) throws(ConfigError) -> Confirmation {
        try node.mapping { (mapping) throws(ConfigError) in
            let confirmation = Confirmation(
                text: try mapping.text("text"), title: try mapping.text("title"), okText: try mapping.text("ok_text"),
                dismissText: try mapping.text("dismiss_text"))
            if confirmation.text.isEmpty { throw mapping.node.error("missing text in Slack confirmation configuration") }
            return confirmation
        }
    }
}
