import Compression
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RemoteWriteFormat
import Synchronization
import TelemetryModel

/// A receiver of remote write on a free port that keeps what it took, and fails as a test wants it.
final class RemoteWriteSink: Sendable {
    enum Answer: Sendable {
        /// Takes the batch.
        case take(headers: [String: String] = [:])
        /// Answers with another status, and keeps nothing.
        case fail(Int, headers: [String: String] = [:], body: String = "")
        /// Keeps nothing and never answers.
        case hang
        /// Keeps the batch, or not, and hangs up without an answer.
        case reset(taking: Bool)
    }

    struct Request: Sendable {
        var number: Int
        var time: Double
        /// With parameters.
        var path: String
        var headers: [String: String]
        /// As it arrived.
        var body: [UInt8]
        var version: RemoteWriteVersion
        /// `LABELS` and `TIME VALUE` of each sample.
        var samples: [(series: String, time: Timestamp, value: Double)] = []
        var families = 0
    }

    private let channel: any Channel
    let port: Int
    var url: String { "http://127.0.0.1:\(port)/write" }
    private let box: Box

    private final class Box: Sendable {
        let taken = Mutex<[Request]>([])
        let seen = Mutex<[Request]>([])
        let answer: Mutex<@Sendable (Request) -> Answer>
        init(_ answer: @escaping @Sendable (Request) -> Answer) { self.answer = Mutex(answer) }
    }

    init(port: Int = 0, _ answer: @escaping @Sendable (Request) -> Answer = { _ in .take() }) async throws {
        let box = Box(answer)
        self.box = box
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(box))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.port = channel.localAddress?.port ?? 0
    }

    deinit { channel.close(promise: nil) }

    func answer(_ answer: @escaping @Sendable (Request) -> Answer) { box.answer.withLock { $0 = answer } }

    /// All requests with samples, also those that were not taken.
    var seen: [Request] { box.seen.withLock { $0 } }
    /// Batches with samples that were taken.
    var taken: [Request] { box.taken.withLock { $0 } }
    /// How often each sample was taken, by series and time.
    var counts: [String: [Timestamp: Int]] {
        var counts: [String: [Timestamp: Int]] = [:]
        for request in taken { for sample in request.samples { counts[sample.series, default: [:]][sample.time, default: 0] += 1 } }
        return counts
    }
    /// The values of a series in the order in which they were taken.
    func values(of series: String) -> [Double] { taken.flatMap(\.samples).filter { $0.series == series }.map(\.value) }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let box: Box
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let part): body.append(contentsOf: part.readableBytesView)
            case .end:
                guard let head, let request = read(head) else { return context.close(promise: nil) }
                respond(request, context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func read(_ head: HTTPRequestHead) -> Request? {
            var headers: [String: String] = [:]
            for (name, value) in head.headers { headers[name.lowercased()] = value }
            let version: RemoteWriteVersion = headers["content-type"]?.contains("v2.Request") == true ? .v2 : .v1
            var request = Request(
                number: box.seen.withLock { $0.count }, time: Date().timeIntervalSince1970, path: head.uri, headers: headers, body: body,
                version: version)
            var decoder = RemoteWriteDecoder()
            do {
                try decoder.start(try Codec.snappyBlock.decompress(body, limit: 64 << 20), version: version)
                while let item = try decoder.next() {
                    guard case .series = item else {
                        request.families += 1
                        continue
                    }
                    let bytes = decoder.bytes
                    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
                    let series = decoder.labels.map { "\(text($0.name))=\(text($0.value))" }.joined(separator: ",")
                    for (time, value) in zip(decoder.timestamps, decoder.values) { request.samples.append((series, time, value)) }
                }
            } catch {
                return nil
            }
            return request
        }

        private func respond(_ request: Request, _ context: ChannelHandlerContext) {
            // Metadata is taken always, so that scripts are about samples.
            guard !request.samples.isEmpty else { return write(204, [:], "", context) }
            box.seen.withLock { $0.append(request) }
            switch box.answer.withLock({ $0 })(request) {
            case .take(let headers):
                box.taken.withLock { $0.append(request) }
                write(204, headers, "", context)
            case .fail(let status, let headers, let body): write(status, headers, body, context)
            case .hang: break
            case .reset(let taking):
                if taking { box.taken.withLock { $0.append(request) } }
                context.close(promise: nil)
            }
        }

        private func write(_ status: Int, _ headers: [String: String], _ body: String, _ context: ChannelHandlerContext) {
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
            for (name, value) in headers { head.headers.add(name: name, value: value) }
            if status != 204 { head.headers.add(name: "content-length", value: "\(body.utf8.count)") }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
