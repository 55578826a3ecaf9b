internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1
internal import PerchHTTPClient

/// The shop as it is seen from outside: one visitor's requests to the gateway.
struct ShopFront: Sendable {
    private static let timeout = TimeAmount.seconds(10)
    private static let answerBytesMax = 1 << 20

    let client: TelemetryHTTPClient
    /// The gateway's, without a slash at the end.
    let address: String
    private var token: String?

    init(_ client: TelemetryHTTPClient, at address: String) {
        self.client = client
        self.address = address
    }

    /// Makes a move.
    ///
    /// - Returns: what the shop answered; and what went wrong, for the summary: a status, or what kind of failure it was.
    mutating func make(_ move: Shopper.Move) async -> (answer: Shopper.Answer, problem: String?) {
        do {
            let (status, body) = try await send(request(move), template: Self.template(move))
            switch status {
            case 200..<300: return (try answer(to: move, body), nil)
            // Somebody with that name has registered before: in another run with the same seed, the same one.
            case 409 where move.name == "register": return (.done, nil)
            case 400..<500: return (.refused, String(status))
            default: return (.failed, String(status))
            }
        } catch let error as HTTPClientError {
            return (.failed, error == .deadlineExceeded ? "no answer in time" : error.shortDescription)
        } catch is DecodingError {
            return (.failed, "an answer that cannot be read")
        } catch {
            return (.failed, "no connection")
        }
    }

    private func send(_ request: HTTPClientRequest, template: String) async throws -> (status: Int, body: ByteBuffer) {
        let response = try await client.execute(request, timeout: Self.timeout, template: template)
        return (Int(response.status.code), try await response.body.collect(upTo: Self.answerBytesMax))
    }

    private func request(_ move: Shopper.Move) throws -> HTTPClientRequest {
        switch move {
        case .browse(let category):
            let query = category?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "?category=\($0)" }
            return request(.GET, "/api/products" + (query ?? ""))
        case .look(let product): return request(.GET, "/api/products/\(product)")
        case .register(let account):
            return try request(
                .POST, "/api/users",
                NewUser(username: account.username, email: account.username + "@example.com", password: account.password))
        case .consent(let userID):
            return try request(.PUT, "/api/users/\(userID)/consent", Consent(marketing: false, analytics: true))
        case .logIn(let account): return try request(.POST, "/api/token", LogIn(username: account.username, password: account.password))
        case .recommendations(let userID, let product):
            return try request(.POST, "/api/recommendations", RecommendationRequest(user_id: userID, product_id: product, limit: 5))
        case .order(let items, let card):
            let items = items.map { OrderRequest.Item(product_id: $0.product, quantity: $0.quantity) }
            return try request(.POST, "/api/orders", OrderRequest(items: items, address: "1 Long Road, Newtown", card: card))
        case .follow(let orderID): return request(.GET, "/api/orders/\(orderID)")
        }
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func request(_ method: HTTPMethod, _ path: String, _ body: some Encodable) throws -> HTTPClientRequest {
        var request = request(method, path)
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(data: try JSONEncoder().encode(body)))
        return request
    }

    private mutating func answer(to move: Shopper.Move, _ body: ByteBuffer) throws -> Shopper.Answer {
        let decoder = JSONDecoder()
        switch move {
        case .browse:
            return .products(try decoder.decode([Product].self, from: body).map { Shopper.Product(id: $0.id, category: $0.category) })
        case .register: return .user(id: try decoder.decode(User.self, from: body).id)
        case .logIn:
            token = try decoder.decode(Token.self, from: body).access_token
            return .done
        case .order: return .ordered(id: try decoder.decode(PlacedOrder.self, from: body).order_id)
        case .look, .consent, .recommendations, .follow: return .done
        }
    }

    private static func template(_ move: Shopper.Move) -> String {
        switch move {
        case .browse: "/api/products"
        case .look: "/api/products/{id}"
        case .register: "/api/users"
        case .consent: "/api/users/{id}/consent"
        case .logIn: "/api/token"
        case .recommendations: "/api/recommendations"
        case .order: "/api/orders"
        case .follow: "/api/orders/{id}"
        }
    }
}

private struct NewUser: Encodable {
    let username: String
    let email: String
    let password: String
}

private struct LogIn: Encodable {
    let username: String
    let password: String
}

private struct Consent: Encodable {
    let marketing: Bool
    let analytics: Bool
}

private struct RecommendationRequest: Encodable {
    let user_id: Int
    let product_id: Int
    let limit: Int
}

private struct OrderRequest: Encodable {
    struct Item: Encodable {
        let product_id: Int
        let quantity: Int
    }

    let items: [Item]
    let address: String
    let card: String
}

private struct Product: Decodable {
    let id: Int
    let category: String
}

private struct User: Decodable {
    let id: Int
}

private struct Token: Decodable {
    let access_token: String
}

private struct PlacedOrder: Decodable {
    let order_id: String
}
