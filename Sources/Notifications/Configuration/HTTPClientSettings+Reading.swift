internal import ConfigFile

extension HTTPClientSettings {
    init(_ node: ConfigNode, _ context: ReadingContext) throws(ConfigError) {
        self = try node.mapping { (mapping) throws(ConfigError) in
            var settings = HTTPClientSettings()
            settings.authorization = try HTTPClientSettings.authorization(&mapping, context)
            settings.tls =
                try mapping.optional("tls_config") { (node) throws(ConfigError) in try TLSSettings(node, context) } ?? settings.tls
            settings.followsRedirects = try mapping.flag("follow_redirects", default: true)
            settings.allowsHTTP2 = try mapping.flag("enable_http2", default: true)
            settings.proxy = try ProxySettings(&mapping)
            settings.headers =
                try mapping.optional("http_headers") { (node) throws(ConfigError) in try HTTPClientSettings.headers(node, context) } ?? []
            return settings
        }
    }

    private static func authorization(_ mapping: inout ConfigMapping, _ context: ReadingContext) throws(ConfigError) -> Authorization {
        let bearer = try mapping.secret("bearer_token", orFile: "bearer_token_file", context)
        let basic = try mapping.optional("basic_auth") { (node) throws(ConfigError) in try HTTPClientSettings.basic(node, context) }
        let other = try mapping.optional("authorization") { (node) throws(ConfigError) in
            try HTTPClientSettings.credentials(node, context)
        }
        let oauth2 = try mapping.optional("oauth2") { (node) throws(ConfigError) in try OAuth2Settings(node, context) }
        if bearer != nil, basic != nil || oauth2 != nil {
            throw mapping.node.error("at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured")
        }
        if bearer != nil, other != nil {
            throw mapping.error(atKey: "authorization", "authorization is not compatible with bearer_token & bearer_token_file")
        }
        if [basic != nil, other != nil, oauth2 != nil].count(where: { $0 }) > 1 {
            throw mapping.node.error("at most one of basic_auth, oauth2 & authorization must be configured")
        }
        if let bearer { return .credentials(type: "Bearer", bearer) }
        return basic ?? other ?? oauth2.map { .oauth2($0) } ?? .none
    }

    private static func basic(_ node: ConfigNode, _ context: ReadingContext) throws(ConfigError) -> Authorization {
        try node.mapping { (mapping) throws(ConfigError) in
            for key in ["username_ref", "password_ref"] { try mapping.refuse(key, because: "is not supported: there is no secret manager") }
            return .basic(
                username: try mapping.secret("username", orFile: "username_file", context) ?? .literal(""),
                password: try mapping.secret("password", orFile: "password_file", context) ?? .literal(""))
        }
    }

