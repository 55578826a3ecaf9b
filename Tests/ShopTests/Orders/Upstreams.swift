internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import ShopKit
internal import Synchronization
internal import Testing

@testable internal import ShopOrders

/// All services that orders need, in one that listens on a port: does what ``SimulatedServices`` does, and can be told to fail.
final class Upstreams: Sendable {
    private struct State {
        var standard = SimulatedServices()
        var services: [String: SimulatedServices] = [:]
        var failing: [CheckoutSaga.Step: Int] = [:]
        var held: CheckoutSaga.Step?
        var steps: [CheckoutSaga.Step] = []
        var events: [Event] = []
        var hasCatalog = true
        var idempotencyKeys: [String] = []
    }

    private let state = Mutex(State())

    /// - Parameter environment: makes a service call these.
    static func run(_ test: @Sendable (_ upstreams: Upstreams, _ environment: [String: String]) async throws -> Void) async throws {
        let upstreams = Upstreams()
        let router = Router()
        upstreams.add(to: router)
        try await Application(router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0))).test(.live)
        { client in
            let address = "http://localhost:\(client.port ?? 0)"
            let names: [ServiceName] = [.catalog, .inventory, .payments, .shipping, .recommendations, .orders]
            // The server ends when all requests are answered.
            defer { upstreams.letGo() }
            try await test(upstreams, Dictionary(uniqueKeysWithValues: names.map { ($0.addressVariable, address) }))
        }
    }

    /// The steps that were asked for, in order.
    var steps: [CheckoutSaga.Step] { state.withLock { $0.steps } }
    var events: [Event] { state.withLock { $0.events } }
    var idempotencyKeys: [String] { state.withLock { $0.idempotencyKeys } }

    func services(of order: String) -> SimulatedServices { state.withLock { $0.services[order] ?? $0.standard } }

    /// What becomes of orders from now on.
    func arrange(_ change: (inout SimulatedServices) -> Void) { state.withLock { change(&$0.standard) } }

    func ship(_ order: String) { state.withLock { $0.services[order]?.shipment = .shipped } }

    /// A step is answered with a status and not done; nil ends that.
    func fail(_ step: CheckoutSaga.Step, with status: Int?) { state.withLock { $0.failing[step] = status } }

    /// A step is not done before ``letGo()``.
    func hold(_ step: CheckoutSaga.Step) { state.withLock { $0.held = step } }

    func letGo() { state.withLock { $0.held = nil } }

    func removeCatalog() { state.withLock { $0.hasCatalog = false } }

    private func add(to router: Router<BasicRequestContext>) {
        router.get("/products/{id}") { _, context -> Response in
            guard self.state.withLock({ $0.hasCatalog }) else { return Response(status: .internalServerError) }
            guard let id = context.parameters.get("id").flatMap(Int.init), id <= 24 else { return Response(status: .notFound) }
            return Self.json(#"{"id":\#(id),"name":"Thing","price":\#(id)0.5}"#)
        }
        router.post("/events") { request, context -> HTTPResponse.Status in
            let event = try await request.decode(as: Event.self, context: context)
            self.state.withLock { $0.events.append(event) }
            return .noContent
        }
        router.post("/reservations") { try await self.take(.reserve, $0, $1) }
        router.post("/reservations/{id}/commit") { try await self.take(.commit, $0, $1) }
        router.delete("/reservations/{id}") { try await self.take(.release, $0, $1) }
        router.post("/process-payment") { try await self.take(.charge, $0, $1) }
        router.post("/payments/{id}/refund") { try await self.take(.refund, $0, $1) }
        router.post("/shipments") { try await self.take(.ship, $0, $1) }
        router.delete("/shipments/{id}") { try await self.take(.cancelShipment, $0, $1) }
    }

    private func take(_ step: CheckoutSaga.Step, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
        struct Body: Decodable {
            let order_id: String
        }
        let order =
            if let id = context.parameters.get("id") { id } else { try await request.decode(as: Body.self, context: context).order_id }
        let key = HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] }
        while state.withLock({ $0.held == step }) { try await Task.sleep(for: .milliseconds(5)) }
        let status = state.withLock { state -> Int in
            state.steps.append(step)
            if step == .charge { state.idempotencyKeys.append(key ?? "none") }
            if let status = state.failing[step] { return status }
            let isTaken = state.services[order, default: state.standard].take(step)
            return isTaken ? 200 : step == .charge ? 402 : 409
        }
        return Self.json(#"{"detail":"\#(step.rawValue) answered \#(status)"}"#, HTTPResponse.Status(code: status))
    }

    private static func json(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
