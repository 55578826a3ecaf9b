internal import Foundation
internal import Hummingbird
internal import ShopKit

/// Gives every request a deadline: the client's, if it is sooner.
struct RequestBudgets: RouterMiddleware {
    typealias Context = ShopContext

    let budget: Duration
    let now: @Sendable () -> Date

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        let own = Deadline(after: budget, from: now())
        let deadline = Deadline.current.map { min($0, own) } ?? own
        return try await Deadline.$current.withValue(deadline) { try await next(request, context) }
    }
}
