internal import AsyncHTTPClient
internal import NIOHTTP1

extension HTTPProxy {
    /// The proxy for a server; nil where it is reached directly.
    ///
    /// - Throws: ``OutboundFailure`` where the proxy's address cannot be read.
    func choice(
        scheme: String, host: String, port: Int, environment: [String: String]
    ) throws(OutboundFailure) -> HTTPClient.Configuration.Proxy? {
        switch source {
        case .none: return nil
        case .url(let address):
            if exceptions.contain(host: host, port: port) { return nil }
            return try proxy(address.read())
        case .environment:
            func value(_ name: String) -> String { environment[name] ?? environment[name.lowercased()] ?? "" }
            let address = value(scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY")
            if address.isEmpty || ProxyExceptions(value("NO_PROXY")).contain(host: host, port: port) { return nil }
            // As Go reads it: without a scheme it is a proxy that is spoken to by HTTP.
            return try proxy(address.contains("://") ? address : "http://" + address)
        }
    }

    private func proxy(_ address: String) throws(OutboundFailure) -> HTTPClient.Configuration.Proxy {
        guard let address = ProxyAddress(address) else { throw OutboundFailure(.connection, "the proxy's address cannot be read") }
        switch address.scheme {
        case "socks5", "socks5h": return .socksServer(host: address.host, port: address.port ?? 1080)
        case "http":
            var authorization: HTTPClient.Authorization?
            if let user = address.user { authorization = .basic(username: user, password: address.password) }
            var headers = HTTPHeaders()
            for header in connectHeaders {
                for value in header.values { headers.add(name: header.name, value: try value.read()) }
            }
            return .server(host: address.host, port: address.port ?? 80, authorization: authorization, connectHeaders: headers)
        default: throw OutboundFailure(.connection, "proxies are reached by http:// or socks5://, not by \(address.scheme)://")
        }
    }
}
