internal import CoreMetrics
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Synchronization
internal import Tracing

/// One request from its beginning to the end of its answer.
final class ServerCall: Sendable {
    /// The method, or `_OTHER` for one that is not known, so that senders cannot make up metrics.
    let method: String
    private let path: String
    private let instruments: ServerInstruments
    private let started = ContinuousClock.now
    private let isFinished = Atomic<Bool>(false)

    private static let knownMethods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
    ]

    init(_ request: Request, instruments: ServerInstruments) {
        let name = request.method.rawValue
        method = ServerCall.knownMethods.contains(name) ? name : "_OTHER"
        path = request.uri.path
        self.instruments = instruments
        instruments.active(method).increment()
    }

    deinit {
        // An answer that was never written, since somebody put another one in its place.
        if !isFinished.load(ordering: .relaxed) { instruments.active(method).decrement() }
    }

    func describe(_ span: any Span, _ request: Request) {
        guard span.isRecording else { return }
        var attributes: SpanAttributes = ["http.request.method": .string(method), "url.path": .string(path)]
        if method == "_OTHER" { attributes["http.request.method_original"] = String(request.method.rawValue.prefix(64)) }
        if let scheme = request.head.scheme { attributes["url.scheme"] = scheme }
        if let authority = request.head.authority { attributes["server.address"] = String(authority.prefix(255)) }
        if let agent = request.headers[.userAgent] { attributes["user_agent.original"] = String(agent.prefix(512)) }
        span.attributes = attributes
    }

    func finish(
        status: Int, bytes: Int?, route: String?, error: (any Error)?, _ span: (any Span)?, _ logger: Logger, _ level: Logger.Level?
    ) {
        if isFinished.exchange(true, ordering: .relaxed) { return }
        // Within the span, so that metrics can name it and the line does.
        InstrumentationContext.withValue(span?.context ?? InstrumentationContext.current) {
            // Hummingbird gives requests that no route takes a name in its place.
            record(status: status, bytes: bytes, route: route == "NotFound" ? nil : route, error: error, span, logger, level)
        }
    }

    private func record(
        status: Int, bytes: Int?, route: String?, error: (any Error)?, _ span: (any Span)?, _ logger: Logger, _ level: Logger.Level?
    ) {
        instruments.active(method).decrement()
        let elapsed = ContinuousClock.now - started
        let errorType = error.map { String(reflecting: type(of: $0)) } ?? (status >= 500 ? String(status) : nil)
        instruments.duration(method: method, route: route, status: status, errorType: errorType)
            .recordNanoseconds(Int64(min(elapsed / .nanoseconds(1), 0x1p62)))
        guard let span else { return }
        finish(span, status: status, bytes: bytes, route: route, error: error, errorType: errorType)
        guard let level else { return }
        var metadata: Logger.Metadata = [
            "http.request.method": .string(method), "url.path": .string(path), "http.response.status_code": .stringConvertible(status),
            "duration_ms": .stringConvertible((elapsed / .microseconds(1)).rounded() / 1000),
        ]
        if let route { metadata["http.route"] = .string(route) }
        if let bytes { metadata["http.response.body.size"] = .stringConvertible(bytes) }
        if status >= 500 {
            logger.error("request failed", error: error, metadata: metadata)
        } else {
            logger.log(level: level, "request answered", metadata: metadata)
        }
    }

    private func finish(_ span: any Span, status: Int, bytes: Int?, route: String?, error: (any Error)?, errorType: String?) {
        if span.isRecording {
            if let route { span.operationName = method + " " + route }
            span.updateAttributes { attributes in
                attributes["http.response.status_code"] = status
                if let route { attributes["http.route"] = route }
                if let bytes { attributes["http.response.body.size"] = bytes }
                if let errorType { attributes["error.type"] = errorType }
            }
            if let error { span.recordError(error) }
            // What the client did wrong is no failure of the server.
            if status >= 500 || error != nil { span.setStatus(SpanStatus(code: .error)) }
        }
        span.end()
    }
}
