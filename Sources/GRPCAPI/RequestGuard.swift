internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// Stands before everything else on a stream and looks at the bytes of a request as they come, so that memory is bounded: what announces
/// itself as too large, or finds all memory for requests taken, is answered at once, and what else comes of it is thrown away.
///
/// The transport by itself would keep any number of half-sent requests, and ends those beyond its limit with a reset of the stream, which
/// senders take as a reason to try again.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let messageBytesMax: Int
    private let memory: OTLPGRPCServer.Memory
    /// The five bytes before a message that came so far: whether it is compressed, and its length.
    private var prefix: [UInt8] = []
    /// Bytes of the present message that are to come.
    private var messageBytesLeft = 0
    private var taken = 0
    private var hasData = false
    private var isAnswered = false
    private var isRefused = false
    /// How long a sender has to end what it began, once it was refused. A reset right behind the answer would have some senders never see it.
    private static let patience = TimeAmount.seconds(5)

    init(messageBytesMax: Int, memory: OTLPGRPCServer.Memory) {
        self.messageBytesMax = messageBytesMax
        self.memory = memory
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .data(let frame) = unwrapInboundIn(data), case .byteBuffer(let bytes) = frame.data else {
            return context.fireChannelRead(data)
        }
        if isRefused { return }
        hasData = true
        if let length = announcedLength(bytes), length > messageBytesMax {
            return refuse(context, code: 8, "the message has more than \(messageBytesMax) bytes")
        }
        guard memory.take(bytes.readableBytes) else {
            return refuse(context, code: 14, "too much is being taken at the moment")
        }
        taken += bytes.readableBytes
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        giveBack()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { giveBack() }

    /// What was answered goes before what the handlers behind have to say.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isRefused {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        if case .headers(let headers) = unwrapOutboundIn(data), headers.endStream { isAnswered = true }
        context.write(data, promise: promise)
    }

    /// Where the transport cannot make a message of the bytes, it ends the stream without a word; the sender is told not to send that again.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if hasData, !isAnswered, !isRefused, mode == .all {
            refuse(context, code: 3, "the message cannot be decompressed, or only to more than \(2 * messageBytesMax) bytes")
        }
        if isRefused {
            promise?.succeed(())
        } else {
            context.close(mode: mode, promise: promise)
        }
    }

    /// The largest length of a message that begins within some bytes.
    private func announcedLength(_ bytes: ByteBuffer) -> Int? {
        var rest = bytes
        var largest: Int?
        while rest.readableBytes > 0 {
            let skipped = min(messageBytesLeft, rest.readableBytes)
            rest.moveReaderIndex(forwardBy: skipped)
            messageBytesLeft -= skipped
            guard let part = rest.readBytes(length: min(5 - prefix.count, rest.readableBytes)) else { break }
            prefix += part
            if prefix.count == 5 {
                messageBytesLeft = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
                largest = max(largest ?? 0, messageBytesLeft)
                prefix.removeAll(keepingCapacity: true)
            }
        }
        return largest
    }

    private func refuse(_ context: ChannelHandlerContext, code: Int, _ message: String) {
        isRefused = true
        giveBack()
        let trailers: HPACKHeaders = [
            ":status": "200", "content-type": "application/grpc", "grpc-status": String(code), "grpc-message": message,
        ]
        let payload = HTTP2Frame.FramePayload.headers(.init(headers: trailers, endStream: true))
        context.writeAndFlush(wrapOutboundOut(payload), promise: nil)
        let stream = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: RequestGuard.patience) { stream.value.close(promise: nil) }
    }

    private func giveBack() {
        if taken > 0 { memory.give(taken) }
        taken = 0
    }
}
