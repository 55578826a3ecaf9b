public import HTTPTypes
public import Hummingbird

/// Why a request is refused, as RFC 9457 has it:
///
///     {"title":"Not Found","status":404,"detail":"there is no product 99","trace_id":"0af7…"}
///
///     throw Problem(.notFound, "there is no product \(id)")
public struct Problem: Error, HTTPResponseError, Sendable {
    public var status: HTTPResponse.Status
    /// What is wrong, for whoever sent the request. Nothing secret, nothing about the inside.
    public var detail: String
    public var headers: HTTPFields
    /// Further members of the answer.
    public var members: [String: JSONValue]

    public init(
        _ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:], members: [String: JSONValue] = [:]
    ) {
        self.status = status
        self.detail = detail
        self.headers = headers
        self.members = members
    }

    public func response(from request: Request, context: some RequestContext) throws -> Response {
        var members = members
        members["title"] = .string(status.reasonPhrase)
        members["status"] = .number(Double(status.code))
        members["detail"] = .string(detail)
        if let traceID = (context as? ShopContext)?.trace.value { members["trace_id"] = .string(traceID) }
        var response = try context.responseEncoder.encode(JSONValue.object(members), from: request, context: context)
        response.status = status
        response.headers[.contentType] = "application/problem+json"
        response.headers.append(contentsOf: headers)
        return response
    }
}

extension Problem: CustomStringConvertible {
    public var description: String { "\(status.code) \(detail)" }
}

/// An error that says itself how a request is answered that failed by it.
public protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

/// Answers every error as a ``Problem``. Stands before all other middleware, which so sees the errors themselves.
struct ProblemResponses: RouterMiddleware {
    typealias Context = ShopContext

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try problem(error, request, context).response(from: request, context: context)
        }
    }

    private func problem(_ error: any Error, _ request: Request, _ context: ShopContext) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let convertible as any ProblemConvertible: convertible.problem
        case let error as HTTPError where error.status == .notFound && error.body == nil:
            Problem(.notFound, "there is no route \(request.method.rawValue) \(request.uri.path)")
        case let error as HTTPError: Problem(error.status, error.body ?? error.status.reasonPhrase, headers: error.headers)
        case let error as any HTTPResponseError: Problem(error.status, error.status.reasonPhrase)
        default: Problem(.internalServerError, "something went wrong here; the log has more under this trace id")
        }
    }
}
