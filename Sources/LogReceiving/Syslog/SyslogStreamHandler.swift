internal import Ingestion
internal import LogFormats
internal import NIOCore
internal import PerchMetrics

/// Takes the messages of one connection.
final class SyslogStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let keeper: SyslogKeeper
    private var framing: SyslogFraming
    private var truncated = 0
    private var sender = ""
    private var feed: SyslogFeed?
    /// Asks again whether the client may send; nil where it may.
    private var waiting: Scheduled<Void>?
    private var wantsRead = true
    private var isStopping = false

    init(keeper: SyslogKeeper, messageBytesMax: Int) {
        self.keeper = keeper
        framing = SyslogFraming(messageBytesMax: messageBytesMax)
    }

    func channelActive(context: ChannelHandlerContext) {
        sender = context.remoteAddress?.ipAddress ?? ""
        feed = SyslogFeed(keeper, on: context.eventLoop) { [weak self] in
            guard let self, context.channel.isActive else { return }
            read(context)
        }
        context.fireChannelActive()
        read(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A last message may have no end.
        framing.finish { feed?.append($0[$1], from: sender) }
        _ = feed?.work()
        feed?.close()
        waiting?.cancel()
        waiting = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let counters = keeper.reception.metrics[keeper.source]
        counters.bytes.increment(by: buffer.readableBytes)
        var messages = 0
        do throws(LogFormatError) {
            try framing.feed(buffer.readableBytesView) {
                messages += 1
                feed?.append($0[$1], from: sender)
            }
        } catch {
            counters.malformed.increment()
            context.close(promise: nil)
        }
        keeper.reception.clients?.charge(ClientIdentity(.address, sender), bytes: buffer.readableBytes, items: messages)
        counters.truncated.increment(by: framing.truncatedCount - truncated)
        truncated = framing.truncatedCount
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        wantsRead = true
        read(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is AgentStop {
            isStopping = true
            read(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Reads on where there is room; ends where that is wanted and all is kept.
    private func read(_ context: ChannelHandlerContext) {
        let hasRoom = feed?.work() ?? false
        if isStopping {
            if feed?.isBusy != true { context.close(promise: nil) }
            return
        }
        guard wantsRead, hasRoom, !isHeldBack(context) else { return }
        wantsRead = false
        context.read()
    }

    /// Whether the client is over a limit; then this asks again by itself. What it goes on to send fills its own buffers.
    private func isHeldBack(_ context: ChannelHandlerContext, isWaiting: Bool = false) -> Bool {
        if waiting != nil { return true }
        guard let clients = keeper.reception.clients,
            let refusal = clients.delay(of: ClientIdentity(.address, sender), streams: true, isWaiting: isWaiting)
        else { return false }
        if !isWaiting { keeper.reception.metrics.countHeldBack(refusal.limit, of: keeper.source) }
        let milliseconds = Int64(min(refusal.seconds, 60) * 1000) + 1
        waiting = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { [self] in
            waiting = nil
            guard context.channel.isActive, !isHeldBack(context, isWaiting: true) else { return }
            read(context)
        }
        return true
    }
}
