internal import Foundation
internal import HTTPTypes
internal import ShopKit

/// What a customer sends to order.
struct OrderRequest: Codable, Sendable {
    struct Item: Codable, Sendable, Hashable {
        let productID: Int
        let quantity: Int

        private enum CodingKeys: String, CodingKey {
            case productID = "product_id"
            case quantity
        }
    }

    static let itemsMax = 20
    static let quantityMax = 100
    private static let addressBytesMax = 1000

    let items: [Item]
    let address: String
    let card: String

    /// Each product once, with all that is wanted of it.
    ///
    /// - Throws: a ``Problem`` with status 400 that says what is wrong.
    func checkedItems() throws(Problem) -> [Item] {
        guard !items.isEmpty, items.count <= Self.itemsMax else { throw Problem(.badRequest, "an order has 1 to \(Self.itemsMax) items") }
        var quantities: [Int: Int] = [:]
        for item in items {
            guard item.productID > 0, (1...Self.quantityMax).contains(item.quantity) else {
                throw Problem(.badRequest, "of a product one orders 1 to \(Self.quantityMax)")
            }
            quantities[item.productID, default: 0] += item.quantity
        }
        guard quantities.values.allSatisfy({ $0 <= Self.quantityMax }) else {
            throw Problem(.badRequest, "of a product one orders 1 to \(Self.quantityMax)")
        }
        guard !address.isEmpty, address.utf8.count <= Self.addressBytesMax else { throw Problem(.badRequest, "an order needs an address") }
        guard !card.isEmpty, card.utf8.count <= 32 else { throw Problem(.badRequest, "an order needs a card") }
        return quantities.sorted { $0.key < $1.key }.map { Item(productID: $0.key, quantity: $0.value) }
    }
}

/// An order as the API shows it.
struct OrderView: Codable, Sendable, Hashable {
    struct Item: Codable, Sendable, Hashable {
        let productID: Int
        let quantity: Int
        let price: Money

        private enum CodingKeys: String, CodingKey {
            case productID = "product_id"
            case quantity, price
        }
    }

    let orderID: String
    let userID: Int?
    let status: OrderStatus
    let items: [Item]
    let amount: Money
    let placed: Date
    /// Why it came to nothing.
    let reason: String?

    private enum CodingKeys: String, CodingKey {
        case orderID = "order_id"
        case userID = "user_id"
        case status, items, amount
        case placed = "placed_at"
        case reason
    }

    init(_ order: Order) {
        orderID = order.id
        userID = order.userID
        status = order.status
        items = order.items.map { Item(productID: $0.productID, quantity: $0.quantity, price: $0.price) }
        amount = order.amount
        placed = order.placed
        reason = order.saga.setback?.reason
    }
}
