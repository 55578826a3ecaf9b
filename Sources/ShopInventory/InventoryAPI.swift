internal import HTTPTypes
public import ShopKit

extension InventoryService {
    private static let item = Schema.object(["product_id": Schema.integer, "quantity": Schema.integer])

    public static let api = APIDocument(
        title: "Inventory",
        schemas: [
            "StockLevel": Schema.object(["product_id": Schema.integer, "available": Schema.integer, "reserved": Schema.integer]),
            "StockRequest": Schema.object(["available": Schema.integer]),
            "ReservationRequest": Schema.object(["order_id": Schema.string, "items": Schema.array(of: item)]),
            "Reservation": Schema.object([
                "order_id": Schema.string, "state": Schema.oneOf(["reserved", "committed", "released"]), "items": Schema.array(of: item),
            ]),
        ],
        operations: [
            .init(
                .get, "/inventory/{product_id}", "How much there is of a product.",
                answers: [200: Schema.reference("StockLevel"), 404: nil]),
            .init(
                .put, "/inventory/{product_id}", "Sets how much there is of a product.", needs: .admin,
                body: Schema.reference("StockRequest"),
                answers: [200: Schema.reference("StockLevel"), 400: nil, 401: nil, 403: nil, 404: nil, 409: nil, 422: nil]),
            .init(
                .post, "/reservations", "Puts items aside for an order, all or none; the same answer when asked again.",
                body: Schema.reference("ReservationRequest"),
                answers: [200: Schema.reference("Reservation"), 201: Schema.reference("Reservation"), 400: nil, 409: nil, 422: nil]),
            .init(
                .post, "/reservations/{order_id}/commit", "Takes out of stock what was put aside.", answers: [204: nil, 404: nil, 409: nil]),
            .init(.delete, "/reservations/{order_id}", "Puts back what was put aside.", answers: [204: nil, 404: nil, 409: nil]),
        ])
}
