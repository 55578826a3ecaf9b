internal import HTTPTypes
internal import Hummingbird
public import Ingestion
internal import NIOCore
internal import NIOPosix
public import PerchMetrics
internal import Synchronization

/// `/api/v1/write`: Prometheus remote write 1.0 and 2.0.
public final class RemoteWriteAPI: HTTPEndpoints {
    /// Takes one request: the body as it came, `Content-Type`, `Content-Encoding`. Blocks until the samples are durable.
    public typealias Receiver = @Sendable (UnsafeRawBufferPointer, String?, String?) -> RemoteWriteOutcome

    /// What is taken at once and at most.
    public struct Limits: Sendable {
        /// Bytes of one body as sent.
        public var bodyBytesMax = 32 << 20
        /// Bytes of all bodies that are being taken; beyond, senders are told to come again.
        public var pendingBytesMax = 256 << 20
        /// Requests that are appended at the same time.
        public var concurrency = 4

        public init() {}
    }

    private let receive: Receiver
    private let limits: Limits
    private let clients: ClientLimiter?
    private let pool: NIOThreadPool
    private let pendingBytes = Atomic<Int>(0)
    private let bodyBytes: Counter
    private let refused: Counter

    /// Starts the threads on which the receiver blocks.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(limits: Limits = Limits(), clients: ClientLimiter? = nil, metrics: MetricRegistry, receive: @escaping Receiver) {
        self.clients = clients
        self.receive = receive
        self.limits = limits
        pool = NIOThreadPool(numberOfThreads: max(1, limits.concurrency))
        bodyBytes = metrics.counter(
            "perch_remote_write_received_bytes_total", help: "Bytes of remote write bodies, compressed.", unit: "bytes")
        refused = metrics.counter(
            "perch_remote_write_refused_total", help: "Remote write requests refused because too much was being taken already.")
        pool.start()
        metrics.gaugeFunction(
            "perch_remote_write_pending_bytes", help: "Bytes of remote write bodies being taken.", unit: "bytes"
        ) { [weak self] in Double(self?.pendingBytes.load(ordering: .relaxed) ?? 0) }
    }

    // For one that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once what was begun is taken.
    public func shutdown() async throws { try await pool.shutdownGracefully() }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/write", .post) { [self] call in try await write(call) }
    }

    private func write(_ call: APICall) async throws -> APIReply {
        let client = call.client
        do throws(ClientLimiter.Refusal) { try clients?.admit(client) } catch {
            return RemoteWriteAPI.reply(RemoteWriteOutcome(.tooManyRequests, error.message, retryAfterSeconds: error.retryAfterSeconds))
        }
        let announced = call.headers[.contentLength].flatMap { Int($0) } ?? 0
        if announced > limits.bodyBytesMax { throw APIFailure(.tooLarge, "the body has more than \(limits.bodyBytesMax) bytes") }
        // Room is taken before a byte is read, so that memory is bounded however many senders come.
        let room = announced > 0 ? announced : limits.bodyBytesMax
        defer { pendingBytes.subtract(room, ordering: .relaxed) }
        if pendingBytes.add(room, ordering: .relaxed).newValue > limits.pendingBytesMax {
            refused.increment()
            return RemoteWriteAPI.overloaded
        }
        let body = try await call.body(limit: announced > 0 ? announced : limits.bodyBytesMax)
        bodyBytes.increment(by: body.readableBytes)
        let (contentType, contentEncoding) = (call.headers[.contentType], call.headers[.contentEncoding])
        let receive = receive
        do {
            let outcome = try await pool.runIfActive {
                body.withUnsafeReadableBytes { receive($0, contentType, contentEncoding) }
            }
            clients?.charge(
                client, bytes: body.readableBytes,
                items: outcome.samplesWritten + outcome.histogramsWritten + outcome.exemplarsWritten)
            return RemoteWriteAPI.reply(outcome)
        } catch is NIOThreadPoolError.ThreadPoolInactive {
            return RemoteWriteAPI.overloaded
        }
    }

    private static let overloaded: APIReply = {
        var reply = APIReply.text("too much is being written at the moment\n", status: .serviceUnavailable)
        reply.headers[.retryAfter] = "1"
        return reply
    }()

    private static func reply(_ outcome: RemoteWriteOutcome) -> APIReply {
        let status: HTTPResponse.Status =
            switch outcome.status {
            case .accepted: .noContent
            case .rejected: .badRequest
            case .tooLarge: .contentTooLarge
            case .unsupported: .unsupportedMediaType
            case .tooManyRequests: .tooManyRequests
            case .unavailable: .serviceUnavailable
            }
        var reply = status == .noContent ? APIReply(status: status) : APIReply.text(outcome.message + "\n", status: status)
        if let seconds = outcome.retryAfterSeconds { reply.headers[.retryAfter] = String(seconds) }
        if outcome.status != .unsupported {
            reply.headers[.samplesWritten] = String(outcome.samplesWritten)
            reply.headers[.histogramsWritten] = String(outcome.histogramsWritten)
            reply.headers[.exemplarsWritten] = String(outcome.exemplarsWritten)
        }
        return reply
    }
}

extension HTTPField.Name {
    /// What of a request is stored (remote write specification 2.0, "Required Written Response Headers").
    fileprivate static let samplesWritten = known("X-Prometheus-Remote-Write-Samples-Written")
    fileprivate static let histogramsWritten = known("X-Prometheus-Remote-Write-Histograms-Written")
    fileprivate static let exemplarsWritten = known("X-Prometheus-Remote-Write-Exemplars-Written")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("BUG: \(name) is no header") }
        return name
    }
}
