internal import Compression
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import OutboundHTTP
internal import PerchExport
internal import PerchGRPC
internal import PerchTracing
internal import ServiceLifecycle
internal import Synchronization
internal import Tracing

/// Work of this process that has ended, as a span.
struct OwnWork: Sendable {
    enum Value: Sendable {
        case text(String)
        case number(Int)
    }

    var name: String
    /// Whether another server was asked.
    var isRequest = false
    var duration: Duration
    /// What it was about.
    var attributes: [(name: String, value: Value)] = []
    /// Why it failed; nil where it did not.
    var error: String?
}

/// A request to another server that goes on, as a span whose trace the server can take part in.
struct OwnRequest: Sendable {
    private struct HeaderInjector: Injector {
        func inject(_ value: String, forKey key: String, into headers: inout HTTPHeaders) { headers.replaceOrAdd(name: key, value: value) }
    }

    fileprivate let tracer: PerchTracer
    fileprivate let span: PerchSpan
    fileprivate let now: @Sendable () -> UInt64

    /// Tells the server which trace the request belongs to.
    func addContext(to headers: inout HTTPHeaders) { tracer.inject(span.context, into: &headers, using: HeaderInjector()) }

    /// - Parameters:
    ///   - status: what the server answered; nil where it did not.
    ///   - error: why the request failed; nil where it did not.
    func end(status: Int?, error: String?) {
        if let status { span.attributes["http.response.status_code"] = status }
        if let error { span.setStatus(SpanStatus(code: .error, message: error)) }
        span.end(at: OwnInstant(nanosecondsSinceEpoch: now()))
    }
}

private struct OwnInstant: TracerInstant {
    var nanosecondsSinceEpoch: UInt64

    static func < (left: Self, right: Self) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
}

/// `tracing`: sends spans of scrapes, remote writes, queries and evaluations of rules to a receiver of OTLP. What sending them takes is no
/// span.
final class OwnTraces: Service {
    /// One receiver, for as long as the settings stay.
    private struct Sending: Sendable {
        var settings: TracingSettings
        var tracer: PerchTracer
        var export: TelemetryExport
        var task: Task<Void, Never>
    }

    private let sending = Mutex<Sending?>(nil)
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    /// How long spans that wait may take to be sent when the receiver changes or the process ends.
    private static let flushMax = Duration.seconds(3)

    /// - Parameter now: nanoseconds since 1970.
    init(logger: Logger, now: @escaping @Sendable () -> UInt64) {
        self.logger = logger
        self.now = now
    }

    /// Goes over to other settings; nil sends nothing any more.
    func apply(_ settings: TracingSettings?) async {
        guard sending.withLock({ $0?.settings }) != settings else { return }
        var next: Sending?
        if let settings {
            do { next = try begin(settings) } catch {
                logger.error("traces cannot be sent", metadata: ["endpoint": .string(settings.endpoint), "reason": "\(error)"])
            }
        }
        let before = sending.withLock { sending in
            defer { sending = next }
            return sending
        }
        await end(before)
    }

