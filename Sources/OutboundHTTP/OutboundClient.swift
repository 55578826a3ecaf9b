public import AsyncHTTPClient
internal import ConfigFile
internal import Foundation
public import NIOCore
public import NIOHTTP1
public import NIOPosix
internal import Synchronization

/// A request to another server, and all of what is sent.
public struct OutboundRequest: Sendable {
    public var method: HTTPMethod
    public var url: String
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// A response whose body is larger is a failure.
    public var responseBytesMax: Int

    public init(
        _ method: HTTPMethod = .GET, _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [], responseBytesMax: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.responseBytesMax = responseBytesMax
    }
}

/// The whole of what another server answered.
public struct OutboundResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]
}

/// Speaks HTTP to other servers with one set of ``HTTPClientSettings``: adds authorization and headers, goes through proxies, asks for
/// tokens, and takes certificates anew when their files change.
public final class OutboundClient: Sendable {
    /// What a client is for.
    public enum Usage: Sendable, Hashable {
        /// The same servers again and again: connections are kept for minutes, and a request that a server closed one upon is sent again.
        case steady
        /// Requests far apart, none of which is to reach its server twice: connections are closed soon, and certificates are looked at for
        /// each request.
        case occasional

        fileprivate var idleSeconds: Int64 { self == .steady ? 300 : 15 }
        /// How often the files of certificates are looked at.
        fileprivate var checkInterval: Duration { self == .steady ? .seconds(5) : .zero }
        /// How often a request is sent, where the connection is closed each time.
        var attempts: Int { self == .steady ? 3 : 1 }
    }

    /// What a connection depends on besides the server: clients of the library are made for each.
    private struct Way: Hashable {
        var proxy: HTTPClient.Configuration.Proxy?
        var detour: HTTPDetour?
    }

    private struct State: Sendable {
        var clients: [Way: HTTPClient] = [:]
        /// Certificates as they were when the clients were made.
        var signatures: [FileSignature?] = []
        var checkedAt: ContinuousClock.Instant?
        var isShutDown = false
    }

    /// How long a request may go on with certificates that have been replaced.
    private static let leaveSeconds = 300
    /// Hosts and addresses that connections of their own are kept for (``Way/detour``).
    private static let waysMax = 256

    public let settings: HTTPClientSettings
    private let userAgent: String
    let usage: Usage
    private let connectMilliseconds: Int64
    private let connectionsPerServer: Int
    private let eventLoopGroup: any EventLoopGroup
    private let threadPool: NIOThreadPool
    private let environment: [String: String]
    private let certificateFiles: [String]
    private let readsFiles: Bool
    let authority: RequestAuthority?
    private let addresses: HostAddresses?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - connectionsPerServer: how many requests to one server are on their way at a time; further ones wait.
    ///   - environment: where `proxy_from_environment` looks; nil for the process' own.
    /// - Throws: ``OutboundFailure`` where certificates cannot be used.
    public convenience init(
        _ settings: HTTPClientSettings, userAgent: String, usage: Usage = .steady, connectMilliseconds: Int64 = 10_000,
        connectionsPerServer: Int = 8,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, threadPool: NIOThreadPool = .singleton,
        environment: [String: String]? = nil
    ) throws(OutboundFailure) {
        try self.init(
            settings, userAgent: userAgent, usage: usage, connectMilliseconds: connectMilliseconds,
            connectionsPerServer: connectionsPerServer, eventLoopGroup: eventLoopGroup, threadPool: threadPool, environment: environment,
            addresses: settings.spreadsOverAddresses ? HostAddresses(threadPool) : nil)
    }

    /// - Parameter addresses: where the addresses behind names are found that requests are spread over; nil where they are not.
    init(
        _ settings: HTTPClientSettings, userAgent: String, usage: Usage, connectMilliseconds: Int64, connectionsPerServer: Int,
        eventLoopGroup: any EventLoopGroup, threadPool: NIOThreadPool, environment: [String: String]?, addresses: HostAddresses?
    ) throws(OutboundFailure) {
        self.addresses = addresses
        self.settings = settings
        self.userAgent = userAgent
        self.usage = usage
        self.connectMilliseconds = connectMilliseconds
        self.connectionsPerServer = connectionsPerServer
        self.eventLoopGroup = eventLoopGroup
        self.threadPool = threadPool
        self.environment = environment ?? ProcessInfo.processInfo.environment
        certificateFiles = settings.tls.materials.compactMap { if case .file(let path) = $0 { path } else { nil } }
        readsFiles = settings.authorization != .none || !settings.headers.isEmpty
        authority = try RequestAuthority(
            settings.authorization, userAgent: userAgent, eventLoopGroup: eventLoopGroup, threadPool: threadPool,
            environment: self.environment)
        state = Mutex(State(signatures: certificateFiles.map { FileSignature(path: $0) }, checkedAt: .now))
        // What cannot be used is said now and not by the first request.
        let configuration = try settings.makeConfiguration(
            connectMilliseconds: connectMilliseconds, connectionsPerServer: connectionsPerServer, idleSeconds: usage.idleSeconds,
            proxy: nil, detour: nil)
        if settings.proxy == .none, settings.tls.serverName == nil, addresses == nil {
            let client = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
            state.withLock { $0.clients[Way()] = client }
        }
    }

