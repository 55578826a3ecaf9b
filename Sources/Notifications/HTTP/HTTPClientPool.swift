internal import AsyncHTTPClient
internal import ConfigFile
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// The HTTP clients of all receivers: those with the same settings share one. A client is made anew when a file of its TLS settings changes.
final class HTTPClientPool: Sendable {
    /// What a client is made of.
    struct Key: Hashable {
        var tls: TLSSettings
        var followsRedirects: Bool
        var allowsHTTP2: Bool
        var proxy: ProxyAddress?
        var connectHeaders: [HTTPClientSettings.Header]
        /// The name that is asked for in place of a host's, and that host.
        var hostOverride: [String: String]
        /// What the files of the TLS settings look like.
        var files: [FileSignature?]
    }

    /// A client while it is in use.
    final class Lease: Sendable {
        let client: HTTPClient
        fileprivate let state = Mutex((uses: 0, isRetired: false))

        fileprivate init(_ client: HTTPClient) { self.client = client }

        /// Whether nobody uses it any more and it is to go.
        fileprivate func change(_ body: (inout (uses: Int, isRetired: Bool)) -> Void) -> Bool {
            state.withLock { state in
                body(&state)
                return state.isRetired && state.uses == 0
            }
        }
    }

    private struct State {
        var clients: [Key: Lease] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// A client for requests to an address; ``release(_:)`` gives it back. Blocks while files are read.
    func lease(_ key: Key) throws(DeliveryFailure) -> Lease {
        if let found = use(key) { return found }
        let made = Lease(HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: try configuration(key)))
        let replaced: [Lease] = state.withLock { state in
            guard !state.isClosed, state.clients[key] == nil else { return [made] }
            // Those with the same settings over earlier files are used no more.
            let old = state.clients.filter { entry in
                var other = entry.key
                other.files = key.files
                return other == key
            }
            for entry in old { state.clients[entry.key] = nil }
            state.clients[key] = made
            return Array(old.values)
        }
        for lease in replaced { retire(lease) }
        guard let lease = use(key) else { throw .canceled }
        return lease
    }

    private func use(_ key: Key) -> Lease? {
        state.withLock { state in
            guard let lease = state.clients[key] else { return nil }
            _ = lease.change { $0.uses += 1 }
            return lease
        }
    }

    func release(_ lease: Lease) {
        if lease.change({ $0.uses -= 1 }) { HTTPClientPool.shutDown(lease) }
    }

    private func retire(_ lease: Lease) {
        if lease.change({ $0.isRetired = true }) { HTTPClientPool.shutDown(lease) }
    }

    private static func shutDown(_ lease: Lease) {
        lease.client.shutdown { _ in
            // A client that goes cannot do more than go.
        }
    }

    deinit {
        for lease in state.withLock({ Array($0.clients.values) }) { HTTPClientPool.shutDown(lease) }
    }

    /// Closes all connections. Requests that are under way fail.
    func shutdown() async {
        let leases = state.withLock { state in
            defer { state.clients = [:] }
            state.isClosed = true
            return Array(state.clients.values)
        }
        for lease in leases {
            try? await lease.client.shutdown()
        }
    }

    private func configuration(_ key: Key) throws(DeliveryFailure) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = key.followsRedirects ? .follow(max: 10, allowCycles: false) : .disallow
        configuration.timeout.connect = .seconds(10)
        // Notifications are minutes apart, and by then receivers have closed what lay idle.
        configuration.connectionPool.idleTimeout = .seconds(15)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = key.allowsHTTP2 ? .automatic : .http1Only
        configuration.tlsConfiguration = try key.tls.makeConfiguration()
        configuration.dnsOverride = key.hostOverride
        if let proxy = key.proxy {
            var headers = HTTPHeaders()
            for header in key.connectHeaders {
                for value in header.values { headers.add(name: header.name, value: try value.read()) }
            }
            let authorization = proxy.user.map { HTTPClient.Authorization.basic(credentials: Data($0.utf8).base64EncodedString()) }
            configuration.proxy = .server(host: proxy.host, port: proxy.port, authorization: authorization, connectHeaders: headers)
        }
        return configuration
    }
}
