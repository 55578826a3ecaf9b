internal import ConfigFile
internal import OutboundHTTP

/// An entry of `webhook_configs`.
struct WebhookSettings: Sendable, Hashable {
    /// A template; an address where it has nothing to expand.
    var url: HTTPSecret
    var http: HTTPClientSettings
    /// 0 for no limit.
    var alertsMax: Int
    /// In milliseconds, 0 for none of its own.
    var timeout: Int64
    /// What is sent in place of the usual message.
    var payload: PayloadTemplate?
}

extension WebhookSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let text = try mapping.secret("url")
        if let text, text != HTTPSecret.placeholder, !text.contains("{{") { _ = try mapping.address("url") }
        if let text, text.contains("{{"), let node = mapping.node("url"), let fault = TemplateCheck.fault(text) {
            throw node.error("invalid template syntax: \(fault)")
        }
        guard let url = try mapping.secret("url", orFile: "url_file", context.reading) else {
            throw mapping.node.error("one of url or url_file must be configured")
        }
        self.url = url
        http = try context.http(&mapping)
        alertsMax = try mapping.count("max_alerts")
        timeout = try mapping.goDuration("timeout")
        payload = try mapping.optional("payload", reading: PayloadTemplate.init(_:))
    }
}
