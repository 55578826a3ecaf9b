internal import ConfigFile
internal import OutboundHTTP

/// An entry of `msteams_configs` or `msteamsv2_configs`. Texts are templates.
struct MSTeamsSettings: Sendable, Hashable {
    enum Version: String, Sendable, Hashable {
        /// Connectors of Office 365.
        case connector = "msteams"
        /// Workflows of the Power Platform.
        case workflow = "msteamsv2"
    }

    var version: Version
    var url: HTTPSecret
    var http: HTTPClientSettings
    var title: String
    var text: String
    /// Of connectors only.
    var summary: String
}

extension MSTeamsSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext, _ version: Version) throws(ConfigError) {
        self.version = version
        let name = version.rawValue
        guard let url = try mapping.address("webhook_url", orFile: "webhook_url_file", context.reading) else {
            throw mapping.node.error("one of webhook_url or webhook_url_file must be configured")
        }
        self.url = url
        http = try context.http(&mapping)
        // A receiver that says nothing of a proxy goes through the global one.
        if version == .workflow, http.proxy.source == .none { http.proxy = context.global.http.proxy }
        title = try mapping.text("title", default: "{{ template \"\(name).default.title\" . }}")
        text = try mapping.text("text", default: "{{ template \"\(name).default.text\" . }}")
        summary = version == .connector ? try mapping.text("summary", default: "{{ template \"msteams.default.summary\" . }}") : ""
    }
}
