internal import ConfigFile
internal import OutboundHTTP

/// An entry of `email_configs`.
struct EmailSettings: Sendable, Hashable {
    /// How mails about one group are shown together by mail programs.
    enum Threading: Sendable, Hashable { case none, all, daily }

    var to: String
    var from: String
    var hello: String
    var smarthost: HostPort
    var username: String
    var password: HTTPSecret?
    var secret: HTTPSecret?
    var identity: String
    /// By names in the form that mails have them (`Reply-To`), sorted.
    var headers: [NamedTemplate]
    var html: String
    var text: String
    var requiresTLS: Bool
    var tls: HTTPTLSSettings
    var usesImplicitTLS: Bool
    var threading: Threading
}

extension EmailSettings {
    static let defaultHTML = "{{ template \"email.default.html\" . }}"
    static let defaultSubject = "{{ template \"email.default.subject\" . }}"

    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        let global = context.global
        let to = try mapping.text("to")
        let from = try mapping.text("from")
        let hello = try mapping.text("hello")
        let smarthost = try mapping.optional("smarthost", reading: HostPort.read(_:)) ?? nil
        let username = try mapping.text("auth_username")
        let password = try mapping.secret("auth_password", orFile: "auth_password_file", context.reading)
        let secret = try mapping.secret("auth_secret", orFile: "auth_secret_file", context.reading)
        let identity = try mapping.text("auth_identity")
        let headers = try EmailSettings.headers(&mapping)
        let html = try mapping.text("html", default: EmailSettings.defaultHTML)
        let text = try mapping.text("text")
        let requiresTLS = try mapping.optionalFlag("require_tls")
        let tls = try mapping.optional("tls_config") { (node) throws(ConfigError) in try context.reading.http.tlsSettings(in: node) }
        let isImplicit = try mapping.optionalFlag("force_implicit_tls")
        let threading = try EmailSettings.threading(&mapping, headers)
        if to.isEmpty { throw mapping.node.error("missing to address in email config") }
        guard let host = smarthost ?? global.smtpSmarthost else { throw mapping.node.error("no global SMTP smarthost set") }
        let sender = from.isEmpty ? global.smtpFrom : from
        if sender.isEmpty { throw mapping.node.error("no global SMTP from set") }
        self.init(
            to: to, from: sender, hello: hello.isEmpty ? global.smtpHello : hello, smarthost: host,
            username: username.isEmpty ? global.smtpAuthUsername : username, password: password ?? global.smtpAuthPassword,
            secret: secret ?? global.smtpAuthSecret, identity: identity.isEmpty ? global.smtpAuthIdentity : identity, headers: headers,
            html: html, text: text, requiresTLS: requiresTLS ?? global.smtpRequireTLS, tls: tls ?? global.smtpTLS,
            usesImplicitTLS: isImplicit ?? global.smtpImplicitTLS ?? (host.port == "465"), threading: threading)
    }

    private static func headers(_ mapping: inout ConfigMapping) throws(ConfigError) -> [NamedTemplate] {
        var result: [NamedTemplate] = []
        for header in try mapping.texts("headers") {
            let name = MailHeader.canonical(header.name)
            if result.contains(where: { $0.name == name }) {
                throw mapping.error(atKey: "headers", "duplicate header \"\(name)\" in email config")
            }
            guard MailHeader.isName(name) else { throw mapping.error(atKey: "headers", "\"\(name)\" is not the name of a header") }
            result.append(NamedTemplate(name: name, template: header.template))
        }
        return result.sorted { $0.name < $1.name }
    }

    private static func threading(_ mapping: inout ConfigMapping, _ headers: [NamedTemplate]) throws(ConfigError) -> Threading {
        guard let node = mapping.node("threading") else { return .none }
        return try node.mapping { (mapping) throws(ConfigError) in
            let isEnabled = try mapping.flag("enabled")
            let date = try mapping.text("thread_by_date")
            guard isEnabled else { return .none }
            for name in ["References", "In-Reply-To"] where headers.contains(where: { $0.name == name }) {
                throw mapping.node.error("conflicting configuration: threading.enabled conflicts with custom \(name) header")
            }
            switch date {
            case "none": return .all
            case "daily": return .daily
            default: throw mapping.node.error("threading.thread_by_date must be either 'none' or 'daily'")
            }
        }
    }
}
