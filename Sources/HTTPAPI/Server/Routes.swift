internal import Compression
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PerchMetrics
internal import QueryModel

/// What answers a request. Failures that are no ``APIFailure`` are answered with status 500.
typealias APIHandler = @Sendable (APICall) async throws -> APIReply

/// An API that is served over HTTP: it says which paths it answers.
public protocol HTTPEndpoints: Sendable {
    func addRoutes(to routes: inout Routes)
}

/// Paths and what answers them, collected from all APIs.
public struct Routes {
    private var handlers: [(path: String, handlers: [HTTPRequest.Method: APIHandler])] = []
    /// Paths that are answered also while the process starts or stops.
    private var alwaysAnswered: Set<String> = []
    private var briefHandlers: [String: BriefHandler] = [:]
    private var socketAcceptors: [String: WebSocketRoute.Acceptor] = [:]

    init() {}

    /// Answers requests for a path; `{name}` stands for one part of it. Where GET is answered, so is HEAD.
    ///
    /// - Precondition: no path and method are given twice.
    mutating func on(_ path: String, _ methods: HTTPRequest.Method..., handler: @escaping APIHandler) {
        let index = handlers.firstIndex { $0.path == path } ?? handlers.count
        if index == handlers.count { handlers.append((path, [:])) }
        for method in methods {
            precondition(handlers[index].handlers[method] == nil, "BUG: two answers to \(method) \(path)")
            handlers[index].handlers[method] = handler
        }
    }

    /// As ``on(_:_:handler:)``, for what is answered also while the process starts or stops.
    mutating func onAlways(_ path: String, _ methods: HTTPRequest.Method..., handler: @escaping APIHandler) {
        alwaysAnswered.insert(path)
        for method in methods { on(path, method, handler: handler) }
    }

    /// Answers GET requests for a path on the event loop where that can be done; others are answered as ``on(_:_:handler:)`` says.
    mutating func onBriefly(_ path: String, handler: @escaping BriefHandler) { briefHandlers[path] = handler }

    /// Takes requests for WebSocket connections; those it does not take, and all others, are answered as ``on(_:_:handler:)`` says.
    mutating func onSocket(_ path: String, _ accept: @escaping WebSocketRoute.Acceptor) { socketAcceptors[path] = accept }

    /// All paths, for the landing page.
    var paths: [String] { handlers.map(\.path) }

    /// The router that Hummingbird serves, and what is answered before.
    func endpoints(
        metrics: HTTPMetrics, isReady: @escaping @Sendable () -> Bool
    ) -> (router: Router<SurfaceContext>, brief: BriefRoutes) {
        var brief = BriefRoutes()
        let router = Router(context: SurfaceContext.self)
        router.add(middleware: UnknownPaths(endpoint: EndpointResponder(path: "unknown", handlers: [:], metrics: metrics)))
        let always: @Sendable () -> Bool = { true }
        for (path, handlers) in handlers {
            let endpoint = EndpointResponder(
                path: path, handlers: handlers, metrics: metrics, isReady: alwaysAnswered.contains(path) ? always : isReady,
                briefHandler: briefHandlers[path])
            if briefHandlers[path] != nil { brief.add(path, endpoint) }
            for method in Routes.knownMethods {
                router.on(RouterPath(path), method: method) { request, context in await endpoint.respond(to: request, context: context) }
            }
        }
        for (path, accept) in socketAcceptors { brief.add(path, WebSocketRoute { call in isReady() ? accept(call) : nil }) }
        return (router, brief)
    }

    private static let knownMethods: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .patch, .options, .trace, .connect]
}

/// Answers what no route matches, as JSON like every other error.
private struct UnknownPaths: MiddlewareProtocol {
    typealias Input = Request
    typealias Output = Response
    typealias Context = SurfaceContext

    let endpoint: EndpointResponder

    func handle(
        _ request: Request, context: SurfaceContext, next: (Request, SurfaceContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return await endpoint.respondUnknown(to: request, context: context)
        }
    }
}

/// Answers the requests for one path: chooses by method, turns failures into answers, compresses, counts.
struct EndpointResponder: Sendable {
    private let handlers: [HTTPRequest.Method: APIHandler]
    private let metrics: EndpointMetrics
    private let allowed: String
    private let isReady: @Sendable () -> Bool
    private let briefHandler: BriefHandler?

