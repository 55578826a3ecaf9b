internal import HTTPTypes
internal import Hummingbird
internal import ShopKit

/// A product as the catalog tells of it.
struct Product: ResponseCodable, Sendable, Hashable {
    let id: Int
    let name: String
    let category: String
    let price: Money
    let inStock: Bool
}

/// What somebody wants recommendations for.
struct RecommendationRequest: Decodable, Sendable {
    static let limitMax = 20
    let userID: Int
    let productID: Int
    let limit: Int?

    private enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case productID = "product_id"
        case limit
    }

    func checked() throws(Problem) -> RecommendationRequest {
        guard userID > 0, productID > 0 else { throw Problem(.unprocessableContent, "user_id and product_id are numbers above 0") }
        guard (1...Self.limitMax).contains(limit ?? 5) else {
            throw Problem(.unprocessableContent, "limit is from 1 to \(Self.limitMax)")
        }
        return self
    }
}
