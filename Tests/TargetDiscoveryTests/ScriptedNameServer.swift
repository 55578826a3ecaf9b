internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A name server of one test, over UDP and TCP at one port.
final class ScriptedNameServer: Sendable {
    struct Question: Sendable, Hashable {
        var name: String
        var type: UInt16
        var isTCP: Bool
    }

    struct Answer: Sendable {
        var code: UInt8 = 0
        var isTruncated = false
        /// Type and content of each record.
        var records: [(type: UInt16, content: [UInt8])] = []
    }

    typealias Script = @Sendable (Question) -> Answer?

    private let udp: any Channel
    private let tcp: any Channel
    private let asked: Asked
    let port: Int

    /// - Parameter answer: gets each question; nil is silence.
    init(_ answer: @escaping Script) async throws {
        let asked = Asked()
        self.asked = asked
        let datagrams = DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(DatagramServer(answer: answer, asked: asked))
            }
        }
        let streams = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(StreamServer(answer: answer, asked: asked))
            }
        }
        // Somebody may have the port that TCP gives for datagrams.
        while true {
            let listening = try await streams.bind(host: "127.0.0.1", port: 0).get()
            let number = listening.localAddress?.port ?? 0
            if let bound = try? await datagrams.bind(host: "127.0.0.1", port: number).get() {
                (tcp, udp, port) = (listening, bound, number)
                return
            }
            try await listening.close()
        }
    }

    var questions: [Question] { asked.questions }

    func stop() async throws {
        try await udp.close()
        try await tcp.close()
    }

    fileprivate static func reply(to query: [UInt8], isTCP: Bool, _ script: Script, _ asked: Asked) -> [UInt8]? {
        guard query.count > 12, let end = query[12...].firstIndex(of: 0), end + 4 < query.count else { return nil }
        var labels: [String] = []
        var position = 12
        while position < end {
            let next = position + 1 + Int(query[position])
            labels.append(String(decoding: query[(position + 1)..<next], as: UTF8.self))
            position = next
        }
        let type = UInt16(query[end + 1]) << 8 | UInt16(query[end + 2])
        let question = Question(name: labels.joined(separator: "."), type: type, isTCP: isTCP)
        asked.add(question)
        guard let answer = script(question) else { return nil }
        var reply = Array(query[0..<2]) + [0x81 | (answer.isTruncated ? 2 : 0), 0x80 | answer.code, 0, 1]
        reply += [0, UInt8(answer.records.count), 0, 0, 0, 0] + query[12..<(end + 5)]
        for record in answer.records {
            reply += [0xc0, 0x0c, UInt8(record.type >> 8), UInt8(record.type & 0xff), 0, 1, 0, 0, 0, 30]
            reply += [UInt8(record.content.count >> 8), UInt8(record.content.count & 0xff)] + record.content
        }
        return reply
    }
}

private final class Asked: Sendable {
    private let all = Mutex<[ScriptedNameServer.Question]>([])
    var questions: [ScriptedNameServer.Question] { all.withLock { $0 } }
    func add(_ question: ScriptedNameServer.Question) { all.withLock { $0.append(question) } }
}

private final class DatagramServer: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let answer: ScriptedNameServer.Script
    private let asked: Asked

    init(answer: @escaping ScriptedNameServer.Script, asked: Asked) {
        self.answer = answer
        self.asked = asked
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let reply = ScriptedNameServer.reply(to: Array(envelope.data.readableBytesView), isTCP: false, answer, asked) else { return }
        // A stray answer comes first: another's number is no answer to this question.
        for bytes in [[reply[0] ^ 1] + reply.dropFirst(), [1, 2, 3], reply] as [[UInt8]] {
            let envelope = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
            context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
        }
    }
}

private final class StreamServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: ScriptedNameServer.Script
    private let asked: Asked

    init(answer: @escaping ScriptedNameServer.Script, asked: Asked) {
        self.answer = answer
        self.asked = asked
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView.dropFirst(2))
        guard let reply = ScriptedNameServer.reply(to: bytes, isTCP: true, answer, asked) else { return }
        // In two pieces, as a network may deliver them.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [UInt8(reply.count >> 8)])), promise: nil)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [UInt8(reply.count & 0xff)] + reply)), promise: nil)
    }
}
