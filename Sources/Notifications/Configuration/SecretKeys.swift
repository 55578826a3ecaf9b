/// Which keys of an Alertmanager file have secrets under them.
enum SecretKeys {
    private static let everywhere: Set<String> = [
        // global
        "smtp_auth_password", "smtp_auth_secret", "slack_api_url", "slack_app_token", "opsgenie_api_key", "wechat_api_secret",
        "victorops_api_key", "telegram_bot_token", "rocketchat_token", "rocketchat_token_id", "mattermost_webhook_url",
        // receivers
        "auth_password", "auth_secret", "app_token", "service_key", "api_key", "api_secret", "user_key", "token", "token_id", "bot_token",
        "webhook_url", "alert_source_token",
        // http_config, tls_config, sigv4
        "password", "credentials", "bearer_token", "client_secret", "client_certificate_key", "key", "secrets", "proxy_connect_header",
        "secret_key", "access_key",
    ]

    /// Keys that are secret in one kind of receiver only.
    private static let inSections: [String: Set<String>] = [
        "webhook_configs": ["url"], "slack_configs": ["api_url"], "pagerduty_configs": ["routing_key"],
    ]

    /// - Parameter path: as ``ConfigNode/path`` has it, `receivers[0].webhook_configs[1].url`.
    static func isSecret(path: String) -> Bool {
        let keys = path.split(separator: ".").map { $0.prefix { $0 != "[" } }
        guard let last = keys.last else { return false }
        if everywhere.contains(String(last)) { return true }
        return keys.contains { inSections[String($0)]?.contains(String(last)) ?? false }
    }
}
