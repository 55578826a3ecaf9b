internal import HTTPTypes
public import Hummingbird
internal import NIOCore
internal import PerchTracing
internal import Synchronization

/// What is known of a request besides the request.
public struct ShopContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Who asks, behind ``RequireUser``.
    public var identity: Identity?
    /// The address that the request came from.
    public let clientAddress: String?
    let trace = TraceNote()

    public init(source: Source) {
        coreContext = .init(source: source)
        clientAddress = source.channel.remoteAddress?.ipAddress
    }

    /// No request of the shop is larger.
    public var maxUploadSize: Int { 64 * 1024 }

    /// Who asks.
    ///
    /// - Precondition: the route stands behind ``RequireUser``.
    public var user: Identity {
        guard let identity else { preconditionFailure("BUG: the route does not ask for a token") }
        return identity
    }

    /// A whole number from the path.
    ///
    /// - Throws: a ``Problem`` with status 404: what has no number cannot be there.
    public func number(_ parameter: String) throws(Problem) -> Int {
        guard let text = parameters.get(parameter), let number = Int(text), number > 0 else {
            throw Problem(.notFound, "\(parameters.get(parameter) ?? "") is no number")
        }
        return number
    }
}

/// The trace that a request belongs to, noted where it is known for where it is told.
final class TraceNote: Sendable {
    private let traceID = Mutex<String?>(nil)

    var value: String? {
        get { traceID.withLock { $0 } }
        set { traceID.withLock { $0 = newValue } }
    }
}

/// Notes the trace of each request, for the errors that it may be answered with.
struct TraceNotes: RouterMiddleware {
    typealias Context = ShopContext

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        context.trace.value = CurrentSpan.identity().map { "\($0.traceID)" }
        return try await next(request, context)
    }
}
