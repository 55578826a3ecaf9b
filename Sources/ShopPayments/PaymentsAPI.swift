internal import HTTPTypes
public import ShopKit

extension PaymentsService {
    public static let api = APIDocument(
        title: "Payments",
        schemas: [
            "PaymentRequest": Schema.object(["order_id": Schema.string, "amount": Schema.money, "card": Schema.string]),
            "Payment": Schema.object(
                [
                    "payment_id": Schema.string, "order_id": Schema.string, "amount": Schema.money,
                    "status": Schema.oneOf(["accepted", "declined", "void", "refunded"]), "time": Schema.dateTime,
                ], optional: ["card": Schema.string]),
        ],
        operations: [
            .init(
                .post, "/process-payment",
                "Charges a card for an order. The same key has the same answer, however often it comes; 402 where the bank says no, 502 where "
                    + "the provider fails, which may be tried again.",
                parameters: [.header("Idempotency-Key", "Tells this payment from all others.", isRequired: true)],
                body: Schema.reference("PaymentRequest"),
                answers: [201: Schema.reference("Payment"), 400: nil, 402: nil, 409: nil, 422: nil, 502: nil]),
            .init(.get, "/payments/{id}", "The payment of an order.", answers: [200: Schema.reference("Payment"), 404: nil]),
            .init(
                .post, "/payments/{id}/refund",
                "Gives back what was charged for an order, once. Where nothing was charged yet, nothing will be.",
                answers: [200: Schema.reference("Payment")]),
        ])
}
