internal import ConfigFile
internal import Scraping

extension ConfigurationReader {
    /// Reads the keys by which jobs and other clients say how they speak HTTP.
    ///
    /// - Parameter authenticators: further keys that say who the client is, of which one at most may be used.
    func readHTTPClient(_ mapping: inout ConfigMapping, authenticators: [String] = []) throws(ConfigError) -> ScrapeClientSettings {
        var settings = ScrapeClientSettings()
        settings.authorization = try readAuthorization(&mapping, authenticators: authenticators)
        settings.tls = try mapping.optional("tls_config", reading: tlsSettings(in:)) ?? settings.tls
        settings.headers = try mapping.optional("http_headers", reading: headers(in:)) ?? []
        settings.followRedirects = try mapping.optional("follow_redirects", default: true)
        // HTTP/1.1 serves where HTTP/2 is merely allowed.
        _ = try mapping.optional("enable_http2", as: Bool.self)
        for key in ["proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header"] { try refuseIfUsed(key, &mapping) }
        return settings
    }

    private func readAuthorization(_ mapping: inout ConfigMapping, authenticators: [String]) throws(ConfigError) -> ScrapeAuthorization {
        let keys = ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"] + authenticators
        var used: [String] = []
        for key in keys where try isGiven(key, &mapping) { used.append(key) }
        if used.count > 1 { throw mapping.error(atKey: used[1], "\(used[1]) cannot be used together with \(used[0])") }
        try refuseIfUsed("oauth2", &mapping)
        switch used.first {
        case "basic_auth": return try mapping.required("basic_auth", reading: basicAuthorization(in:))
        case "authorization": return try mapping.required("authorization", reading: credentials(in:))
        case "bearer_token":
            return .credentials(type: "Bearer", .literal(try mapping.required("bearer_token", reading: secretText(in:))))
        case "bearer_token_file":
            return .credentials(type: "Bearer", .file(path: try mapping.required("bearer_token_file", reading: path(in:))))
        default: return .none
        }
    }

    private func basicAuthorization(in node: ConfigNode) throws(ConfigError) -> ScrapeAuthorization {
        try node.mapping { (mapping) throws(ConfigError) in
            .basic(
                username: try readSecret("username", &mapping, reading: plainText(in:)) ?? .literal(""),
                password: try readSecret("password", &mapping, reading: plainText(in:)) ?? .literal("")
            )
        }
    }

