internal import HTTPTypes
public import ShopKit

extension OrdersService {
    public static let api = APIDocument(
        title: "Order management",
        schemas: [
            "OrderRequest": Schema.object([
                "items": Schema.array(of: Schema.object(["product_id": Schema.integer, "quantity": Schema.integer])),
                "address": Schema.string, "card": Schema.string,
            ]),
            "Order": Schema.object(
                [
                    "order_id": Schema.string, "status": status, "amount": Schema.money, "placed_at": Schema.dateTime,
                    "items": Schema.array(
                        of: Schema.object(["product_id": Schema.integer, "quantity": Schema.integer, "price": Schema.money])),
                ], optional: ["user_id": Schema.integer, "reason": Schema.string]),
            "StatusRequest": Schema.object(["status": status]),
        ],
        operations: [
            .init(
                .post, "/orders",
                "Places an order. 201: it is paid. 202: that takes longer; look again. An order that came to nothing is told as 402 (the "
                    + "card), 409 (the stock) or 503, and nothing stays charged.",
                needs: .customer, body: Schema.reference("OrderRequest"),
                answers: [
                    201: Schema.reference("Order"), 202: Schema.reference("Order"), 400: nil, 401: nil, 402: nil, 409: nil, 422: nil,
                    503: nil,
                ]),
            .init(
                .get, "/orders", "One's own orders, the newest first.", needs: .customer,
                answers: [200: Schema.array(of: Schema.reference("Order")), 401: nil]),
            .init(
                .get, "/orders/{id}", "One's own order; administrators see all.", needs: .customer,
                answers: [200: Schema.reference("Order"), 401: nil, 404: nil]),
            .init(
                .put, "/orders/{id}/status", "Sets the status of an order. What has left the house cannot be cancelled (409).",
                needs: .admin,
                body: Schema.reference("StatusRequest"),
                answers: [200: Schema.reference("Order"), 202: Schema.reference("Order"), 400: nil, 401: nil, 403: nil, 404: nil, 409: nil]),
            events,
        ])

    private static let status = Schema.oneOf(OrderStatus.allCases.map(\.rawValue))
    private static let events = APIDocument.events
}
