internal import HTTPTypes
internal import Hummingbird
internal import ShopKit

/// How much there is of a product.
struct StockLevel: ResponseCodable, Sendable, Hashable {
    let productID: Int
    /// What can still be reserved.
    let available: Int
    /// What is put aside for orders that are not through yet.
    let reserved: Int

    private enum CodingKeys: String, CodingKey {
        case productID = "product_id"
        case available, reserved
    }
}

/// What stock is to be set to.
struct StockRequest: Decodable, Sendable {
    static let unitsMax = 1_000_000
    let available: Int

    func checked() throws(Problem) -> StockRequest {
        guard (0...StockRequest.unitsMax).contains(available) else {
            throw Problem(.unprocessableContent, "available is from 0 to \(StockRequest.unitsMax)")
        }
        return self
    }
}
