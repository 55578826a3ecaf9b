internal import HTTPTypes
internal import Hummingbird
internal import PerchMetrics
internal import ShopKit
internal import Synchronization

/// Refuses requests of clients that make too many: users by their number, everybody else by address.
final class RateLimits: RouterMiddleware {
    typealias Context = ShopContext

    private let buckets: Mutex<TokenBuckets>
    private let refused: Counter
    private let tokens: Tokens

    init(_ limit: TokenBucket.Limit, refused: Counter, tokens: Tokens) {
        buckets = Mutex(TokenBuckets(limit, clientsMax: 10_000))
        self.refused = refused
        self.tokens = tokens
    }

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        let client = await client(request, context)
        if let pause = buckets.withLock({ $0.take(client, at: .now) }) {
            refused.increment()
            let seconds = max(1, Int((pause / .seconds(1)).rounded(.up)))
            throw Problem(.tooManyRequests, "too many requests; the next in \(seconds) s", headers: [.retryAfter: String(seconds)])
        }
        return try await next(request, context)
    }

    private func client(_ request: Request, _ context: ShopContext) async -> String {
        do throws(Problem) {
            return try await RequireUser.identity(of: request, tokens).actor
        } catch {
            return context.clientAddress ?? "unknown"
        }
    }
}
