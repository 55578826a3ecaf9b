public import AsyncHTTPClient
public import CoreMetrics
public import Logging
public import NIOCore
internal import NIOHTTP1
internal import Synchronization
public import Tracing

/// An HTTP client that records its requests, in the names of OpenTelemetry's semantic conventions: a client span each, which travels with the
/// request to the service that answers it, and the metric `http.client.request.duration`.
///
///     var configuration = HTTPClient.Configuration()
///     configuration.tracing.tracer = nil
///     let client = TelemetryHTTPClient(HTTPClient(configuration: configuration))
///     let response = try await client.execute(request, timeout: .seconds(5), template: "/orders/{id}")
public struct TelemetryHTTPClient: Sendable {
    private let client: HTTPClient
    private let tracer: (any Tracer)?
    private let instruments: ClientInstruments
    /// Whether the client itself says to which trace a request belongs. It adds headers to those that are there, so that only one may do it.
    private let clientInjects: Bool

    /// - Parameters:
    ///   - client: should not make spans itself (`HTTPClient.Configuration.tracing.tracer = nil`), or there are two for each request.
    ///   - metrics: where the metrics are made; the one that the process was set up with unless given.
    ///   - tracer: makes the spans; the one that the process was set up with unless given.
    public init(_ client: HTTPClient, metrics: any MetricsFactory = MetricsSystem.factory, tracer: (any Tracer)? = nil) {
        self.client = client
        self.tracer = tracer
        instruments = ClientInstruments(metrics)
        clientInjects = client.tracer.map { !($0 is NoOpTracer) } ?? false
    }

    /// Sends a request.
    ///
    /// - Parameter template: what stands for the path in names of spans and labels, such as `/orders/{id}`; nil for nothing. Paths themselves
    ///   are in spans only.
    public func execute(
        _ request: HTTPClientRequest, timeout: TimeAmount, logger: Logger? = nil, template: String? = nil
    ) async throws -> HTTPClientResponse {
        let target = RequestTarget(request.url)
        let method = request.method.rawValue
        let tracer = tracer ?? InstrumentationSystem.tracer
        let span = tracer.startAnySpan(template.map { method + " " + $0 } ?? method, ofKind: .client)
        defer { span.end() }
        if span.isRecording { describe(span, method, target, template) }
        var request = request
        if !clientInjects { tracer.inject(span.context, into: &request.headers, using: HeaderInjector()) }
        let started = ContinuousClock.now
        let ready = request
        do {
            let response = try await InstrumentationContext.withValue(span.context) {
                try await client.execute(ready, timeout: timeout, logger: logger)
            }
            let status = Int(response.status.code)
            span.attributes["http.response.status_code"] = status
            if status >= 400 {
                span.attributes["error.type"] = String(status)
                span.setStatus(SpanStatus(code: .error))
            }
            record(started, method, target, template, status: status, errorType: status >= 400 ? String(status) : nil)
            return response
        } catch {
            span.recordError(error)
            span.setStatus(SpanStatus(code: .error))
            record(started, method, target, template, status: nil, errorType: String(reflecting: type(of: error)))
            throw error
        }
    }

    private func describe(_ span: any Span, _ method: String, _ target: RequestTarget, _ template: String?) {
        var attributes: SpanAttributes = ["http.request.method": .string(method), "url.full": .string(target.text)]
        if let host = target.host { attributes["server.address"] = host }
        if let port = target.port { attributes["server.port"] = port }
        if let template { attributes["url.template"] = template }
        span.attributes = attributes
    }

    private func record(
        _ started: ContinuousClock.Instant, _ method: String, _ target: RequestTarget, _ template: String?, status: Int?, errorType: String?
    ) {
        let timer = instruments.duration(
            method: method, host: target.host, port: target.port, template: template, status: status, errorType: errorType)
        timer.recordNanoseconds(Int64(min((ContinuousClock.now - started) / .nanoseconds(1), 0x1p62)))
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout HTTPHeaders) { carrier.replaceOrAdd(name: key, value: value) }
}

/// What is told of a URL: not the user and password that it may hold, and of the query only that there is one.
struct RequestTarget {
    let text: String
    let host: String?
    let port: Int?

    init(_ url: String) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            text = ""
            host = nil
            port = nil
            return
        }
        let rest = url[url.index(colon, offsetBy: 3)...]
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        let address = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let path = rest[authorityEnd...].prefix { $0 != "?" && $0 != "#" }
        let query = rest[authorityEnd...].contains("?") ? "?REDACTED" : ""
        text = "\(url[..<colon])://\(address)\(path)\(query)"
        // An IPv6 address stands in brackets and has colons of its own.
        let hostEnd = address.lastIndex(of: "]").map { address.index(after: $0) } ?? address.firstIndex(of: ":") ?? address.endIndex
        host = hostEnd == address.startIndex ? nil : String(address[..<hostEnd])
        let behindHost = address[hostEnd...]
        let explicit = behindHost.first == ":" ? Int(behindHost.dropFirst()) : nil
        port = explicit ?? (url.hasPrefix("https:") ? 443 : url.hasPrefix("http:") ? 80 : nil)
    }
}

/// The instruments of the client, each made once.
final class ClientInstruments: Sendable {
    private struct Key: Hashable {
        let method: String
        let host: String?
        let port: Int?
        let template: String?
        let status: Int?
        let errorType: String?
    }

    /// Hosts can come from outside: beyond so many timers, each is made when it is needed and forgotten.
    private static let timersMax = 2000
    private let factory: any MetricsFactory
    private let timers = Mutex<[Key: Timer]>([:])

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func duration(method: String, host: String?, port: Int?, template: String?, status: Int?, errorType: String?) -> Timer {
        let key = Key(method: method, host: host, port: port, template: template, status: status, errorType: errorType)
        return timers.withLock { timers in
            if let known = timers[key] { return known }
            var dimensions = [("http.request.method", method)]
            if let host { dimensions.append(("server.address", host)) }
            if let port { dimensions.append(("server.port", String(port))) }
            if let template { dimensions.append(("url.template", template)) }
            if let status { dimensions.append(("http.response.status_code", String(status))) }
            if let errorType { dimensions.append(("error.type", errorType)) }
            let made = Timer(label: "http.client.request.duration", dimensions: dimensions, factory: factory)
            if timers.count < Self.timersMax { timers[key] = made }
            return made
        }
    }
}
