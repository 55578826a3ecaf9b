/// How a job's HTTP client speaks to targets: who it says it is, and what it trusts.
public struct ScrapeClientSettings: Sendable, Hashable {
    public var authorization: ScrapeAuthorization
    public var tls: ScrapeTLSSettings
    /// `http_headers`: further request headers.
    public var headers: [ScrapeHeader]
    public var followRedirects: Bool
    /// `proxy_url`; nil where targets are reached directly.
    public var proxyURL: String?

    public init(
        authorization: ScrapeAuthorization = .none, tls: ScrapeTLSSettings = ScrapeTLSSettings(), headers: [ScrapeHeader] = [],
        followRedirects: Bool = true, proxyURL: String? = nil
    ) {
        self.authorization = authorization
        self.tls = tls
        self.headers = headers
        self.followRedirects = followRedirects
        self.proxyURL = proxyURL
    }
}

/// The `Authorization` header of scrape requests.
public enum ScrapeAuthorization: Sendable, Hashable {
    case none
    /// `basic_auth`.
    case basic(username: ScrapeSecret, password: ScrapeSecret)
    /// `authorization`; the type is usually `Bearer`.
    case credentials(type: String, ScrapeSecret)
}

/// One request header; one with several values is sent several times.
public struct ScrapeHeader: Sendable, Hashable {
    public var name: String
    public var values: [ScrapeSecret]

    public init(name: String, values: [ScrapeSecret]) {
        self.name = name
        self.values = values
    }
}

/// A text that may be a secret: given in the configuration, or in a file that is read anew for every scrape so that it can be rotated.
///
/// It prints as `<secret>` or as the file's path, never as what it holds.
public enum ScrapeSecret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    case literal(String)
    case file(path: String)

    public var description: String {
        switch self {
        case .literal: "<secret>"
        case .file(let path): path
        }
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(reflecting: description) }
}

/// `tls_config` of a job.
public struct ScrapeTLSSettings: Sendable, Hashable {
    /// A certificate or a key, in the configuration or in a file.
    public enum Material: Sendable, Hashable {
        case pem(ScrapeSecret)
        case file(path: String)
    }

    /// The certificates that are trusted; nil for those of the system.
    public var certificateAuthority: Material?
    /// The client's own certificate and key.
    public var certificate: Material?
    public var key: Material?
    /// The name that the target's certificate has to bear, where it is not the host of the URL.
    public var serverName: String?
    public var skipsVerification: Bool
    public var minimumVersion: ScrapeTLSVersion?
    public var maximumVersion: ScrapeTLSVersion?

    public init(
        certificateAuthority: Material? = nil, certificate: Material? = nil, key: Material? = nil, serverName: String? = nil,
        skipsVerification: Bool = false, minimumVersion: ScrapeTLSVersion? = nil, maximumVersion: ScrapeTLSVersion? = nil
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
public enum ScrapeTLSVersion: String, Sendable, Hashable, CaseIterable {
    case tls10 = "TLS10"
    case tls11 = "TLS11"
    case tls12 = "TLS12"
    case tls13 = "TLS13"
}
