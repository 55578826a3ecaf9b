/// How a client speaks HTTP to others: who it says it is, what it trusts, and which way it goes. The keys that Prometheus calls
/// `http_config`, for scrapes, discovery, remote writes and receivers alike.
public struct HTTPClientSettings: Sendable, Hashable {
    public var authorization: HTTPAuthorization
    public var tls: HTTPTLSSettings
    /// `http_headers`: further request headers.
    public var headers: [HTTPHeaderSetting]
    public var followRedirects: Bool
    /// `enable_http2`: whether HTTP/2 is spoken with servers that offer it.
    public var allowsHTTP2: Bool
    public var proxy: HTTPProxy
    /// `round_robin_dns`: each request goes to one of the addresses that stand behind the host's name, taken at random.
    public var spreadsOverAddresses = false

    public init(
        authorization: HTTPAuthorization = .none, tls: HTTPTLSSettings = HTTPTLSSettings(), headers: [HTTPHeaderSetting] = [],
        followRedirects: Bool = true, allowsHTTP2: Bool = true, proxy: HTTPProxy = .none
    ) {
        self.authorization = authorization
        self.tls = tls
        self.headers = headers
        self.followRedirects = followRedirects
        self.allowsHTTP2 = allowsHTTP2
        self.proxy = proxy
    }
}

/// The `Authorization` header of requests.
public indirect enum HTTPAuthorization: Sendable, Hashable {
    case none
    /// `basic_auth`.
    case basic(username: HTTPSecret, password: HTTPSecret)
    /// `authorization`; the type is usually `Bearer`.
    case credentials(type: String, HTTPSecret)
    /// `oauth2`: a token that is asked for, and asked for anew before it ends.
    case oauth2(OAuth2Settings)
    /// `sigv4`: each request is signed with the keys of an account of AWS.
    case amazon(AmazonSettings)
    /// `azuread`: a token of Microsoft Entra ID.
    case azure(AzureSettings)
    /// `google_iam`: a token of Google.
    case google(GoogleSettings)
}

/// `oauth2`: the client credentials grant (RFC 6749, section 4.4), or an assertion that the client signs (RFC 7523).
public struct OAuth2Settings: Sendable, Hashable {
    public enum Grant: Sendable, Hashable {
        case clientCredentials
        case signedAssertion(OAuth2Assertion)
    }

    public var clientID: String
    /// For ``Grant/clientCredentials``.
    public var clientSecret: HTTPSecret
    public var tokenURL: String
    public var scopes: [String]
    /// `endpoint_params`: further fields of the form that is sent, in order.
    public var parameters: [Parameter]
    public var grant: Grant = .clientCredentials
    public var tls: HTTPTLSSettings
    public var proxy: HTTPProxy

    public struct Parameter: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        clientID: String, clientSecret: HTTPSecret, tokenURL: String, scopes: [String] = [], parameters: [Parameter] = [],
        tls: HTTPTLSSettings = HTTPTLSSettings(), proxy: HTTPProxy = .none
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tokenURL = tokenURL
        self.scopes = scopes
        self.parameters = parameters
        self.tls = tls
        self.proxy = proxy
    }
}

/// What a client of `oauth2` signs where `grant_type` is `urn:ietf:params:oauth:grant-type:jwt-bearer`.
public struct OAuth2Assertion: Sendable, Hashable {
    /// The value of `grant_type`.
    public static let grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    /// `client_certificate_key`: a private key of RSA in PEM.
    public var key: HTTPSecret
    /// `client_certificate_key_id`.
    public var keyID: String?
    /// `signature_algorithm`.
    public var algorithm = TokenAlgorithm.rs256
    /// `iss`; nil for the client's name.
    public var issuer: String?
    /// `audience`; nil for the address of the token server.
    public var audience: String?
    /// `claims`: further ones, which count before those that the client makes.
    public var claims: [String: TokenClaim] = [:]

    public init(key: HTTPSecret) { self.key = key }
}

