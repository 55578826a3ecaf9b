internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

extension ScrapeClientSettings {
    /// The configuration of a client with these settings.
    ///
    /// - Throws: where a certificate or key cannot be read.
    func makeConfiguration(timeoutMilliseconds: Int64) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = followRedirects ? .follow(max: 10, allowCycles: false) : .disallow
        configuration.timeout.connect = .milliseconds(timeoutMilliseconds)
        // Targets that are scraped every few minutes keep their connection too.
        configuration.connectionPool.idleTimeout = .minutes(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tlsConfiguration = try tls.makeConfiguration()
        if let proxyURL {
            guard let url = URL(string: proxyURL), let host = url.host(), !host.isEmpty else {
                throw ScrapeFailure(.connection, "the proxy's address cannot be read")
            }
            configuration.proxy = .server(host: host, port: url.port ?? (url.scheme == "https" ? 443 : 80))
        }
        return configuration
    }

    /// Authorization and the configured headers; files are read now.
    ///
    /// - Throws: ``ScrapeFailure`` where a file cannot be read.
    func makeHeaders() throws(ScrapeFailure) -> HTTPHeaders {
        var result = HTTPHeaders()
        switch authorization {
        case .none: break
        case .basic(let username, let password):
            let pair = try username.read() + ":" + password.read()
            result.add(name: "authorization", value: "Basic " + Data(pair.utf8).base64EncodedString())
        case .credentials(let type, let credentials):
            result.add(name: "authorization", value: try type + " " + credentials.read())
        }
        for header in headers {
            for value in header.values { result.add(name: header.name, value: try value.read()) }
        }
        return result
    }
}

extension ScrapeSecret {
    /// The text; of a file its content without white space around it.
    func read() throws(ScrapeFailure) -> String {
        switch self {
        case .literal(let text): return text
        case .file(let path):
            do {
                return try String(contentsOf: URL(filePath: path), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw ScrapeFailure(.credentials, "the credentials file \(path) cannot be read")
            }
        }
    }
}

extension ScrapeTLSSettings {
    func makeConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificateAuthority {
            configuration.trustRoots = .certificates(try certificateAuthority.certificates())
        }
        if let certificate, let key {
            configuration.certificateChain = try certificate.certificates().map { .certificate($0) }
            configuration.privateKey = .privateKey(try key.privateKey())
        }
        if skipsVerification { configuration.certificateVerification = .none }
        if serverName != nil {
            throw ScrapeFailure(.connection, "server_name of tls_config cannot be set: the name in the target's address is the one checked")
        }
        configuration.minimumTLSVersion = minimumVersion?.version ?? .tlsv12
        configuration.maximumTLSVersion = maximumVersion?.version
        return configuration
    }
}

extension ScrapeTLSSettings.Material {
    fileprivate func certificates() throws -> [NIOSSLCertificate] {
        switch self {
        case .pem(let text): try NIOSSLCertificate.fromPEMBytes(Array(text.read().utf8))
        case .file(let path): try NIOSSLCertificate.fromPEMFile(path)
        }
    }

    fileprivate func privateKey() throws -> NIOSSLPrivateKey {
        switch self {
        case .pem(let text): try NIOSSLPrivateKey(bytes: Array(text.read().utf8), format: .pem)
        case .file(let path): try NIOSSLPrivateKey(file: path, format: .pem)
        }
    }
}

extension ScrapeTLSVersion {
    fileprivate var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}
