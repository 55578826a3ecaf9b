internal import Foundation
internal import ShopKit

/// The steps of a checkout as calls to the other services. Each can be made any number of times: everything about an order has its id.
struct CheckoutCalls: Sendable {
    /// How long one attempt may take. It is the saga that tries again, and counts how often.
    private static let timeout = Duration.seconds(2)

    private var inventory: ShopClient
    private var payments: ShopClient
    private var shipping: ShopClient
    private let now: @Sendable () -> Date

    init(inventory: ShopClient, payments: ShopClient, shipping: ShopClient, now: @escaping @Sendable () -> Date) {
        (self.inventory, self.payments, self.shipping, self.now) = (inventory, payments, shipping, now)
        self.inventory.retry = .none
        self.payments.retry = .none
        self.shipping.retry = .none
    }

    func make(_ step: CheckoutSaga.Step, for order: Order) async -> CheckoutSaga.Outcome {
        await Deadline.$current.withValue(Deadline(after: Self.timeout, from: now())) {
            do throws(CallError) {
                try await call(step, order)
                return .ok
            } catch {
                return CheckoutCalls.outcome(error)
            }
        }
    }

    private func call(_ step: CheckoutSaga.Step, _ order: Order) async throws(CallError) {
        switch step {
        case .reserve: try await inventory.post("/reservations", Reservation(order), isIdempotent: true)
        case .charge: try await payments.post("/process-payment", Charge(order), idempotencyKey: order.id)
        case .ship: try await shipping.post("/shipments", Delivery(order), isIdempotent: true)
        case .commit:
            try await inventory.post(
                "/reservations/\(order.id)/commit", Nothing(), template: "/reservations/{order_id}/commit", isIdempotent: true)
        case .cancelShipment: try await shipping.delete("/shipments/\(order.id)", template: "/shipments/{id}")
        case .refund:
            try await payments.post("/payments/\(order.id)/refund", Nothing(), template: "/payments/{id}/refund", isIdempotent: true)
        case .release: try await inventory.delete("/reservations/\(order.id)", template: "/reservations/{order_id}")
        }
    }

    /// A status of 4xx is a no, but for those that speak of the moment and not of the request.
    static func outcome(_ error: CallError) -> CheckoutSaga.Outcome {
        if case .refused(let status, let detail) = error.reason, error.isRefusal, status != 408, status != 429 {
            return .refused(reason: detail)
        }
        return .failed(reason: error.description)
    }
}

extension CheckoutSaga.Step {
    /// The service that does it.
    var service: ServiceName {
        switch self {
        case .reserve, .commit, .release: .inventory
        case .charge, .refund: .payments
        case .ship, .cancelShipment: .shipping
        }
    }
}

private struct Nothing: Encodable {}

private struct Reservation: Encodable {
    let order_id: String
    let items: [OrderRequest.Item]

    init(_ order: Order) {
        order_id = order.id
        items = order.items.map { OrderRequest.Item(productID: $0.productID, quantity: $0.quantity) }
    }
}

private struct Charge: Encodable {
    let order_id: String
    let amount: Money
    let card: String

    init(_ order: Order) {
        order_id = order.id
        amount = order.amount
        // Without a card the payment is refused, which is right for an order whose customer was forgotten meanwhile.
        card = order.card ?? ""
    }
}

private struct Delivery: Encodable {
    let order_id: String
    let user_id: Int?
    let address: String

    init(_ order: Order) {
        order_id = order.id
        user_id = order.userID
        address = order.address ?? ""
    }
}
