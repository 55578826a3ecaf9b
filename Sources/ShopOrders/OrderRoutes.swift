internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import ShopKit
internal import Tracing

/// `/orders`.
struct OrderRoutes: Sendable {
    /// How long a request waits for an order to be paid that says nothing of a deadline; and what is kept of a deadline for the answer.
    private static let patience = Duration.seconds(4)
    private static let reserve = Duration.milliseconds(250)
    private static let ordersMax = 100

    let store: OrderStore
    let runner: CheckoutRunner
    let prices: Prices
    let telemetry: OrderTelemetry
    let audit: Audit
    let now: @Sendable () -> Date

    func add(to router: Router<ShopContext>, _ tokens: Tokens) {
        let customers = router.group("/orders").add(middleware: RequireUser(tokens))
        customers.post { request, context -> EditedResponse<OrderView> in
            let request = try await request.decode(as: OrderRequest.self, context: context)
            return try answer(try await place(request, for: context.user.userID))
        }
        customers.get { _, context -> [OrderView] in
            try await store.orders(of: context.user.userID, max: Self.ordersMax).map(OrderView.init)
        }
        customers.get("/{id}") { _, context -> OrderView in
            let id = context.parameters.get("id") ?? ""
            // Whose order it is not is not told whether there is one.
            guard let order = try await store.order(id), order.userID == context.user.userID || context.user.roles.contains(.admin) else {
                throw Problem(.notFound, "there is no order \(id)")
            }
            return OrderView(order)
        }
        let administration = router.group("/orders").add(middleware: RequireAdmin(tokens))
        administration.put("/{id}/status") { request, context -> EditedResponse<OrderView> in
            let id = context.parameters.get("id") ?? ""
            let wanted = try await request.decode(as: StatusRequest.self, context: context).status
            do {
                let answer = try await set(id, to: wanted)
                audit.record(actor: context.user.actor, action: "set status \(wanted.rawValue)", object: "order \(id)")
                return answer
            } catch {
                audit.record(actor: context.user.actor, action: "set status \(wanted.rawValue)", object: "order \(id)", outcome: .refused)
                throw error
            }
        }
    }

    private var timeToWait: Duration {
        Deadline.current.map { max($0.remaining(at: now()) - Self.reserve, .zero) } ?? Self.patience
    }

    /// Places an order, and waits until it is paid or has come to nothing, or the request's time is over.
    private func place(_ request: OrderRequest, for userID: Int) async throws -> Order {
        let items = try await prices.items(request.checkedItems())
        let order = Order(
            id: "o-" + UUID().uuidString.lowercased(), userID: userID, address: request.address, card: request.card, items: items,
            placed: now(), trace: TraceHeaders(InstrumentationContext.current, telemetry.tracer))
        try await store.place(order)
        telemetry.placed(order)
        await runner.proceed(order.id, for: timeToWait)
        return try await store.order(order.id) ?? order
    }

    private func answer(_ order: Order) throws(Problem) -> EditedResponse<OrderView> {
        guard let setback = order.saga.setback else {
            return EditedResponse(status: order.status == .created ? .accepted : .created, response: OrderView(order))
        }
        let members: [String: JSONValue] = ["order_id": .string(order.id), "order_status": .string(order.status.rawValue)]
        switch (setback.kind, setback.step) {
        case (.rejected, .charge): throw Problem(.paymentRequired, setback.reason, members: members)
        case (.rejected, .reserve), (.cancelled, _): throw Problem(.conflict, setback.reason, members: members)
        case (.rejected, _): throw Problem(.unprocessableContent, setback.reason, members: members)
        case (.failed, _):
            throw Problem(
                .serviceUnavailable, "the order came to nothing, and nothing stays charged: \(setback.reason)", headers: [.retryAfter: "5"],
                members: members
            ).onAccount(of: setback.step.service)
        }
    }

    private func set(_ id: String, to status: OrderStatus) async throws -> EditedResponse<OrderView> {
        guard status == .cancelled else { return EditedResponse(status: .ok, response: OrderView(try await store.set(id, to: status))) }
        try await store.cancel(id, now: now())
        await runner.proceed(id, for: timeToWait)
        guard let order = try await store.order(id) else { throw Problem(.notFound, "there is no order \(id)") }
        if order.status == .cancelled { return EditedResponse(status: .ok, response: OrderView(order)) }
        guard order.saga.setback == nil else { return EditedResponse(status: .accepted, response: OrderView(order)) }
        throw Problem(.conflict, "the order has left the house and cannot be cancelled any more")
    }
}

extension OrderView: ResponseCodable {}

private struct StatusRequest: Decodable {
    let status: OrderStatus
}