    init(
        path: String, handlers: [HTTPRequest.Method: APIHandler], metrics: HTTPMetrics, isReady: @escaping @Sendable () -> Bool = { true },
        briefHandler: BriefHandler? = nil
    ) {
        self.briefHandler = briefHandler
        self.handlers = handlers
        self.isReady = isReady
        self.metrics = metrics.endpoint(path)
        var methods = handlers.keys.map(\.rawValue)
        if handlers[.get] != nil && handlers[.head] == nil { methods.append("HEAD") }
        allowed = (methods + ["OPTIONS"]).sorted().joined(separator: ", ")
    }

    func respond(to request: Request, context: SurfaceContext) async -> Response {
        await measured(request, context) { call in
            let method = call.method
            if !isReady() && !Rehearsal.isOn { return EndpointResponder.startingReply }
            if let handler = handlers[method] { return try await handler(call) }
            if method == .head, let handler = handlers[.get] { return try await handler(call) }
            if method == .options { return APIReply(status: .noContent, headers: [.allow: allowed]) }
            var reply = APIFailure(.methodNotAllowed, "\(method.rawValue) is not allowed here; allowed are \(allowed)").reply
            reply.headers[.allow] = allowed
            return reply
        }
    }

    /// Senders of remote write and OTLP, and clients of the query APIs, come again.
    private static let startingReply: APIReply = {
        var reply = APIFailure(.unavailable, "Perch is starting or stopping; /-/ready says when it answers").reply
        reply.status = .serviceUnavailable
        reply.headers[.retryAfter] = "1"
        return reply
    }()

    func respondUnknown(to request: Request, context: SurfaceContext) async -> Response {
        await measured(request, context) { call in
            if call.method == .options { return APIReply(status: .noContent) }
            return APIFailure(.notFound, "there is nothing at \(call.request.uri.path)").reply
        }
    }

    /// Answers a GET request at once; nil where that cannot be done.
    func respondBriefly(_ call: BriefCall, acceptsEncoding: String?, hasOrigin: Bool) -> APIReply? {
        guard let briefHandler, isReady() || Rehearsal.isOn else { return nil }
        let started = ContinuousClock.now
        var reply: APIReply
        do {
            guard let answer = try briefHandler(call) else { return nil }
            reply = answer
        } catch let failure as APIFailure {
            reply = failure.reply
        } catch {
            return nil
        }
        reply.headers.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        if let codec = ResponseCompression.accepted(acceptsEncoding), reply.bodyBytes >= ResponseCompression.bytesMin {
            guard let compressed = ResponseCompression.compressedBriefly(reply, codec) else { return nil }
            reply = compressed
        }
        if hasOrigin { EndpointResponder.allowOrigins(&reply) }
        if !Rehearsal.isOn { metrics.count(status: reply.status.code, seconds: (ContinuousClock.now - started).seconds) }
        return reply
    }

    private func measured(_ request: Request, _ context: SurfaceContext, _ handler: APIHandler) async -> Response {
        let started = ContinuousClock.now
        let isCounted = !Rehearsal.isOn
        if isCounted { metrics.begin() }
        var reply: APIReply
        do {
            reply = try await handler(APICall(request: request, context: context))
        } catch {
            reply = failureReply(error, context)
        }
        await finish(&reply, for: request)
        if isCounted { metrics.end(status: reply.status.code, seconds: (ContinuousClock.now - started).seconds) }
        let response = reply.response()
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func failureReply(_ error: any Error, _ context: SurfaceContext) -> APIReply {
        switch error {
        case let failure as APIFailure: return failure.reply
        case let error as QueryError: return APIFailure(error).reply
        case is CancellationError: return APIFailure(.canceled, "the request was cancelled").reply
        default:
            context.logger.error("request failed", metadata: ["error": "\(error)", "path": "\(context.endpointPath ?? "")"])
            return APIFailure(.internal, "internal error; the log says more").reply
        }
    }

    private func finish(_ reply: inout APIReply, for request: Request) async {
        reply.headers[values: .vary].append("Accept-Encoding")
        // What has a coding already, such as the one that remote read asks for, is left as it is.
        if reply.headers[.contentEncoding] == nil, let codec = ResponseCompression.accepted(request.headers[.acceptEncoding]),
            reply.bodyBytes >= ResponseCompression.bytesMin
        {
            reply = await ResponseCompression.compressed(reply, codec)
        }
        if request.headers[.origin] != nil { EndpointResponder.allowOrigins(&reply) }
    }

    private static func allowOrigins(_ reply: inout APIReply) {
        reply.headers[.accessControlAllowOrigin] = "*"
        reply.headers[.accessControlAllowHeaders] = "Accept, Authorization, Content-Type, Origin"
        reply.headers[.accessControlAllowMethods] = "GET, POST, OPTIONS"
        reply.headers[.accessControlExposeHeaders] = "Date"
    }
}
