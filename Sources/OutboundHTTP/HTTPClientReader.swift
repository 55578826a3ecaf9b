public import ConfigFile

/// Reads the keys by which a section of a configuration file says how a client speaks HTTP (`basic_auth`, `tls_config`, `proxy_url` …), with the
/// checks that Prometheus and Alertmanager make.
public struct HTTPClientReader: Sendable {
    /// The folder that relative paths start from, with a `/` at its end; empty for the working directory.
    public let folder: String
    private let ownHeaders: Set<String>

    /// - Parameter ownHeaders: headers in small letters that the client sets itself, besides those that every client does.
    public init(folder: String, ownHeaders: Set<String> = ["accept"]) {
        self.folder = folder
        self.ownHeaders = ownHeaders
    }

    /// Reads a section that has these keys and no others, such as `http_config`.
    public func settings(in node: ConfigNode) throws(ConfigError) -> HTTPClientSettings {
        try node.mapping { (mapping) throws(ConfigError) in try read(&mapping) }
    }

    /// Reads the keys of the section that `mapping` is.
    ///
    /// - Parameter authenticators: further keys that say who the client is, of which one at most may be used.
    public func read(_ mapping: inout ConfigMapping, authenticators: [String] = []) throws(ConfigError) -> HTTPClientSettings {
        var settings = HTTPClientSettings()
        settings.authorization = try readAuthorization(&mapping, authenticators: authenticators)
        settings.tls = try mapping.optional("tls_config", reading: tlsSettings(in:)) ?? settings.tls
        settings.headers = try mapping.optional("http_headers", reading: headers(in:)) ?? []
        settings.followRedirects = try mapping.optional("follow_redirects", default: true)
        settings.allowsHTTP2 = try mapping.optional("enable_http2", default: true)
        settings.proxy = try readProxy(&mapping)
        return settings
    }

    private func readAuthorization(_ mapping: inout ConfigMapping, authenticators: [String]) throws(ConfigError) -> HTTPAuthorization {
        let keys = ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"] + authenticators
        var used: [String] = []
        for key in keys where try mapping.isGiven(key) { used.append(key) }
        if used.count > 1 { throw mapping.error(atKey: used[1], "\(used[1]) cannot be used together with \(used[0])") }
        switch used.first {
        case "oauth2": return .oauth2(try mapping.required("oauth2", reading: oauth2Settings(in:)))
        case "sigv4": return .amazon(try mapping.required("sigv4", reading: amazonSettings(in:)))
        case "azuread": return .azure(try mapping.required("azuread", reading: azureSettings(in:)))
        case "google_iam": return .google(try mapping.required("google_iam", reading: googleSettings(in:)))
        case "basic_auth": return try mapping.required("basic_auth", reading: basicAuthorization(in:))
        case "authorization": return try mapping.required("authorization", reading: credentials(in:))
        case "bearer_token":
            return .credentials(type: "Bearer", .literal(try mapping.required("bearer_token", reading: secretText(in:))))
        case "bearer_token_file":
            return .credentials(type: "Bearer", .file(path: try mapping.required("bearer_token_file", reading: path(in:))))
        default: return .none
        }
    }

    private func basicAuthorization(in node: ConfigNode) throws(ConfigError) -> HTTPAuthorization {
        try node.mapping { (mapping) throws(ConfigError) in
            .basic(
                username: try readSecret("username", &mapping, reading: plainText(in:)) ?? .literal(""),
                password: try readSecret("password", &mapping, reading: plainText(in:)) ?? .literal("")
            )
        }
    }