    private func credentials(in node: ConfigNode) throws(ConfigError) -> ScrapeAuthorization {
        try node.mapping { (mapping) throws(ConfigError) in
            let type = try mapping.optional("type", default: "Bearer").trimmingSpaces
            if type.lowercased() == "basic" { throw mapping.error(atKey: "type", "the type cannot be Basic; use basic_auth instead") }
            if !type.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) { throw mapping.error(atKey: "type", "the type must be one word") }
            // Without credentials Prometheus sends the type alone, which no server takes: the same as sending nothing.
            guard let secret = try readSecret("credentials", &mapping, reading: secretText(in:)) else { return .none }
            return .credentials(type: type.isEmpty ? "Bearer" : type, secret)
        }
    }

    /// A secret under `KEY`, or in the file that `KEY_file` names; one of the two at most.
    private func readSecret(
        _ key: String,
        _ mapping: inout ConfigMapping,
        reading read: (ConfigNode) throws(ConfigError) -> String
    ) throws(ConfigError) -> ScrapeSecret? {
        try refuseIfUsed("\(key)_ref", &mapping)
        let isInFile = try isGiven("\(key)_file", &mapping)
        if try isGiven(key, &mapping) {
            if isInFile { throw mapping.error(atKey: "\(key)_file", "\(key)_file cannot be used together with \(key)") }
            return .literal(try mapping.required(key, reading: read))
        }
        return isInFile ? .file(path: try mapping.required("\(key)_file", reading: path(in:))) : nil
    }

    /// The text of a secret; what is wrong with it is said without showing it.
    private func plainText(in node: ConfigNode) throws(ConfigError) -> String {
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

    func tlsSettings(in node: ConfigNode) throws(ConfigError) -> ScrapeTLSSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = ScrapeTLSSettings()
            settings.certificateAuthority = try readMaterial("ca", &mapping)
            settings.certificate = try readMaterial("cert", &mapping)
            settings.key = try readMaterial("key", &mapping)
            if (settings.certificate == nil) != (settings.key == nil) {
                throw mapping.node.error("a client certificate needs both cert or cert_file and key or key_file")
            }
            settings.serverName = try isGiven("server_name", &mapping) ? mapping.required("server_name", as: String.self) : nil
            settings.skipsVerification = try mapping.optional("insecure_skip_verify", default: false)
            settings.minimumVersion = try mapping.optional("min_version", reading: tlsVersion(in:))
            settings.maximumVersion = try mapping.optional("max_version", reading: tlsVersion(in:))
            if let minimum = settings.minimumVersion, let maximum = settings.maximumVersion, minimum.rawValue > maximum.rawValue {
                throw mapping.error(atKey: "min_version", "min_version is above max_version")
            }
            return settings
        }
    }

    private func readMaterial(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> ScrapeTLSSettings.Material? {
        try refuseIfUsed("\(key)_ref", &mapping)
        let isInFile = try isGiven("\(key)_file", &mapping)
        if try isGiven(key, &mapping) {
            if isInFile { throw mapping.error(atKey: "\(key)_file", "\(key)_file cannot be used together with \(key)") }
            return .pem(.literal(try mapping.required(key, reading: plainText(in:))))
        }
        return isInFile ? .file(path: try mapping.required("\(key)_file", reading: path(in:))) : nil
    }

    private func tlsVersion(in node: ConfigNode) throws(ConfigError) -> ScrapeTLSVersion {
        guard let version = ScrapeTLSVersion(rawValue: try node.string()) else {
            throw node.mismatch(expected: "one of \(ScrapeTLSVersion.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return version
    }

    /// Headers that the client sets itself, or that other settings are for.
    private static let reservedHeaders: Set<String> = [
        "accept", "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type", "host",
        "keep-alive",
        "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "user-agent", "www-authenticate",
        "x-prometheus-scrape-timeout-seconds", "x-prometheus-remote-read-version", "x-prometheus-remote-write-version",
    ]

    private func headers(in node: ConfigNode) throws(ConfigError) -> [ScrapeHeader] {
        let headers = try node.entries { (name, value) throws(ConfigError) in
            let isToken = !name.isEmpty && name.utf8.allSatisfy { $0.isHeaderNameByte }
            if !isToken { throw value.error("\"\(name)\" is not a header name") }
            if Self.reservedHeaders.contains(name.lowercased()) { throw value.error("the header \(name) cannot be set here") }
            return try value.mapping { (mapping) throws(ConfigError) in
                let values = try mapping.optional("values", reading: secretTexts(in:)) ?? []
                let secrets = try mapping.optional("secrets", reading: secretTexts(in:)) ?? []
                let files = try mapping.optional("files") { (node) throws(ConfigError) in try node.list(path(in:)) } ?? []
                return (values + secrets).map { ScrapeSecret.literal($0) } + files.map { .file(path: $0) }
            }
        }
        return headers.map { ScrapeHeader(name: $0.key, values: $0.value) }
    }

    private func secretTexts(in node: ConfigNode) throws(ConfigError) -> [String] { try node.list(secretText(in:)) }
}

extension ScrapeClientSettings {
    /// The files that the client reads for its secrets, certificates and keys.
    var referencedFiles: [String] {
        var secrets = headers.flatMap(\.values)
        switch authorization {
        case .none: break
        case .basic(let username, let password): secrets += [username, password]
        case .credentials(_, let secret): secrets.append(secret)
        }
        var paths = secrets.compactMap { if case .file(let path) = $0 { path } else { nil } }
        for material in [tls.certificateAuthority, tls.certificate, tls.key] {
            if case .file(let path)? = material { paths.append(path) }
        }
        return paths
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
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
