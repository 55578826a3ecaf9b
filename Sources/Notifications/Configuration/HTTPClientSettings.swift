internal import ConfigFile

/// `http_config`: how a receiver is spoken to over HTTP.
struct HTTPClientSettings: Sendable, Hashable {
    enum Authorization: Sendable, Hashable {
        case none
        case basic(username: SecretText, password: SecretText)
        /// The type is usually `Bearer`.
        case credentials(type: String, SecretText)
        case oauth2(OAuth2Settings)
    }

    /// One request header; one with several values is sent several times.
    struct Header: Sendable, Hashable {
        var name: String
        var values: [SecretText]
    }

    var authorization = Authorization.none
    var tls = TLSSettings()
    var headers: [Header] = []
    var followsRedirects = true
    var allowsHTTP2 = true
    var proxy = ProxySettings()
}

/// `oauth2` of `http_config`: client credentials (RFC 6749, section 4.4).
struct OAuth2Settings: Sendable, Hashable {
    var clientID: String
    var clientSecret: SecretText?
    var scopes: [String]
    var tokenURL: String
    var parameters: [NamedTemplate]
    var tls: TLSSettings
    var proxy: ProxySettings
}

/// Through which proxy requests go.
struct ProxySettings: Sendable, Hashable {
    /// `proxy_url`; nil for none.
    var address: ProxyAddress?
    /// `no_proxy`: hosts that are spoken to directly, with commas between them.
    var exceptions = ""
    /// Whether the environment names proxy and exceptions (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`).
    var isFromEnvironment = false
    /// `proxy_connect_header`: what is said to the proxy where it is asked for a connection.
    var connectHeaders: [HTTPClientSettings.Header] = []
}

/// Where a proxy is reached. It prints without the user's name and password.
struct ProxyAddress: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    var host: String
    var port: Int
    /// Name and password with a colon between them; nil for none.
    var user: String?

    var description: String { "\(host):\(port)" }
    var customMirror: Mirror { Mirror(reflecting: description) }

    /// Reads `http://user:password@host:port`; nil where it is no address, or the proxy speaks something else than HTTP.
    init?(_ text: String) {
        guard text.lowercased().hasPrefix("http://"), let address = try? HTTPAddress(text) else { return nil }
        let behind = text.dropFirst(7).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        user = behind.lastIndex(of: "@").map { String(behind[..<$0]) }
        user = user.map { String(decoding: PercentForm.decodeQuery(Array($0.utf8)) ?? Array($0.utf8), as: UTF8.self) }
        (host, port) = (address.origin.host, address.origin.port)
    }
}
