internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
public import NIOSSL

/// Connections for one name that go to another one, or to an address; the name stays that of requests and certificates.
struct HTTPDetour: Sendable, Hashable {
    var name: String
    var host: String
}

extension HTTPClientSettings {
    /// The configuration of a client with these settings.
    ///
    /// - Parameters:
    ///   - connectionsPerServer: how many requests to one server are on their way at a time; further ones wait.
    ///   - idleSeconds: how long connections are kept that nothing goes over.
    ///   - proxy: where requests go instead of to the server itself.
    ///   - detour: where connections go instead of to the host of the address.
    /// - Throws: ``OutboundFailure`` where a certificate or key cannot be read.
    func makeConfiguration(
        connectMilliseconds: Int64, connectionsPerServer: Int, idleSeconds: Int64, proxy: HTTPClient.Configuration.Proxy?,
        detour: HTTPDetour?
    ) throws(OutboundFailure) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration =
            followsByItself ? .follow(max: HTTPClientSettings.redirectsMax, allowCycles: false) : .disallow
        configuration.timeout.connect = .milliseconds(connectMilliseconds)
        configuration.connectionPool.idleTimeout = .seconds(idleSeconds)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerServer
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = allowsHTTP2 ? .automatic : .http1Only
        configuration.tlsConfiguration = try tls.makeConfiguration()
        configuration.proxy = proxy
        if let detour { configuration.dnsOverride = [detour.name: detour.host] }
        return configuration
    }

    static let redirectsMax = 10

    /// Whether the library may go where a server points to: not with a signature, which is good for one address.
    private var followsByItself: Bool { if case .amazon = authorization { false } else { followRedirects } }

    /// The configured headers, and authorization unless that is a token to be asked for; files are read now.
    ///
    /// - Parameter note: is told of every secret.
    /// - Throws: ``OutboundFailure`` where a file cannot be read.
    func makeHeaders(noting note: ((String) -> Void)? = nil) throws(OutboundFailure) -> HTTPHeaders {
        func text(_ secret: HTTPSecret) throws(OutboundFailure) -> String {
            let text = try secret.read()
            note?(text)
            return text
        }
        var result = HTTPHeaders()
        switch authorization {
        case .none, .amazon, .azure, .google: break
        case .oauth2(let settings):
            // It is needed only where a token is asked for, which says what is wrong with it.
            if let note, let secret = try? settings.clientSecret.read() { note(secret) }
        case .basic(let username, let password):
            let pair = try username.read() + ":" + text(password)
            note?(pair)
            result.add(name: "authorization", value: "Basic " + Data(pair.utf8).base64EncodedString())
        case .credentials(let type, let credentials):
            result.add(name: "authorization", value: try type + " " + text(credentials))
        }
        for header in headers {
            for value in header.values { result.add(name: header.name, value: try text(value)) }
        }
        return result
    }
}

extension HTTPSecret {
    /// The text; of a file its content without white space around it.
    public func read() throws(OutboundFailure) -> String {
        switch self {
        case .literal(let text): return text
        case .file(let path):
            do {
                return try String(contentsOf: URL(filePath: path), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw OutboundFailure(.credentials, "the credentials file \(path) cannot be read")
            }
        }
    }
}

extension HTTPTLSSettings {
    /// What NIOSSL needs for a connection with these settings; files are read now.
    public func makeConfiguration() throws(OutboundFailure) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificateAuthority {
            configuration.trustRoots = .certificates(try certificateAuthority.certificates("certificate authority"))
        }
        if let certificate, let key {
            configuration.certificateChain = try certificate.certificates("client certificate").map { .certificate($0) }
            configuration.privateKey = .privateKey(try key.privateKey())
        }
        if skipsVerification { configuration.certificateVerification = .none }
        configuration.minimumTLSVersion = minimumVersion?.version ?? .tlsv12
        configuration.maximumTLSVersion = maximumVersion?.version
        return configuration
    }
}

extension HTTPTLSSettings.Material {
    fileprivate func certificates(_ purpose: String) throws(OutboundFailure) -> [NIOSSLCertificate] {
        do {
            switch self {
            case .pem(let text): return try NIOSSLCertificate.fromPEMBytes(Array(text.read().utf8))
            case .file(let path): return try NIOSSLCertificate.fromPEMFile(path)
            }
        } catch {
            throw OutboundFailure(.credentials, "the \(purpose)\(place) cannot be used")
        }
    }

    fileprivate func privateKey() throws(OutboundFailure) -> NIOSSLPrivateKey {
        do {
            switch self {
            case .pem(let text): return try NIOSSLPrivateKey(bytes: Array(text.read().utf8), format: .pem)
            case .file(let path): return try NIOSSLPrivateKey(file: path, format: .pem)
            }
        } catch {
            throw OutboundFailure(.credentials, "the client's key\(place) cannot be used")
        }
    }

    private var place: String { if case .file(let path) = self { " in \(path)" } else { "" } }
}

extension HTTPTLSVersion {
    fileprivate var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}
