public import CoreMetrics
internal import HTTPTypes
public import Hummingbird
public import Logging
public import Tracing

/// Records what HTTP requests do, in the names of OpenTelemetry's semantic conventions: a server span each, the metrics
/// `http.server.request.duration` and `http.server.active_requests`, and a line in the log.
///
///     router.add(middleware: TelemetryMiddleware())
///
/// Add it first, so that it sees what other middleware answers. Metrics and span names have routes such as `/orders/{id}`, never paths, so
/// their number is bounded by the program and not by who sends requests.
public struct TelemetryMiddleware<Context: RequestContext>: RouterMiddleware {
    public struct Configuration: Sendable {
        /// The level of the line for each request that was answered; nil for none. Requests that failed with 500 and above are logged as errors.
        public var accessLogLevel: Logger.Level? = .info
        /// Paths of which there are neither spans nor lines: those that probes and scrapers ask for all the time.
        public var quietPaths: Set<String> = ["/metrics", "/health", "/healthz", "/livez", "/ready", "/readyz", "/-/healthy", "/-/ready"]

        public init() {}
    }

    private let configuration: Configuration
    private let instruments: ServerInstruments
    private let tracer: (any Tracer)?

    /// - Parameters:
    ///   - metrics: where the metrics are made; the one that the process was set up with unless given.
    ///   - tracer: makes the spans; the one that the process was set up with unless given.
    public init(
        _ configuration: Configuration = Configuration(), metrics: any MetricsFactory = MetricsSystem.factory, tracer: (any Tracer)? = nil
    ) {
        self.configuration = configuration
        self.tracer = tracer
        instruments = ServerInstruments(metrics)
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let call = ServerCall(request, instruments: instruments)
        if configuration.quietPaths.contains(request.uri.path) { return try await answered(request, context, next, call) }
        let tracer = tracer ?? InstrumentationSystem.tracer
        var around = InstrumentationContext.current ?? .topLevel
        tracer.extract(request.headers, into: &around, using: HeaderExtractor())
        let span = tracer.startAnySpan(call.method, context: around, ofKind: .server)
        call.describe(span, request)
        return try await InstrumentationContext.withValue(span.context) {
            try await answered(request, context, next, call, span)
        }
    }

    private func answered(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response, _ call: ServerCall,
        _ span: (any Span)? = nil
    ) async throws -> Response {
        let level = span == nil ? nil : configuration.accessLogLevel
        do {
            var response = try await next(request, context)
            let body = response.body
            let (status, length) = (Int(response.status.code), body.contentLength)
            // A request lasts until its answer was written.
            response.body = ResponseBody(contentLength: length) { writer in
                do {
                    try await body.write(writer)
                    call.finish(status: status, bytes: length, route: context.endpointPath, error: nil, span, context.logger, level)
                } catch {
                    call.finish(status: status, bytes: length, route: context.endpointPath, error: error, span, context.logger, level)
                    throw error
                }
            }
            return response
        } catch {
            let status = (error as? any HTTPResponseError).map { Int($0.status.code) } ?? 500
            call.finish(
                status: status, bytes: nil, route: context.endpointPath, error: status >= 500 ? error : nil, span, context.logger, level)
            throw error
        }
    }
}

struct HeaderExtractor: Extractor {
    func extract(key: String, from carrier: HTTPFields) -> String? {
        guard let name = HTTPField.Name(key) else { return nil }
        // Several headers of one name are one list (RFC 9110, section 5.3).
        let values = carrier[values: name]
        return values.isEmpty ? nil : values.count == 1 ? values[0] : values.joined(separator: ",")
    }
}
