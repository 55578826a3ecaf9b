internal import HTTPTypes
public import Hummingbird
public import ShopKit

/// What the shop sells.
public struct Product: ResponseCodable, Sendable, Hashable {
    public var id: Int
    public var name: String
    public var description: String
    public var category: String
    public var price: Money
    public var inStock: Bool

    public init(id: Int, name: String, description: String, category: String, price: Money, inStock: Bool = true) {
        self.id = id
        self.name = name
        self.description = description
        self.category = category
        self.price = price
        self.inStock = inStock
    }
}

/// A product as it is sent in, without a number.
struct ProductRequest: Decodable, Sendable {
    var name: String
    var description: String?
    var category: String
    var price: Money
    var inStock: Bool?

    /// - Throws: a ``Problem`` for what no product has.
    func product(id: Int) throws(Problem) -> Product {
        guard !name.isEmpty, name.utf8.count <= 200 else { throw Problem(.unprocessableContent, "name has 1 to 200 bytes") }
        guard (description ?? "").utf8.count <= 2000 else { throw Problem(.unprocessableContent, "description has up to 2000 bytes") }
        guard !category.isEmpty, category.utf8.count <= 50 else { throw Problem(.unprocessableContent, "category has 1 to 50 bytes") }
        guard price > .zero else { throw Problem(.unprocessableContent, "price is above 0") }
        return Product(
            id: id, name: name, description: description ?? "", category: category, price: price, inStock: inStock ?? true)
    }
}
