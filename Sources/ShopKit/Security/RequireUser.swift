internal import HTTPTypes
public import Hummingbird

/// Lets only requests with a good token through, `Authorization: Bearer …`, and notes whose it is.
///
///     router.group().add(middleware: RequireUser(service.tokens)).get("/orders") { _, context in … context.user … }
public struct RequireUser: RouterMiddleware {
    public typealias Context = ShopContext

    private let tokens: Tokens

    public init(_ tokens: Tokens) { self.tokens = tokens }

    public func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.identity = try await RequireUser.identity(of: request, tokens)
        return try await next(request, context)
    }

    /// Whose token a request has.
    public static func identity(of request: Request, _ tokens: Tokens) async throws(Problem) -> Identity {
        guard let text = request.headers[.authorization] else { throw Tokens.refusal("a token is needed") }
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Tokens.refusal("a token is needed: Authorization: Bearer …")
        }
        return try await tokens.verify(String(parts[1]))
    }
}

/// Lets only administrators through.
public struct RequireAdmin: RouterMiddleware {
    public typealias Context = ShopContext

    private let tokens: Tokens

    public init(_ tokens: Tokens) { self.tokens = tokens }

    public func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let identity = try await RequireUser.identity(of: request, tokens)
        guard identity.roles.contains(.admin) else { throw Problem(.forbidden, "only administrators may do that") }
        context.identity = identity
        return try await next(request, context)
    }
}
