import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// An HTTP server that keeps what it is sent and answers as it is told.
final class HTTPSink: Sendable {
    struct Request: Sendable {
        var method: String
        var uri: String
        var headers: HTTPHeaders
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: NSObject? { (try? JSONSerialization.jsonObject(with: Data(body))) as? NSObject }
        /// The fields of a form.
        var form: [String: String] {
            var components = URLComponents()
            components.percentEncodedQuery = text.replacingOccurrences(of: "+", with: "%20")
            return Dictionary((components.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
        }
    }

    enum Answer: Sendable {
        case status(Int, headers: [String: String] = [:], body: String = "")
        case hang
        /// The connection goes without an answer.
        case reset
        /// Half an answer, then nothing.
        case half
    }

    private let channel: any Channel
    private let keeper: Keeper

    /// All requests so far.
    var requests: [Request] { keeper.requests.withLock { $0 } }
    var port: Int { channel.localAddress?.port ?? 0 }

    /// - Parameter tls: speaks TLS with this.
    init(tls: TLSConfiguration? = nil, answer: @escaping @Sendable (Request) -> Answer = { _ in .status(200) }) async throws {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let keep = Keeper()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(keep: keep, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        keeper = keep
    }

    deinit { channel.close(promise: nil) }

    var url: String { "http://127.0.0.1:\(port)" }

    private final class Keeper: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let keep: Keeper
        private let answer: @Sendable (Request) -> Answer
        private var request: Request?

        init(keep: Keeper, answer: @escaping @Sendable (Request) -> Answer) {
            self.keep = keep
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Request(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: [])
            case .body(let buffer): request?.body += Array(buffer.readableBytesView)
            case .end:
                guard let request else { return }
                keep.requests.withLock { $0.append(request) }
                respond(answer(request), context)
            }
        }

        private func respond(_ answer: Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .hang: return
            case .reset: context.close(promise: nil)
            case .half:
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "100"])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "half")))), promise: nil)
            case .status(let status, let headers, let body):
                var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
                fields.replaceOrAdd(name: "content-length", value: String(body.utf8.count))
                let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
