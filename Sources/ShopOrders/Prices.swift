internal import HTTPTypes
internal import ShopKit

/// What things cost, as the catalog says.
struct Prices: Sendable {
    let catalog: ShopClient

    /// The items of an order with their prices.
    ///
    /// - Throws: a ``Problem`` with status 422 for a product that the catalog does not have; a ``CallError`` where it does not answer.
    func items(_ wanted: [OrderRequest.Item]) async throws -> [Order.Item] {
        try await withThrowingTaskGroup { group in
            for item in wanted { group.addTask { try await priced(item) } }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.productID < $1.productID }
        }
    }

    private func priced(_ item: OrderRequest.Item) async throws -> Order.Item {
        do throws(CallError) {
            let product = try await catalog.get("/products/\(item.productID)", template: "/products/{id}", as: Product.self)
            return Order.Item(productID: item.productID, quantity: item.quantity, price: product.price)
        } catch {
            if error.status == 404 { throw Problem(.unprocessableContent, "there is no product \(item.productID)") }
            throw error
        }
    }

    /// As much of a product as an order needs to know.
    private struct Product: Decodable {
        let price: Money
    }
}