    private func credentials(in node: ConfigNode) throws(ConfigError) -> HTTPAuthorization {
        try node.mapping { (mapping) throws(ConfigError) in
            let type = try mapping.optional("type", default: "Bearer").trimmed
            if type.lowercased() == "basic" { throw mapping.error(atKey: "type", "the type cannot be Basic; use basic_auth instead") }
            if !type.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) { throw mapping.error(atKey: "type", "the type must be one word") }
            // Without credentials Prometheus sends the type alone, which no server takes: the same as sending nothing.
            guard let secret = try readSecret("credentials", &mapping, reading: secretText(in:)) else { return .none }
            return .credentials(type: type.isEmpty ? "Bearer" : type, secret)
        }
    }

    /// A secret under `KEY`, or in the file that `KEY_file` names; one of the two at most.
    ///
    /// - Parameter isOnly: whether both together are refused. Prometheus does so where the secret is used.
    func readSecret(
        _ key: String,
        _ mapping: inout ConfigMapping,
        isOnly: Bool = true,
        reading read: (ConfigNode) throws(ConfigError) -> String
    ) throws(ConfigError) -> HTTPSecret? {
        try mapping.refuseIfUsed("\(key)_ref")
        let isInFile = try mapping.isGiven("\(key)_file")
        if try mapping.isGiven(key) {
            if isInFile, isOnly { throw mapping.error(atKey: "\(key)_file", "\(key)_file cannot be used together with \(key)") }
            if isInFile { _ = try mapping.required("\(key)_file", reading: path(in:)) }
            return .literal(try mapping.required(key, reading: read))
        }
        return isInFile ? .file(path: try mapping.required("\(key)_file", reading: path(in:))) : nil
    }

    /// The text of a secret; what is wrong with it is said without showing it.
    func plainText(in node: ConfigNode) throws(ConfigError) -> String {
        guard node.kind == .scalar else { throw node.error("expected a string") }
        return try node.string()
    }

    /// The text of a secret that is sent in a header as it is.
    private func secretText(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try plainText(in: node)
        if text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) {
            throw node.error("this value is sent as a header and must not hold line breaks or control characters")
        }
        return text
    }

    private func oauth2Settings(in node: ConfigNode) throws(ConfigError) -> OAuth2Settings {
        try node.mapping { (mapping) throws(ConfigError) in
            let grant = try mapping.optional("grant_type", default: "")
            guard ["", "client_credentials", OAuth2Assertion.grantType].contains(grant) else {
                throw mapping.error(atKey: "grant_type", "grant_type is client_credentials or \(OAuth2Assertion.grantType)")
            }
            let signs = grant == OAuth2Assertion.grantType
            var settings = OAuth2Settings(
                clientID: try mapping.required("client_id", as: String.self),
                clientSecret: try readSecret("client_secret", &mapping, isOnly: !signs, reading: plainText(in:)) ?? .literal(""),
                tokenURL: try mapping.required("token_url", as: String.self))
            let assertion = try readAssertion(&mapping, isUsed: signs)
            if signs { settings.grant = .signedAssertion(assertion) }
            if settings.clientID.isEmpty { throw mapping.error(atKey: "client_id", "client_id must not be empty") }
            guard settings.tokenURL.hasPrefix("http://") || settings.tokenURL.hasPrefix("https://") else {
                throw mapping.error(atKey: "token_url", "expected a URL that begins with http:// or https://")
            }
            settings.scopes = try mapping.optional("scopes", reading: { (node) throws(ConfigError) in try [String](config: node) }) ?? []
            let parameters = try mapping.optional("endpoint_params") { (node) throws(ConfigError) in
                try node.entries { (_, value) throws(ConfigError) in value.kind == .nothing ? "" : try value.string() }
            }
            settings.parameters = (parameters ?? []).map { .init(name: $0.key, value: $0.value) }
            settings.tls = try mapping.optional("tls_config", reading: tlsSettings(in:)) ?? settings.tls
            settings.proxy = try readProxy(&mapping)
            return settings
        }
    }

    /// What is said of an assertion, which has no effect with another grant.
    private func readAssertion(_ mapping: inout ConfigMapping, isUsed: Bool) throws(ConfigError) -> OAuth2Assertion {
        func text(_ key: String) throws(ConfigError) -> String? {
            try mapping.isGiven(key) ? mapping.required(key, as: String.self) : nil
        }
        var assertion = OAuth2Assertion(
            key: try readSecret("client_certificate_key", &mapping, isOnly: isUsed, reading: plainText(in:)) ?? .literal(""))
        assertion.keyID = try text("client_certificate_key_id")
        if let name = try text("signature_algorithm"), isUsed {
            let algorithms: [TokenAlgorithm] = [.rs256, .rs384, .rs512]
            guard let algorithm = algorithms.first(where: { $0.rawValue == name }) else {
                throw mapping.error(atKey: "signature_algorithm", "signature_algorithm is RS256, RS384 or RS512")
            }
            assertion.algorithm = algorithm
        }
        assertion.issuer = try text("iss")
        assertion.audience = try text("audience")
        let claims = try mapping.optional("claims") { (node) throws(ConfigError) in
            try node.entries { (_, value) throws(ConfigError) in try claim(in: value) }
        }
        assertion.claims = Dictionary((claims ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        return assertion
    }

    /// A value of any kind, as YAML means it.
    private func claim(in node: ConfigNode) throws(ConfigError) -> TokenClaim {
        switch node.kind {
        case .nothing: return .nothing
        case .list: return .list(try node.list(claim(in:)))
        case .mapping:
            let entries = try node.entries { (_, value) throws(ConfigError) in try claim(in: value) }
            return .fields(Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
        case .scalar:
            if let flag = try? Bool(config: node) { return .flag(flag) }
            if let number = try? node.double() { return .number(number) }
            return .text(try node.string())
        }
    }

    private func readProxy(_ mapping: inout ConfigMapping) throws(ConfigError) -> HTTPProxy {
        let headers = try mapping.optional("proxy_connect_header") { (node) throws(ConfigError) in
            try node.entries { (name, values) throws(ConfigError) in
                if name.isEmpty || !name.utf8.allSatisfy({ $0.isHeaderNameByte }) { throw values.error("\"\(name)\" is not a header name") }
                return try secretTexts(in: values).map { HTTPSecret.literal($0) }
            }
        }
        let fromEnvironment = try mapping.optional("proxy_from_environment", default: false)
        let exceptions = try mapping.optional("no_proxy", default: "")
        let hasURL = try mapping.isGiven("proxy_url")
        if fromEnvironment {
            for key in ["proxy_url", "no_proxy"] where try mapping.isGiven(key) {
                throw mapping.error(atKey: key, "\(key) cannot be used together with proxy_from_environment")
            }
        } else if !hasURL {
            if !exceptions.isEmpty { throw mapping.error(atKey: "no_proxy", "no_proxy needs proxy_url") }
            if !(headers ?? []).isEmpty {
                throw mapping.error(atKey: "proxy_connect_header", "proxy_connect_header needs proxy_url or proxy_from_environment")
            }
            return .none
        }
        let connectHeaders = (headers ?? []).map { HTTPHeaderSetting(name: $0.key, values: $0.value) }
        if fromEnvironment { return HTTPProxy(.environment, connectHeaders: connectHeaders) }
        let address = try mapping.required("proxy_url") { (node) throws(ConfigError) in
            let text = try plainText(in: node)
            // The text is left out of the message: it may hold a password.
            guard ["http://", "socks5://", "socks5h://"].contains(where: { text.lowercased().hasPrefix($0) }) else {
                throw node.error("a proxy's address begins with http:// or socks5://")
            }
            if ProxyAddress(text) == nil { throw node.error("a proxy's address names a host, and a number where it names a port") }
            return text
        }
        return HTTPProxy(.url(.literal(address)), exceptions: ProxyExceptions(exceptions), connectHeaders: connectHeaders)
    }

    /// A path, taken from the folder where it is relative.
    private func path(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        if text.isEmpty { throw node.error("a path must not be empty") }
        return text.hasPrefix("/") ? text : folder + text
    }

    /// Reads a `tls_config`.
    public func tlsSettings(in node: ConfigNode) throws(ConfigError) -> HTTPTLSSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = HTTPTLSSettings()
            settings.certificateAuthority = try readMaterial("ca", &mapping)
            settings.certificate = try readMaterial("cert", &mapping)
            settings.key = try readMaterial("key", &mapping)
            if (settings.certificate == nil) != (settings.key == nil) {
                throw mapping.node.error("a client certificate needs both cert or cert_file and key or key_file")
            }
            settings.serverName = try mapping.isGiven("server_name") ? mapping.required("server_name", as: String.self) : nil
            settings.skipsVerification = try mapping.optional("insecure_skip_verify", default: false)
            settings.minimumVersion = try mapping.optional("min_version", reading: tlsVersion(in:))
            settings.maximumVersion = try mapping.optional("max_version", reading: tlsVersion(in:))
            if let minimum = settings.minimumVersion, let maximum = settings.maximumVersion, minimum.rawValue > maximum.rawValue {
                throw mapping.error(atKey: "min_version", "min_version is above max_version")
            }
            return settings
        }
    }

    private func readMaterial(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> HTTPTLSSettings.Material? {
        try mapping.refuseIfUsed("\(key)_ref")
        let isInFile = try mapping.isGiven("\(key)_file")
        if try mapping.isGiven(key) {
            if isInFile { throw mapping.error(atKey: "\(key)_file", "\(key)_file cannot be used together with \(key)") }
            return .pem(.literal(try mapping.required(key, reading: plainText(in:))))
        }
        return isInFile ? .file(path: try mapping.required("\(key)_file", reading: path(in:))) : nil
    }

    private func tlsVersion(in node: ConfigNode) throws(ConfigError) -> HTTPTLSVersion {
        guard let version = HTTPTLSVersion(rawValue: try node.string()) else {
            throw node.mismatch(expected: "one of \(HTTPTLSVersion.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return version
    }

    /// Headers that the client sets itself, or that other settings are for.
    private static let reservedHeaders: Set<String> = [
        "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type", "host", "keep-alive",
        "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "user-agent", "www-authenticate",
        "x-amz-content-sha256", "x-amz-date", "x-amz-security-token",
        "x-prometheus-scrape-timeout-seconds", "x-prometheus-remote-read-version", "x-prometheus-remote-write-version",
    ]

    private func headers(in node: ConfigNode) throws(ConfigError) -> [HTTPHeaderSetting] {
        let headers = try node.entries { (name, value) throws(ConfigError) in
            let isToken = !name.isEmpty && name.utf8.allSatisfy { $0.isHeaderNameByte }
            if !isToken { throw value.error("\"\(name)\" is not a header name") }
            if Self.reservedHeaders.union(ownHeaders).contains(name.lowercased()) {
                throw value.error("the header \(name) cannot be set here")
            }
            return try value.mapping { (mapping) throws(ConfigError) in
                let values = try mapping.optional("values", reading: secretTexts(in:)) ?? []
                let secrets = try mapping.optional("secrets", reading: secretTexts(in:)) ?? []
                let files = try mapping.optional("files") { (node) throws(ConfigError) in try node.list(path(in:)) } ?? []
                return (values + secrets).map { HTTPSecret.literal($0) } + files.map { .file(path: $0) }
            }
        }
        return headers.map { HTTPHeaderSetting(name: $0.key, values: $0.value) }
    }

    private func secretTexts(in node: ConfigNode) throws(ConfigError) -> [String] { try node.list(secretText(in:)) }
}

extension UInt8 {
    /// Whether a header's name may hold the byte (RFC 9110, token).
    fileprivate var isHeaderNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
