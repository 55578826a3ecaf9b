internal import HTTPTypes
public import ShopKit

extension RecommendationsService {
    public static let api = APIDocument(
        title: "Recommendations",
        schemas: [
            "RecommendationRequest": Schema.object(
                ["user_id": Schema.integer, "product_id": Schema.integer], optional: ["limit": Schema.integer]),
            "Product": Schema.object([
                "id": Schema.integer, "name": Schema.string, "category": Schema.string, "price": Schema.money, "inStock": Schema.boolean,
            ]),
        ],
        operations: [
            .init(
                .post, "/recommendations", "What goes with a product, for a user who agrees to analytics.", needs: .customer,
                body: Schema.reference("RecommendationRequest"),
                answers: [
                    200: Schema.array(of: Schema.reference("Product")), 400: nil, 401: nil, 403: nil, 422: nil, 502: nil, 503: nil,
                    504: nil,
                ]),
            APIDocument.events,
        ])
}
