internal import ConfigFile
internal import OutboundHTTP

/// An entry of `pagerduty_configs`. Texts are templates.
struct PagerDutySettings: Sendable, Hashable {
    /// Which of PagerDuty's two interfaces is spoken.
    enum Key: Sendable, Hashable {
        /// Events API v1.
        case service(HTTPSecret)
        /// Events API v2.
        case routing(HTTPSecret)
    }

    struct Image: Sendable, Hashable {
        var source: String
        var alternative: String
        var link: String
    }

    struct Link: Sendable, Hashable {
        var address: String
        var text: String
    }

    var key: Key
    /// Of the Events API v2.
    var url: HTTPAddress
    var http: HTTPClientSettings
    var client: String
    var clientURL: String
    var description: String
    var details: [PayloadTemplate.Entry]
    var images: [Image]
    var links: [Link]
    var source: String
    var severity: String
    var `class`: String
    var component: String
    var group: String
    var timeout: Int64
}

extension PagerDutySettings {
    private static let defaultDetails = [
        ("firing", "{{ .Alerts.Firing | toJson }}"), ("resolved", "{{ .Alerts.Resolved | toJson }}"),
        ("num_firing", "{{ .Alerts.Firing | len }}"), ("num_resolved", "{{ .Alerts.Resolved | len }}"),
    ]

    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let service = try mapping.secret("service_key", orFile: "service_key_file", context.reading)
        let routing = try mapping.secret("routing_key", orFile: "routing_key_file", context.reading)
        if let service {
            key = .service(service)
        } else if let routing {
            key = .routing(routing)
        } else {
            throw mapping.node.error("missing service or routing key in PagerDuty config")
        }
        url = try context.address(try mapping.address("url"), orGlobal: context.global.pagerDutyURL, mapping.node)
        http = try context.http(&mapping)
        client = try mapping.text("client", default: "{{ template \"pagerduty.default.client\" . }}")
        clientURL = try mapping.text("client_url", default: "{{ template \"pagerduty.default.clientURL\" . }}")
        description = try mapping.text("description", default: "{{ template \"pagerduty.default.description\" .}}")
        details = try mapping.optional("details", reading: PagerDutySettings.details(_:)) ?? []
        for (name, template) in Self.defaultDetails where !details.contains(where: { $0.name == name }) {
            details.append(PayloadTemplate.Entry(name: name, value: .text(template)))
        }
        images = try mapping.optional("images") { (node) throws(ConfigError) in try node.list(PagerDutySettings.image(_:)) } ?? []
        links = try mapping.optional("links") { (node) throws(ConfigError) in try node.list(PagerDutySettings.link(_:)) } ?? []
        let source = try mapping.text("source")
        self.source = source.isEmpty ? client : source
        let severity = try mapping.text("severity")
        self.severity = severity.isEmpty ? "error" : severity
        self.class = try mapping.text("class")
        component = try mapping.text("component")
        group = try mapping.text("group")
        timeout = try mapping.goDuration("timeout")
    }

    private static func details(_ node: ConfigNode) throws(ConfigError) -> [PayloadTemplate.Entry] {
        guard case .map(let entries) = try PayloadTemplate(node) else { throw node.mismatch(expected: "a mapping") }
        return entries
    }

    private static func image(_ node: ConfigNode) throws(ConfigError) -> Image {
        try node.mapping { (mapping) throws(ConfigError) in
            Image(source: try mapping.text("src"), alternative: try mapping.text("alt"), link: try mapping.text("href"))
        }
    }

    private static func link(_ node: ConfigNode) throws(ConfigError) -> Link {
        try node.mapping { (mapping) throws(ConfigError) in
            Link(address: try mapping.text("href"), text: try mapping.text("text"))
        }
    }
}
