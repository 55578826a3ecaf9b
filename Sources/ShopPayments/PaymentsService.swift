internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PerchMetrics
public import ShopKit

/// Payments: charges cards, each payment once, and gives the money back.
public enum PaymentsService: ShopService {
    public static let name = ServiceName.payments

    public static func assemble(_ service: ServiceAssembly) throws {
        let store = PaymentStore(try service.openDatabase(["payments": PaymentStore.migrate]))
        let routes = PaymentRoutes(
            store: store, provider: Provider(faults: service.faults), metrics: PaymentsContract(in: service.telemetry.metrics),
            logger: service.telemetry.logger("shop.payments"), now: service.settings.now)
        routes.add(to: service.router)
    }
}

/// The company that talks to the banks, played by a pause; its failures are those of the fault `failing-payments`.
struct Provider: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description = "the payment provider answered with an error"
    }

    let faults: Faults
    var latency: ClosedRange<Double> = 10...40

    func connect() async throws {
        try await Task.sleep(for: .milliseconds(Double.random(in: latency)))
        if let share = faults.number(of: .failingPayments), Double.random(in: 0..<1) < share { throw Failure() }
    }
}

struct PaymentRoutes: Sendable {
    private static let keyBytesMax = 255
    private static let idempotencyKey = HTTPField.Name("Idempotency-Key")

    let store: PaymentStore
    let provider: Provider
    let metrics: PaymentsContract
    let logger: Logger
    let now: @Sendable () -> Date

    func add(to router: Router<ShopContext>) {
        router.post("/process-payment") { request, context -> EditedResponse<PaymentView> in
            let key = Self.idempotencyKey.flatMap { request.headers[$0] } ?? ""
            guard !key.isEmpty, key.utf8.count <= Self.keyBytesMax else {
                throw Problem(.badRequest, "a payment needs a header Idempotency-Key of 1 to \(Self.keyBytesMax) bytes")
            }
            let body = try await request.decode(as: PaymentRequest.self, context: context)
            return try answer(try await pay(body.checked(key: key)))
        }
        router.get("/payments/{id}") { _, context -> PaymentView in
            let id = context.parameters.get("id") ?? ""
            guard let payment = try await store.payment(id) else { throw Problem(.notFound, "there is no payment \(id)") }
            return PaymentView(payment)
        }
        router.post("/payments/{id}/refund") { _, context -> PaymentView in
            let (payment, isNew) = try await store.refund(context.parameters.get("id") ?? "", now: now())
            if isNew {
                metrics.payments[.refunded].increment()
                logger.info("payment refunded", metadata: ["order_id": .string(payment.id)])
            }
            return PaymentView(payment)
        }
    }

    private func pay(_ request: PaymentStore.Request) async throws -> PaymentStore.Result {
        // What was answered before needs no provider.
        if let earlier = try await store.earlier(request) { return earlier }
        do {
            try await provider.connect()
        } catch let failure as Provider.Failure {
            metrics.payments[.failed].increment()
            logger.error("payment provider failed", error: failure, metadata: ["order_id": .string(request.orderID)])
            throw Problem(.badGateway, failure.description)
        }
        return try await store.pay(request, now: now())
    }

    private func answer(_ result: PaymentStore.Result) throws(Problem) -> EditedResponse<PaymentView> {
        switch result {
        case .decided(let payment):
            count(payment)
            return try answer(payment)
        case .replayed(let payment):
            metrics.payments[.replayed].increment()
            return try answer(payment)
        case .otherBody: throw Problem(.unprocessableContent, "the Idempotency-Key belongs to another payment")
        case .taken(let payment):
            throw Problem(
                .conflict, payment.decision == .void ? "the payment was refunded before it was made" : "the order has a payment already")
        }
    }

    private func answer(_ payment: Payment) throws(Problem) -> EditedResponse<PaymentView> {
        if payment.decision == .declined { throw Problem(.paymentRequired, "the card was declined") }
        return EditedResponse(status: .created, response: PaymentView(payment, asDecided: true))
    }

    private func count(_ payment: Payment) {
        switch payment.decision {
        case .accepted:
            metrics.payments[.accepted].increment()
            metrics.amount[].add(Money(cents: payment.cents).euros)
            logger.info("payment accepted", metadata: ["order_id": .string(payment.id)])
        case .declined:
            metrics.payments[.declined].increment()
            logger.warning("payment declined", metadata: ["order_id": .string(payment.id)])
        case .void: break
        }
    }
}

extension PaymentView: ResponseCodable {}

private struct PaymentRequest: Decodable {
    let order_id: String
    let amount: Money
    let card: String

    /// - Throws: a ``Problem`` with status 400 that says what is wrong.
    func checked(key: String) throws(Problem) -> PaymentStore.Request {
        guard (1...255).contains(order_id.utf8.count) else { throw Problem(.badRequest, "order_id has 1 to 255 bytes") }
        guard amount > .zero else { throw Problem(.badRequest, "amount is above 0") }
        guard let card = Card(card) else { throw Problem(.badRequest, "card is the number of a card, 12 to 19 digits") }
        return PaymentStore.Request(orderID: order_id, key: key, amount: amount, card: card)
    }
}
