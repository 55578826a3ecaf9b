internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import OutboundHTTP
internal import Synchronization

/// Speaks HTTP with receivers, each as its `http_config` says; those with the same settings share a client.
final class ReceiverClient: Sendable {
    private struct State {
        var clients: [HTTPClientSettings: OutboundClient] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let environment: [String: String]
    static let userAgent = "Perch"

    init(environment: [String: String] = ProcessInfo.processInfo.environment) { self.environment = environment }

    /// Closes all connections. Requests that are under way fail.
    func shutdown() async {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            state.isClosed = true
            return Array(state.clients.values)
        }
        for client in clients { await client.shutdown() }
    }

    /// Sends a request and reads the answer. Secrets of the settings are left out of the delivery's record.
    func execute(
        _ request: ReceiverRequest, _ settings: HTTPClientSettings, _ delivery: Delivery
    ) async throws(DeliveryFailure) -> ReceiverResponse {
        let client = try await client(settings)
        var outgoing = HTTPClientRequest(url: request.address.text)
        outgoing.method = request.method
        for header in request.headers { outgoing.headers.replaceOrAdd(name: header.name, value: header.value) }
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await client.execute(outgoing, deadline: delivery.deadline, noting: { delivery.hide($0) })
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

    private func client(_ settings: HTTPClientSettings) async throws(DeliveryFailure) -> OutboundClient {
        if let known = try add(nil, settings) { return known }
        let made: OutboundClient
        do {
            made = try await NIOThreadPool.singleton.runIfActive { [environment] in
                try OutboundClient(settings, userAgent: ReceiverClient.userAgent, usage: .occasional, environment: environment)
            }
        } catch let failure as OutboundFailure {
            // Certificates and keys that cannot be used.
            throw DeliveryFailure(.configuration, "tls_config: \(failure.description)")
        } catch {
            throw ConnectionFailure.of(error)
        }
        return try add(made, settings) ?? made
    }

    /// The client for some settings: the one at hand, or else the one that is given.
    private func add(_ made: OutboundClient?, _ settings: HTTPClientSettings) throws(DeliveryFailure) -> OutboundClient? {
        try state.withLock { (state) throws(DeliveryFailure) -> OutboundClient? in
            if state.isClosed { throw DeliveryFailure.canceled }
            if let known = state.clients[settings] { return known }
            state.clients[settings] = made
            return made
        }
    }
}
