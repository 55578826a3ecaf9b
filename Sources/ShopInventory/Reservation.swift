internal import HTTPTypes
internal import Hummingbird
internal import ShopKit

/// Some units of a product.
struct ReservedItem: Codable, Sendable, Hashable {
    let productID: Int
    let quantity: Int

    enum CodingKeys: String, CodingKey {
        case productID = "product_id"
        case quantity
    }
}

/// What is put aside for an order.
struct Reservation: ResponseCodable, Sendable, Hashable {
    enum State: String, Codable, Sendable {
        case reserved, committed, released
    }

    let orderID: String
    let state: State
    /// In the order of the products' numbers, each product once.
    let items: [ReservedItem]

    private enum CodingKeys: String, CodingKey {
        case orderID = "order_id"
        case state, items
    }
}

/// A product of which there is too little.
struct Shortage: Sendable, Hashable {
    let productID: Int
    let wanted: Int
    let available: Int

    var json: JSONValue {
        [
            "product_id": .number(Double(productID)), "wanted": .number(Double(wanted)), "available": .number(Double(available)),
        ]
    }
}

/// What an order wants to be put aside.
struct ReservationRequest: Decodable, Sendable {
    static let itemsMax = 50
    static let quantityMax = 100
    let orderID: String
    let items: [ReservedItem]

    private enum CodingKeys: String, CodingKey {
        case orderID = "order_id"
        case items
    }

    /// The items, each product once.
    func merged() throws(Problem) -> [ReservedItem] {
        guard !orderID.isEmpty, orderID.utf8.count <= 64 else { throw Problem(.unprocessableContent, "order_id has 1 to 64 bytes") }
        guard (1...Self.itemsMax).contains(items.count) else {
            throw Problem(.unprocessableContent, "there are 1 to \(Self.itemsMax) items in a reservation")
        }
        var quantities: [Int: Int] = [:]
        for item in items {
            guard item.productID > 0, (1...Self.quantityMax).contains(item.quantity) else {
                throw Problem(.unprocessableContent, "an item has a product_id and a quantity from 1 to \(Self.quantityMax)")
            }
            quantities[item.productID, default: 0] += item.quantity
        }
        return quantities.sorted { $0.key < $1.key }.map { ReservedItem(productID: $0.key, quantity: $0.value) }
    }
}

/// Which of the wanted items there are too few of.
///
/// - Parameter available: how many there are of a product.
func shortages(_ items: [ReservedItem], available: (Int) throws -> Int) rethrows -> [Shortage] {
    try items.compactMap { item in
        let available = try available(item.productID)
        return available < item.quantity ? Shortage(productID: item.productID, wanted: item.quantity, available: available) : nil
    }
}
