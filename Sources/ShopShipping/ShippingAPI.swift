internal import HTTPTypes
public import ShopKit

extension ShippingService {
    public static let api = APIDocument(
        title: "Shipping",
        schemas: [
            "ShipmentRequest": Schema.object(
                ["order_id": Schema.string, "address": Schema.string], optional: ["user_id": Schema.integer]),
            "Shipment": Schema.object([
                "shipment_id": Schema.string, "order_id": Schema.string,
                "status": Schema.oneOf(ShipmentStatus.allCases.map(\.rawValue)), "since": Schema.dateTime,
            ]),
        ],
        operations: [
            .init(
                .post, "/shipments", "Ships an order, once; 409 if that was cancelled before.", body: Schema.reference("ShipmentRequest"),
                answers: [200: Schema.reference("Shipment"), 201: Schema.reference("Shipment"), 400: nil, 409: nil]),
            .init(.get, "/shipments/{id}", "The shipment of an order.", answers: [200: Schema.reference("Shipment"), 404: nil]),
            .init(
                .delete, "/shipments/{id}", "Cancels the shipment of an order, also one that is not there yet; 409 if it has left.",
                answers: [204: nil, 409: nil]),
            APIDocument.events,
        ])
}