    /// Tells of work that has just ended. Costs little where nothing is sent.
    func note(_ work: @autoclosure () -> OwnWork) {
        guard let tracer = sending.withLock({ $0?.tracer }) else { return }
        let work = work()
        let end = now()
        let (seconds, attoseconds) = work.duration.components
        let nanoseconds = UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
        let span = tracer.startSpan(
            work.name, context: .topLevel, ofKind: work.isRequest ? .client : .internal,
            at: OwnInstant(nanosecondsSinceEpoch: end > nanoseconds ? end - nanoseconds : 0),
            function: #function, file: #fileID, line: #line)
        Self.describe(span, work.attributes)
        if let error = work.error { span.setStatus(SpanStatus(code: .error, message: error)) }
        span.end(at: OwnInstant(nanosecondsSinceEpoch: end))
    }

    /// Tells of a request that is about to be sent; nil where nothing is told.
    func begin(_ name: String, _ attributes: @autoclosure () -> [(name: String, value: OwnWork.Value)]) -> OwnRequest? {
        guard let tracer = sending.withLock({ $0?.tracer }) else { return nil }
        let start = OwnInstant(nanosecondsSinceEpoch: now())
        let span = tracer.startSpan(
            name, context: .topLevel, ofKind: .client, at: start, function: #function, file: #fileID, line: #line)
        Self.describe(span, attributes())
        return OwnRequest(tracer: tracer, span: span, now: now)
    }

    private static func describe(_ span: PerchSpan, _ attributes: [(name: String, value: OwnWork.Value)]) {
        for (name, value) in attributes {
            switch value {
            case .text(let text): span.attributes[name] = text
            case .number(let number): span.attributes[name] = number
            }
        }
    }

    func run() async throws {
        try? await gracefulShutdown()
        await apply(nil)
    }

    private func begin(_ settings: TracingSettings) throws -> Sending {
        let queue = SpanQueue()
        var tracing = PerchTracer.Configuration()
        tracing.sampler = .ratio(settings.samplingFraction)
        var export = TelemetryExport.Configuration()
        export.resource = TelemetryResource([
            "service.name": "perch", "service.version": .string(PerchVersion.current),
            "service.instance.id": .string(ProcessInfo.processInfo.hostName),
        ])
        export.onProblem = { [logger] in logger.warning("traces could not be sent", metadata: ["reason": .string($0)]) }
        let exporter = TelemetryExport(try OwnTraces.transport(settings), configuration: export, spans: queue)
        return Sending(
            settings: settings, tracer: PerchTracer(tracing, sink: queue), export: exporter, task: Task { await exporter.run() })
    }

    private func end(_ sending: Sending?) async {
        guard let sending else { return }
        _ = await sending.export.flush(within: OwnTraces.flushMax)
        sending.task.cancel()
        await sending.export.shutdown()
    }

    private static func transport(_ settings: TracingSettings) throws -> any OTLPTransport {
        guard settings.usesGRPC else { return try OwnTracesOverHTTP(settings) }
        var configuration = OTLPHTTPTransport.Configuration(endpoint: settings.url)
        configuration.endpoints = [.traces: settings.url]
        configuration.headers = settings.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        configuration.compresses = settings.compresses
        configuration.timeout = .milliseconds(settings.timeoutMilliseconds)
        func file(_ material: HTTPTLSSettings.Material?) -> String? { if case .file(let path) = material { path } else { nil } }
        configuration.certificates = OTLPHTTPTransport.CertificateFiles(
            trusted: file(settings.tls.certificateAuthority), own: file(settings.tls.certificate), key: file(settings.tls.key))
        return try OTLPGRPCTransport(configuration)
    }
}

/// OTLP over HTTP with everything that `tls_config` says.
private final class OwnTracesOverHTTP: OTLPTransport {
    private let client: OutboundClient
    private let settings: TracingSettings

    init(_ settings: TracingSettings) throws {
        self.settings = settings
        client = try OutboundClient(
            HTTPClientSettings(tls: settings.tls), userAgent: "Perch/" + PerchVersion.current, usage: .occasional,
            connectMilliseconds: settings.timeoutMilliseconds)
    }

    func send(_ message: [UInt8], _ signal: OTLPSignal) async -> SendOutcome {
        var headers: HTTPHeaders = ["content-type": "application/x-protobuf"]
        for (name, value) in settings.headers { headers.replaceOrAdd(name: name, value: value) }
        var body = message
        if settings.compresses, let compressed = try? Codec.gzip.compress(message) {
            headers.add(name: "content-encoding", value: "gzip")
            body = compressed
        }
        do {
            let request = OutboundRequest(.POST, settings.url + "/" + signal.path, headers: headers, body: body)
            let response = try await client.send(request, timeoutMilliseconds: settings.timeoutMilliseconds)
            switch response.status {
            case 200..<300: return .accepted(rejected: 0, message: "")
            case 429, 502, 503, 504:
                let seconds = response.headers.first(name: "retry-after").flatMap { Double($0) }.flatMap {
                    (0..<1e9).contains($0) ? $0 : nil
                }
                return .retry(after: seconds.map { .seconds($0) }, reason: "the receiver answered \(response.status)")
            default: return .refused(reason: "the receiver answered \(response.status)")
            }
        } catch {
            return .retry(after: nil, reason: "\(error)")
        }
    }

    func shutdown() async { await client.shutdown() }
}
