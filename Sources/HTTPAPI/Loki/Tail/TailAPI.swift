internal import HTTPTypes
internal import LogQL
internal import NIOCore
internal import NIOHTTP1
internal import PerchMetrics
internal import QueryModel
internal import Synchronization

/// `/loki/api/v1/tail`: entries as they come, over WebSocket.
public struct TailAPI: HTTPEndpoints {
    private let environment: LogEnvironment
    private let live: LiveLogs
    private let settings: LokiAPI.Settings
    private let open = OpenTails()

    public init(_ environment: LogEnvironment, live: LiveLogs, settings: LokiAPI.Settings) {
        self.environment = environment
        self.live = live
        self.settings = settings
    }

    public func addRoutes(to routes: inout Routes) {
        let path = LokiAPI.prefix + "/tail"
        routes.onSocket(path) { call in accept(call) }
        // What is wrong with a request is said here; so is that it is no request for a WebSocket connection.
        let refuse = LokiAPI.withPlainErrors { call in
            _ = try request(try await call.parameters(), LogEncoding(call.headers))
            if open.count >= settings.tailsMax { throw tooMany }
            var reply = LokiAPI.plainError(
                "this is for WebSocket connections (RFC 6455): the headers Upgrade: websocket, Connection: Upgrade, "
                    + "Sec-WebSocket-Version: 13 and Sec-WebSocket-Key have to be there", .badRequest)
            if let name = HTTPField.Name("Sec-WebSocket-Version") { reply.headers[name] = "13" }
            return reply
        }
        routes.on(path, .get, handler: refuse)
    }

    private var tooMany: QueryError {
        QueryError(
            .badInput,
            "max concurrent tail requests limit exceeded, count > limit (\(open.count + 1) > \(settings.tailsMax))")
    }

    private func accept(_ call: WebSocketCall) -> (any WebSocketSession)? {
        let flags = LogEncoding(values: call.headers["X-Loki-Response-Encoding-Flags"])
        guard let request = try? request(call.parameters, flags), open.enter(atMost: settings.tailsMax) else { return nil }
        let gauge = environment.metrics.tails
        gauge.increment()
        return TailSession(request, environment, live, patience: settings.tailPatience) {
            open.leave()
            gauge.decrement()
        }
    }

    private func request(_ parameters: FormParameters, _ flags: LogEncoding) throws -> TailRequest {
        let query = try environment.engine.parse(parameters["query"] ?? "")
        guard case .logs(let selector) = query.root else {
            throw QueryError(.badInput, "only log lines can be followed; this query asks for numbers")
        }
        let limit = try parameters.logLimit()
        if limit > settings.entriesMax { throw LokiAPI.tooManyEntries(limit, settings.entriesMax) }
        let range = try parameters.logRange(now: environment.now())
        return TailRequest(
            query: query, selector: selector, pipeline: try LogPipeline(selector), start: range.start, limit: limit,
            delaySeconds: try parameters.tailDelay(), flags: flags)
    }
}

/// How many clients follow.
private final class OpenTails: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .relaxed) }

    /// - Returns: false where there are as many as may be.
    func enter(atMost limit: Int) -> Bool {
        if number.add(1, ordering: .relaxed).newValue <= limit { return true }
        leave()
        return false
    }

    func leave() { number.subtract(1, ordering: .relaxed) }
}
