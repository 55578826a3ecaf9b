public import Foundation
internal import HTTPTypes
internal import Hummingbird

/// When the answer to a request is of no use any more. It travels with a request through all services, in the header `X-Request-Deadline`
/// as milliseconds since 1970, so that nobody works on what nobody waits for.
public struct Deadline: Sendable, Hashable, Comparable {
    public static let header = "X-Request-Deadline"

    /// The deadline of the request that the caller works on.
    @TaskLocal public static var current: Deadline?

    public let unixMilliseconds: Int64

    public init(unixMilliseconds: Int64) { self.unixMilliseconds = unixMilliseconds }

    public init(after budget: Duration, from now: Date) {
        // Far enough for everybody, and never too large for the sum.
        let milliseconds = min(max(budget / .milliseconds(1), 0), 1e12)
        unixMilliseconds = Deadline.milliseconds(now) + Int64(milliseconds)
    }

    /// - Parameter text: as it stands in the header.
    public init?(_ text: String) {
        guard let milliseconds = Int64(text), milliseconds > 0 else { return nil }
        unixMilliseconds = milliseconds
    }

    /// How long there is; zero where it is over.
    public func remaining(at now: Date) -> Duration {
        let (milliseconds, isTooLarge) = unixMilliseconds.subtractingReportingOverflow(Deadline.milliseconds(now))
        return .milliseconds(isTooLarge ? 0 : min(max(milliseconds, 0), 1_000_000_000))
    }

    public func hasPassed(at now: Date) -> Bool { unixMilliseconds <= Deadline.milliseconds(now) }

    public static func < (left: Deadline, right: Deadline) -> Bool { left.unixMilliseconds < right.unixMilliseconds }

    private static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded(.down)) }
}

/// Takes the deadline of each request, and refuses those that come too late.
struct Deadlines: RouterMiddleware {
    typealias Context = ShopContext

    private static let name = HTTPField.Name.known(Deadline.header)
    let now: @Sendable () -> Date

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        guard let text = request.headers[Self.name] else { return try await next(request, context) }
        guard let deadline = Deadline(text) else {
            throw Problem(.badRequest, "\(Deadline.header) is \(text.prefix(32)), which are no milliseconds since 1970")
        }
        if deadline.hasPassed(at: now()) { throw Problem(.gatewayTimeout, "the deadline had passed before the request came here") }
        return try await Deadline.$current.withValue(deadline) { try await next(request, context) }
    }
}

extension HTTPField.Name {
    /// A name that the program itself wrote.
    static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("BUG: \(text) is no name of a header") }
        return name
    }
}
