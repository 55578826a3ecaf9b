internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What gives requests an authorization that other servers have to be asked for, or that depends on the request.
struct RequestAuthority: Sendable {
    private enum Kind: Sendable {
        case token(TokenSource)
        case signature(RenewedSecret<AmazonIdentity>, service: String)
    }

    private let kind: Kind
    private let servers: CredentialServers

    /// Nil where the settings say all that is needed.
    ///
    /// - Throws: ``OutboundFailure`` where certificates of the settings cannot be used.
    init?(
        _ authorization: HTTPAuthorization, userAgent: String, eventLoopGroup: any EventLoopGroup, threadPool: NIOThreadPool,
        environment: [String: String]
    ) throws(OutboundFailure) {
        // The clients of the clouds go through the proxy of the environment, whatever way requests go otherwise.
        var client = HTTPClientSettings(proxy: HTTPProxy(.environment))
        switch authorization {
        case .none, .basic, .credentials: return nil
        case .oauth2(let settings): client = HTTPClientSettings(tls: settings.tls, proxy: settings.proxy)
        case .amazon, .azure, .google: break
        }
        let servers = try CredentialServers(
            far: client, userAgent: userAgent, eventLoopGroup: eventLoopGroup, threadPool: threadPool, environment: environment)
        self.servers = servers
        switch authorization {
        case .none, .basic, .credentials: return nil
        case .oauth2(let settings):
            kind = .token(
                OAuth2Tokens.source(settings) { form, authorization in
                    try await servers.send(form: form, to: settings.tokenURL, authorization: authorization)
                })
        case .amazon(let settings):
            let chain = AmazonKeyChain(settings: settings, servers: servers)
            kind = .signature(RenewedSecret { try await chain.lease() }, service: settings.service)
        case .azure(let settings):
            let tokens = AzureTokens(settings: settings, servers: servers)
            kind = .token(TokenSource { try await tokens.lease() })
        case .google(let settings):
            let tokens = GoogleTokens(settings: settings, servers: servers)
            kind = .token(TokenSource { try await tokens.lease() })
        }
    }

    /// Whether the authorization of a request is good for its address and body alone.
    var signsRequests: Bool { if case .signature = kind { true } else { false } }

    /// Authorizes a request. What is added to it later is not part of a signature.
    ///
    /// - Parameters:
    ///   - url: is changed to the form that was signed.
    ///   - note: is told of secrets.
    func authorize(
        _ method: HTTPMethod, _ url: inout String, _ headers: inout HTTPHeaders, body: [UInt8], noting note: ((String) -> Void)?
    ) async throws {
        switch kind {
        case .token(let source):
            let token = try await source.current()
            note?(token.secret)
            headers.replaceOrAdd(name: "authorization", value: token.authorization)
            if let project = token.billedProject { headers.replaceOrAdd(name: "x-goog-user-project", value: project) }
        case .signature(let source, let service):
            let identity = try await source.current()
            note?(identity.keys.secretKey)
            if let token = identity.keys.sessionToken { note?(token) }
            try RequestSignature(region: identity.region, service: service).sign(
                method.rawValue, &url, &headers, body: body, with: identity.keys,
                at: Int64(Date().timeIntervalSince1970 * 1000))
        }
    }

    /// Forgets a token that a server did not take.
    func forget() async {
        if case .token(let source) = kind { await source.forget() }
    }

    func shutdown() async { await servers.shutdown() }
}