    private static func credentials(_ node: ConfigNode, _ context: ReadingContext) throws(ConfigError) -> Authorization {
        try node.mapping { (mapping) throws(ConfigError) in
            try mapping.refuse("credentials_ref", because: "is not supported: there is no secret manager")
            let written = try mapping.text("type")
            let type = String(written.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            if type.lowercased() == "basic" {
                throw mapping.error(atKey: "type", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead")
            }
            let secret = try mapping.secret("credentials", orFile: "credentials_file", context) ?? .literal("")
            return .credentials(type: type.isEmpty ? "Bearer" : type, secret)
        }
    }

    /// Headers that the client sets itself, or that other settings are for.
    private static let reserved: Set<String> = [
        "authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection", "keep-alive",
        "proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding", "x-prometheus-remote-write-version",
        "x-prometheus-remote-read-version", "x-prometheus-scrape-timeout-seconds", "x-amz-date", "x-amz-security-token",
        "x-amz-content-sha256",
    ]

    private static func headers(_ node: ConfigNode, _ context: ReadingContext) throws(ConfigError) -> [Header] {
        try node.entries { (name, value) throws(ConfigError) -> [SecretText] in
            let isToken =
                !name.isEmpty
                && name.utf8.allSatisfy {
                    (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "!#$%&'*+-.^_`|~".utf8.contains($0)
                }
            if !isToken { throw value.error("this is not the name of a header") }
            if reserved.contains(name.lowercased()) { throw value.error("setting header \"\(name)\" is not allowed") }
            return try value.mapping { (mapping) throws(ConfigError) in
                func texts(_ key: String) throws(ConfigError) -> [String] {
                    try mapping.optional(key) { (node) throws(ConfigError) in
                        try node.list { (element) throws(ConfigError) in
                            guard element.kind == .scalar else { throw element.error("expected a string") }
                            return try element.string()
                        }
                    } ?? []
                }
                let literals = try (texts("values") + texts("secrets")).map { SecretText.literal($0) }
                return literals + (try texts("files").map { .file(path: context.resolve($0)) })
            }
        }.map { Header(name: $0.key, values: $0.value) }
    }
}

extension OAuth2Settings {
    fileprivate init(_ node: ConfigNode, _ context: ReadingContext) throws(ConfigError) {
        self = try node.mapping { (mapping) throws(ConfigError) in
            try mapping.refuse("client_secret_ref", because: "is not supported: there is no secret manager")
            let grant = try mapping.text("grant_type")
            guard ["", "client_credentials"].contains(grant) else {
                throw mapping.error(atKey: "grant_type", "grant_type: only client_credentials is supported")
            }
            let others = [
                "client_certificate_key_id", "client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref",
                "signature_algorithm", "iss", "audience", "claims",
            ]
            for key in others { try mapping.refuse(key, because: "is not supported: it belongs to another grant_type") }
            let clientID = try mapping.text("client_id")
            let tokenURL = try mapping.text("token_url")
            let settings = OAuth2Settings(
                clientID: clientID, clientSecret: try mapping.secret("client_secret", orFile: "client_secret_file", context),
                scopes: try mapping.optional("scopes", as: [String].self) ?? [], tokenURL: tokenURL,
                parameters: try mapping.texts("endpoint_params"),
                tls: try mapping.optional("tls_config") { (node) throws(ConfigError) in try TLSSettings(node, context) } ?? TLSSettings(),
                proxy: try ProxySettings(&mapping))
            if clientID.isEmpty { throw mapping.node.error("oauth2 client_id must be configured") }
            if tokenURL.isEmpty { throw mapping.node.error("oauth2 token_url must be configured") }
            return settings
        }
    }
}

extension ProxySettings {
    /// Reads the keys about proxies among others.
    fileprivate init(_ mapping: inout ConfigMapping) throws(ConfigError) {
        let text = try mapping.secret("proxy_url") ?? ""
        isFromEnvironment = try mapping.flag("proxy_from_environment")
        exceptions = try mapping.text("no_proxy")
        let headers = try mapping.optional("proxy_connect_header", reading: ProxySettings.connectHeaders(_:)) ?? []
        if !headers.isEmpty, !isFromEnvironment, text.isEmpty {
            throw mapping.error(
                atKey: "proxy_connect_header",
                "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured")
        }
        if isFromEnvironment, !text.isEmpty {
            throw mapping.error(atKey: "proxy_url", "if proxy_from_environment is configured, proxy_url must not be configured")
        }
        if isFromEnvironment, !exceptions.isEmpty {
            throw mapping.error(atKey: "no_proxy", "if proxy_from_environment is configured, no_proxy must not be configured")
        }
        if text.isEmpty, !exceptions.isEmpty {
            throw mapping.error(atKey: "no_proxy", "if no_proxy is configured, proxy_url must also be configured")
        }
        connectHeaders = headers
        if !text.isEmpty {
            guard let address = ProxyAddress(text) else {
                throw mapping.error(atKey: "proxy_url", "proxy_url must be http://HOST:PORT; other kinds of proxies are not supported")
            }
            self.address = address
        }
    }

    private static func connectHeaders(_ node: ConfigNode) throws(ConfigError) -> [HTTPClientSettings.Header] {
        try node.entries { (_, value) throws(ConfigError) in
            try value.list { (element) throws(ConfigError) -> SecretText in
                guard element.kind == .scalar else { throw element.error("expected a string") }
                return .literal(try element.string())
            }
        }.map { HTTPClientSettings.Header(name: $0.key, values: $0.value) }
    }
}
