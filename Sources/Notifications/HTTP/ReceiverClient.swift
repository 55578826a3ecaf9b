internal import AsyncHTTPClient
internal import ConfigFile
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Speaks HTTP with receivers, each as its `http_config` says.
struct ReceiverClient: Sendable {
    private let pool: HTTPClientPool
    private let tokens: OAuth2TokenCache
    private let environment: [String: String]
    static let userAgent = "Perch"

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        pool = HTTPClientPool()
        tokens = OAuth2TokenCache()
        self.environment = environment
    }

    func shutdown() async { await pool.shutdown() }

    /// Sends a request and reads the answer. Secrets of the headers are left out of the delivery's record.
    func execute(
        _ request: ReceiverRequest, _ settings: HTTPClientSettings, _ delivery: Delivery
    ) async throws(DeliveryFailure) -> ReceiverResponse {
        var authorization: String?
        if case .oauth2(let oauth2) = settings.authorization { authorization = "Bearer " + (try await token(oauth2, delivery)) }
        return try await execute(request, settings, delivery, authorization: authorization)
    }

    private func execute(
        _ request: ReceiverRequest, _ settings: HTTPClientSettings, _ delivery: Delivery, authorization: String?
    ) async throws(DeliveryFailure) -> ReceiverResponse {
        let (lease, outgoing): (HTTPClientPool.Lease, HTTPClientRequest)
        do {
            (lease, outgoing) = try await NIOThreadPool.singleton.runIfActive {
                try prepare(request, settings, delivery, authorization: authorization)
            }
        } catch {
            throw ConnectionFailure.of(error)
        }
        defer { pool.release(lease) }
        do {
            let response = try await lease.client.execute(outgoing, deadline: delivery.deadline)
            var body: [UInt8] = []
            for try await chunk in response.body {
                body.append(contentsOf: chunk.readableBytesView.prefix(ReceiverResponse.bodyBytesMax - body.count))
                if body.count >= ReceiverResponse.bodyBytesMax { break }
            }
            return ReceiverResponse(status: Int(response.status.code), headers: response.headers, body: body)
        } catch {
            if Task.isCancelled { throw .canceled }
            throw ConnectionFailure.of(error)
        }
    }

    // MARK: Requests

    /// Everything that reads files.
    private func prepare(
        _ request: ReceiverRequest, _ settings: HTTPClientSettings, _ delivery: Delivery, authorization: String?
    ) throws(DeliveryFailure) -> (HTTPClientPool.Lease, HTTPClientRequest) {
        let proxy = try ProxyChoice.proxy(for: request.address, settings.proxy, environment: environment)
        var address = request.address.text
        var override: [String: String] = [:]
        var headers = HTTPHeaders()
        if let name = settings.tls.serverName, request.address.origin.scheme == "https", name.lowercased() != request.address.origin.host {
            // The client checks the name that it is asked for, so it is asked for that one and sent to the host.
            if proxy != nil { throw DeliveryFailure(.configuration, "server_name of tls_config cannot be used together with a proxy") }
            let origin = request.address.origin
            override = [name: origin.host]
            address = "https://\(name):\(origin.port)" + request.address.text.dropFirst(request.address.base.count)
            headers.add(name: "host", value: origin.port == 443 ? origin.host : "\(origin.host):\(origin.port)")
        }
        headers.add(name: "user-agent", value: ReceiverClient.userAgent)
        for header in request.headers { headers.replaceOrAdd(name: header.name, value: header.value) }
        try add(settings, authorization, to: &headers, delivery)
        var outgoing = HTTPClientRequest(url: address)
        outgoing.method = request.method
        outgoing.headers = headers
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        let key = HTTPClientPool.Key(
            tls: settings.tls, followsRedirects: settings.followsRedirects, allowsHTTP2: settings.allowsHTTP2, proxy: proxy,
            connectHeaders: proxy == nil ? [] : settings.proxy.connectHeaders, hostOverride: override,
            files: settings.tls.files.map { FileSignature(path: $0) })
        return (try pool.lease(key), outgoing)
    }

    private func add(
        _ settings: HTTPClientSettings, _ authorization: String?, to headers: inout HTTPHeaders, _ delivery: Delivery
    ) throws(DeliveryFailure) {
        switch settings.authorization {
        case .none: break
        case .basic(let username, let password):
            let pair = try username.read() + ":" + delivery.read(password)
            delivery.hide(pair)
            headers.replaceOrAdd(name: "authorization", value: "Basic " + Data(pair.utf8).base64EncodedString())
        case .credentials(let type, let credentials):
            headers.replaceOrAdd(name: "authorization", value: type + " " + (try delivery.read(credentials)))
        case .oauth2: if let authorization { headers.replaceOrAdd(name: "authorization", value: authorization) }
        }
        for header in settings.headers {
            for value in header.values { headers.add(name: header.name, value: try delivery.read(value)) }
        }
    }

    // MARK: OAuth 2

    private func token(_ settings: OAuth2Settings, _ delivery: Delivery) async throws(DeliveryFailure) -> String {
        let now = NIODeadline.now()
        if let token = tokens.token(settings, now) {
            delivery.hide(token)
            return token
        }
        let secret: String
        do {
            secret = try await NIOThreadPool.singleton.runIfActive { try settings.clientSecret.map { try delivery.read($0) } ?? "" }
        } catch {
            throw ConnectionFailure.of(error)
        }
        var failure: DeliveryFailure?
        // Servers that want the client's name and secret in the form refuse them in the header.
        for isInHeader in [true, false] {
            let response = try await execute(
                try OAuth2.request(settings, secret: secret, isInHeader: isInHeader), OAuth2.client(settings), delivery, authorization: nil)
            do throws(DeliveryFailure) {
                let answer = try OAuth2.answer(response)
                delivery.hide(answer.token)
                tokens.keep(answer.token, settings, until: answer.expiresIn.map { now + .seconds($0) })
                return answer.token
            } catch {
                if failure == nil { failure = error }
            }
        }
        throw failure ?? .canceled
    }
}