/// Which way requests go.
public struct HTTPProxy: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        case none
        /// `proxy_url`; the address may hold a password.
        case url(HTTPSecret)
        /// `proxy_from_environment`: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` as the process was started with.
        case environment
    }

    public var source: Source
    /// `no_proxy`: the hosts that are reached without the proxy of `proxy_url`.
    public var exceptions: ProxyExceptions
    /// `proxy_connect_header`: headers that the proxy gets when it is asked for a tunnel.
    public var connectHeaders: [HTTPHeaderSetting]

    public static let none = HTTPProxy(.none)

    public init(_ source: Source, exceptions: ProxyExceptions = .none, connectHeaders: [HTTPHeaderSetting] = []) {
        self.source = source
        self.exceptions = exceptions
        self.connectHeaders = connectHeaders
    }
}

/// One request header; one with several values is sent several times.
public struct HTTPHeaderSetting: Sendable, Hashable {
    public var name: String
    public var values: [HTTPSecret]

    public init(name: String, values: [HTTPSecret]) {
        self.name = name
        self.values = values
    }
}

/// A text that may be a secret: given in the configuration, or in a file that is read anew for every request so that it can be rotated.
///
/// It prints as `<secret>` or as the file's path, never as what it holds.
public enum HTTPSecret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    case literal(String)
    case file(path: String)

    /// What is shown in a secret's place.
    public static let placeholder = "<secret>"

    public var description: String {
        switch self {
        case .literal: HTTPSecret.placeholder
        case .file(let path): path
        }
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(reflecting: description) }
}

/// `tls_config`.
public struct HTTPTLSSettings: Sendable, Hashable {
    /// A certificate or a key, in the configuration or in a file.
    public enum Material: Sendable, Hashable {
        case pem(HTTPSecret)
        case file(path: String)
    }

    /// The certificates that are trusted; nil for those of the system.
    public var certificateAuthority: Material?
    /// The client's own certificate and key.
    public var certificate: Material?
    public var key: Material?
    /// The name that the server's certificate has to bear, where it is not the host of the URL.
    public var serverName: String?
    public var skipsVerification: Bool
    public var minimumVersion: HTTPTLSVersion?
    public var maximumVersion: HTTPTLSVersion?

    public init(
        certificateAuthority: Material? = nil, certificate: Material? = nil, key: Material? = nil, serverName: String? = nil,
        skipsVerification: Bool = false, minimumVersion: HTTPTLSVersion? = nil, maximumVersion: HTTPTLSVersion? = nil
    ) {
        self.certificateAuthority = certificateAuthority
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
        self.skipsVerification = skipsVerification
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
    }
}

/// A version of TLS; the raw values are the names in configuration files.
public enum HTTPTLSVersion: String, Sendable, Hashable, CaseIterable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"
}

extension HTTPClientSettings {
    /// The files that the client reads for its secrets, certificates and keys.
    public var referencedFiles: [String] {
        var secrets = headers.flatMap(\.values)
        var materials = tls.materials
        switch authorization {
        case .none: break
        case .basic(let username, let password): secrets += [username, password]
        case .credentials(_, let secret): secrets.append(secret)
        case .oauth2(let settings):
            switch settings.grant {
            case .clientCredentials: secrets.append(settings.clientSecret)
            case .signedAssertion(let assertion): secrets.append(assertion.key)
            }
            materials += settings.tls.materials
        case .amazon: break
        case .azure(let settings):
            if case .certificate(let certificate) = settings.identity { secrets += certificate.files.map { .file(path: $0) } }
        case .google(let settings):
            if let path = settings.credentialsFile { secrets.append(.file(path: path)) }
        }
        var paths = secrets.compactMap { if case .file(let path) = $0 { path } else { nil } }
        for case .file(let path) in materials { paths.append(path) }
        return paths
    }
}

extension HTTPTLSSettings {
    /// Certificates and keys, as far as they are set.
    var materials: [Material] { [certificateAuthority, certificate, key].compactMap { $0 } }
}