    // The library's client insists on being shut down before it is let go.
    deinit {
        let clients = state.withLock { state in
            state.isShutDown = true
            return Array(state.clients.values)
        }
        if !clients.isEmpty { Task { for client in clients { try? await client.shutdown() } } }
    }

    /// Closes all connections, and returns when they are closed. Closing again does nothing.
    public func shutdown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        for client in clients { try? await client.shutdown() }
        await authority?.shutdown()
    }

    /// Sends a request and reads the whole response within a time.
    ///
    /// - Throws: ``OutboundFailure``, or `CancellationError` where the task is cancelled. A status is no failure.
    public func send(_ request: OutboundRequest, timeoutMilliseconds: Int64) async throws -> OutboundResponse {
        var prepared = HTTPClientRequest(url: request.url)
        prepared.method = request.method
        prepared.headers = request.headers
        if !request.body.isEmpty { prepared.body = .bytes(request.body) }
        let toSend = prepared
        // The deadline of the library covers the response's head only, so the body needs a timer of its own.
        return try await withThrowingTaskGroup(of: OutboundResponse?.self) { group in
            group.addTask {
                try await self.response(
                    to: toSend, body: request.body, bytesMax: request.responseBytesMax, timeoutMilliseconds)
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(timeoutMilliseconds))
                return nil
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() ?? nil else { throw OutboundFailure.timeout(milliseconds: timeoutMilliseconds) }
            return response
        }
    }

    private func response(
        to request: HTTPClientRequest, body sent: [UInt8], bytesMax: Int, _ timeoutMilliseconds: Int64
    ) async throws -> OutboundResponse {
        do {
            let response = try await execute(request, body: sent, deadline: .now() + .milliseconds(timeoutMilliseconds), noting: nil)
            var body: [UInt8] = []
            for try await chunk in response.body {
                guard body.count + chunk.readableBytes <= bytesMax else {
                    throw OutboundFailure(.body, "the answer is larger than \(bytesMax) bytes")
                }
                body.append(contentsOf: chunk.readableBytesView)
            }
            return OutboundResponse(status: Int(response.status.code), headers: response.headers, body: body)
        } catch let failure as OutboundFailure {
            throw failure
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw OutboundFailure(error, timeoutMilliseconds: timeoutMilliseconds)
        }
    }

    /// Sends a request with the settings' authorization and headers added, and gives the response as soon as its head is there.
    ///
    /// Authorization that the request bears already stays as it is. A connection that the server closed while it lay idle is no failure of
    /// a client with steady use: the request is sent again. Where a token was not taken, another one is asked for, once.
    /// Where the settings sign requests, one with a body goes by ``send(_:timeoutMilliseconds:)``, which knows what is to be signed.
    ///
    /// - Parameter note: is told of every secret of the settings before it is sent.
    /// - Throws: ``OutboundFailure``, or what the library throws, for which ``OutboundFailure/init(_:timeoutMilliseconds:)`` has words.
    public func execute(
        _ request: HTTPClientRequest, deadline: NIODeadline, noting note: (@Sendable (String) -> Void)? = nil
    ) async throws -> HTTPClientResponse {
        try await execute(request, body: [], deadline: deadline, noting: note)
    }

    private func execute(
        _ request: HTTPClientRequest, body: [UInt8], deadline: NIODeadline, noting note: (@Sendable (String) -> Void)?
    ) async throws -> HTTPClientResponse {
        let response = try await executeOnce(request, body: body, deadline: deadline, noting: note)
        guard let authority else { return response }
        if authority.signsRequests {
            return try await follow(response, request, body: body, deadline: deadline, noting: note)
        }
        guard response.status == .unauthorized else { return response }
        await authority.forget()
        return try await executeOnce(request, body: body, deadline: deadline, noting: note)
    }

    private func executeOnce(
        _ request: HTTPClientRequest, body: [UInt8], deadline: NIODeadline, noting note: (@Sendable (String) -> Void)?
    ) async throws -> HTTPClientResponse {
        var complete = request
        try await authority?.authorize(complete.method, &complete.url, &complete.headers, body: body, noting: note)
        try await addOwn(to: &complete.headers, noting: note)
        let address = await addresses?.one(behind: complete.url)
        // Before the request is handed over, for the way may change its address.
        let client = try client(for: &complete.url, &complete.headers, address: address)
        return try await execute(complete, client, deadline)
    }

    /// Goes where the server of a signed request points to: a signature is good for one address, so that another one is needed for each.
    private func follow(
        _ first: HTTPClientResponse, _ request: HTTPClientRequest, body: [UInt8], deadline: NIODeadline,
        noting note: (@Sendable (String) -> Void)?
    ) async throws -> HTTPClientResponse {
        var response = first
        var request = request
        for _ in 0..<HTTPClientSettings.redirectsMax {
            guard settings.followRedirects, [307, 308].contains(response.status.code), let place = response.headers.first(name: "location"),
                let next = URL(string: place, relativeTo: URL(string: request.url))
            else { return response }
            request.url = next.absoluteString
            response = try await executeOnce(request, body: body, deadline: deadline, noting: note)
        }
        throw OutboundFailure(.redirect, "the server redirects in circles, or more often than is followed")
    }

    /// Adds what the settings say is to be sent with every request.
    func addOwn(to headers: inout HTTPHeaders, noting note: (@Sendable (String) -> Void)?) async throws {
        if !headers.contains(name: "user-agent") { headers.add(name: "user-agent", value: userAgent) }
        guard readsFiles else { return }
        var own = try await threadPool.runIfActive { [settings] in try settings.makeHeaders(noting: note) }
        if headers.contains(name: "authorization") { own.remove(name: "authorization") }
        headers.add(contentsOf: own)
    }

    private func execute(_ request: HTTPClientRequest, _ client: HTTPClient, _ deadline: NIODeadline) async throws -> HTTPClientResponse {
        for _ in 1..<usage.attempts {
            do {
                return try await client.execute(request, deadline: deadline)
            } catch let error where OutboundFailure.isClosedConnection(error) {
                continue
            }
        }
        return try await client.execute(request, deadline: deadline)
    }

    /// The library's client for a request. Where the certificate bears another name than the host, the request is changed to that name,
    /// and the client knows the host behind it.
    ///
    /// - Parameter address: the address to go to, of those that the host has; nil for any. It makes no difference with a proxy.
    func client(for requestURL: inout String, _ headers: inout HTTPHeaders, address: String?) throws(OutboundFailure) -> HTTPClient {
        var way = Way()
        if settings.proxy != .none || settings.tls.serverName != nil || address != nil {
            guard let url = URL(string: requestURL), let host = url.host(percentEncoded: false) else {
                throw OutboundFailure(.connection, "the address is no URL with a host")
            }
            let scheme = url.scheme?.lowercased() ?? "http"
            let port = url.port ?? (scheme == "https" ? 443 : 80)
            way.proxy = try settings.proxy.choice(scheme: scheme, host: host, port: port, environment: environment)
            let name = settings.tls.serverName.flatMap { scheme == "https" && $0.lowercased() != host.lowercased() ? $0 : nil }
            if name != nil, way.proxy != nil, !settings.tls.skipsVerification {
                throw OutboundFailure(.connection, "server_name of tls_config cannot be used together with a proxy")
            }
            if let name, way.proxy == nil, var parts = URLComponents(url: url, resolvingAgainstBaseURL: false) {
                let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
                way.detour = HTTPDetour(name: name, host: address ?? bare)
                if !headers.contains(name: "host") {
                    headers.add(name: "host", value: url.port.map { "\(host):\($0)" } ?? host)
                }
                parts.host = name
                requestURL = parts.string ?? requestURL
            } else if let address, way.proxy == nil {
                way.detour = HTTPDetour(name: host, host: address)
            }
        }
        return try client(for: way)
    }

    private func client(for way: Way) throws(OutboundFailure) -> HTTPClient {
        let (found, left) = try state.withLock { (state) throws(OutboundFailure) -> (HTTPClient, [HTTPClient]) in
            if state.isShutDown { throw OutboundFailure(.connection, "the client is shut down") }
            var left = takeChangedCertificates(&state)
            if let client = state.clients[way] { return (client, left) }
            if state.clients.count >= OutboundClient.waysMax, let (other, client) = state.clients.first {
                state.clients[other] = nil
                left.append(client)
            }
            let configuration = try settings.makeConfiguration(
                connectMilliseconds: connectMilliseconds, connectionsPerServer: connectionsPerServer, idleSeconds: usage.idleSeconds,
                proxy: way.proxy, detour: way.detour)
            let client = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
            state.clients[way] = client
            return (client, left)
        }
        OutboundClient.letGo(left)
        return found
    }

    /// Forgets the clients that were made with certificates whose files have changed since, and gives them back.
    private func takeChangedCertificates(_ state: inout State) -> [HTTPClient] {
        guard !certificateFiles.isEmpty, state.checkedAt.map({ ContinuousClock.now >= $0 + usage.checkInterval }) ?? true else {
            return []
        }
        state.checkedAt = .now
        let signatures = certificateFiles.map { FileSignature(path: $0) }
        // While files are being exchanged, some are missing or do not fit; the clients at hand serve on then.
        guard signatures != state.signatures, !signatures.contains(nil), (try? settings.tls.makeConfiguration()) != nil else { return [] }
        state.signatures = signatures
        defer { state.clients = [:] }
        return Array(state.clients.values)
    }

    /// Shuts clients down once their requests have had time to end.
    private static func letGo(_ clients: [HTTPClient]) {
        if clients.isEmpty { return }
        Task {
            try? await Task.sleep(for: .seconds(leaveSeconds))
            for client in clients { try? await client.shutdown() }
        }
    }
}
