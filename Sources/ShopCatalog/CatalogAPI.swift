internal import HTTPTypes
public import ShopKit

extension CatalogService {
    public static let api = APIDocument(
        title: "Product catalog",
        schemas: [
            "Product": Schema.object([
                "id": Schema.integer, "name": Schema.string, "description": Schema.string, "category": Schema.string,
                "price": Schema.money, "inStock": Schema.boolean,
            ]),
            "ProductRequest": Schema.object(
                ["name": Schema.string, "category": Schema.string, "price": Schema.money],
                optional: ["description": Schema.string, "inStock": Schema.boolean]),
        ],
        operations: [
            .init(
                .get, "/products", "Products in the order of their numbers.",
                parameters: [
                    .query("category", Schema.string, "Only of this category."),
                    .query("after", Schema.integer, "Only those behind this number."),
                    .query("limit", Schema.integer, "So many at most, 1 to 100; 20 unless given."),
                ],
                answers: [200: Schema.array(of: Schema.reference("Product")), 400: nil]),
            .init(
                .post, "/products", "Adds a product.", needs: .admin, body: Schema.reference("ProductRequest"),
                answers: [201: Schema.reference("Product"), 400: nil, 401: nil, 403: nil, 422: nil]),
            .init(.get, "/products/{id}", "One product.", answers: [200: Schema.reference("Product"), 404: nil]),
            .init(
                .put, "/products/{id}", "Changes a product.", needs: .admin, body: Schema.reference("ProductRequest"),
                answers: [200: Schema.reference("Product"), 400: nil, 401: nil, 403: nil, 404: nil, 422: nil]),
        ])
}
