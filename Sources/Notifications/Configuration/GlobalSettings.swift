internal import ConfigFile
internal import OutboundHTTP

/// `global` of an Alertmanager file: what receivers use where they do not say otherwise.
struct GlobalSettings: Sendable, Hashable {
    var http = HTTPClientSettings()
    var smtpFrom = ""
    var smtpHello = "localhost"
    var smtpSmarthost: HostPort?
    var smtpAuthUsername = ""
    var smtpAuthPassword: HTTPSecret?
    var smtpAuthSecret: HTTPSecret?
    var smtpAuthIdentity = ""
    var smtpRequireTLS = true
    var smtpTLS = HTTPTLSSettings()
    var smtpImplicitTLS: Bool?
    var slackURL: HTTPSecret?
    var slackAppToken: HTTPSecret?
    var slackAppURL = "https://slack.com/api/chat.postMessage"
    var pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"
    var opsGenieURL = "https://api.opsgenie.com/"
    var opsGenieKey: HTTPSecret?
    var victorOpsURL = "https://alert.victorops.com/integrations/generic/20131114/alert/"
    var victorOpsKey: HTTPSecret?
    var telegramURL = "https://api.telegram.org"
    var telegramToken: HTTPSecret?
    var webexURL = "https://webexapis.com/v1/messages"
    var jiraURL: String?
    var mattermostURL: HTTPSecret?

    /// - Parameter mapping: of `global`. `resolve_timeout`, which belongs to routing, is left there for others to ask for.
    init(_ mapping: inout ConfigMapping, _ context: ReadingContext) throws(ConfigError) {
        if let node = mapping.node("http_config") { http = try context.http.settings(in: node) }
        try readMail(&mapping, context)
        try readSlack(&mapping, context)
        pagerDutyURL = try mapping.address("pagerduty_url")?.text ?? pagerDutyURL
        opsGenieURL = try mapping.address("opsgenie_api_url")?.text ?? opsGenieURL
        opsGenieKey = try mapping.secret("opsgenie_api_key", orFile: "opsgenie_api_key_file", context)
        victorOpsURL = try mapping.address("victorops_api_url")?.text ?? victorOpsURL
        victorOpsKey = try mapping.secret("victorops_api_key", orFile: "victorops_api_key_file", context)
        telegramURL = try mapping.address("telegram_api_url")?.text ?? telegramURL
        telegramToken = try mapping.secret("telegram_bot_token", orFile: "telegram_bot_token_file", context)
        webexURL = try mapping.address("webex_api_url")?.text ?? webexURL
        jiraURL = try mapping.address("jira_api_url")?.text
        mattermostURL = try mapping.address("mattermost_webhook_url", orFile: "mattermost_webhook_url_file", context)
        try readUnused(&mapping, context)
    }

    init() {}

    private mutating func readMail(_ mapping: inout ConfigMapping, _ context: ReadingContext) throws(ConfigError) {
        smtpFrom = try mapping.text("smtp_from")
        smtpHello = try mapping.text("smtp_hello", default: smtpHello)
        smtpSmarthost = try mapping.optional("smtp_smarthost", reading: HostPort.read(_:)) ?? nil
        smtpAuthUsername = try mapping.text("smtp_auth_username")
        smtpAuthPassword = try mapping.secret("smtp_auth_password", orFile: "smtp_auth_password_file", context)
        smtpAuthSecret = try mapping.secret("smtp_auth_secret", orFile: "smtp_auth_secret_file", context)
        smtpAuthIdentity = try mapping.text("smtp_auth_identity")
        smtpRequireTLS = try mapping.flag("smtp_require_tls", default: true)
        if let node = mapping.node("smtp_tls_config") { smtpTLS = try context.http.tlsSettings(in: node) }
        smtpImplicitTLS = try mapping.optionalFlag("smtp_force_implicit_tls")
    }

    private mutating func readSlack(_ mapping: inout ConfigMapping, _ context: ReadingContext) throws(ConfigError) {
        slackURL = try mapping.address("slack_api_url", orFile: "slack_api_url_file", context)
        slackAppToken = try mapping.secret("slack_app_token", orFile: "slack_app_token_file", context)
        slackAppURL = try mapping.address("slack_app_url")?.text ?? slackAppURL
        // The address may be that of the API for apps: some set it in this way before there was slack_app_url.
        if slackAppToken != nil, let slackURL, slackURL != .literal(slackAppURL) {
            throw mapping.error(
                atKey: "slack_app_token",
                "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured")
        }
    }

    /// Keys for receivers that there are none of here: they are checked, and not used.
    private func readUnused(_ mapping: inout ConfigMapping, _ context: ReadingContext) throws(ConfigError) {
        _ = try mapping.address("wechat_api_url")
        _ = try mapping.secret("wechat_api_secret", orFile: "wechat_api_secret_file", context)
        _ = try mapping.text("wechat_api_corp_id")
        _ = try mapping.address("rocketchat_api_url")
        _ = try mapping.secret("rocketchat_token", orFile: "rocketchat_token_file", context)
        _ = try mapping.secret("rocketchat_token_id", orFile: "rocketchat_token_id_file", context)
    }
}

/// A host and a port.
struct HostPort: Sendable, Hashable, CustomStringConvertible {
    var host: String
    var port: String

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host:port` or `[address]:port`; nothing for an empty text.
    static func read(_ node: ConfigNode) throws(ConfigError) -> HostPort? {
        let text = try node.string()
        if text.isEmpty { return nil }
        var host = text[...]
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.lastIndex(of: "]") else { throw node.error("address \(text): missing ']' in address") }
            host = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            if behind.hasPrefix(":") { port = behind.dropFirst() }
        } else if let colon = text.lastIndex(of: ":") {
            (host, port) = (text[..<colon], text[text.index(after: colon)...])
            if host.contains(":") { throw node.error("address \(text): too many colons in address") }
        }
        guard let port else { throw node.error("address \(text): missing port in address") }
        if port.isEmpty { throw node.error("address \(text): port cannot be empty") }
        return HostPort(host: String(host), port: String(port))
    }
}
