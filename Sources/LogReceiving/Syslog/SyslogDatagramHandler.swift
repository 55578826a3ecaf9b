internal import Ingestion
internal import NIOCore
internal import PerchMetrics

/// Takes messages that come in datagrams, one in each. While there is no room for more, the kernel keeps them, and drops what it has no room for.
final class SyslogDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let keeper: SyslogKeeper
    private let messageBytesMax: Int
    private var feed: SyslogFeed?
    private var wantsRead = true
    private var isStopping = false

    init(keeper: SyslogKeeper, messageBytesMax: Int) {
        self.keeper = keeper
        self.messageBytesMax = messageBytesMax
    }

    func channelActive(context: ChannelHandlerContext) {
        feed = SyslogFeed(keeper, on: context.eventLoop) { [weak self] in
            guard let self, context.channel.isActive else { return }
            read(context)
        }
        context.fireChannelActive()
        read(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        _ = feed?.work()
        feed?.close()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        let counters = keeper.reception.metrics[keeper.source]
        counters.bytes.increment(by: datagram.data.readableBytes)
        if datagram.data.readableBytes > messageBytesMax { counters.truncated.increment() }
        let message = datagram.data.readableBytesView.prefix(messageBytesMax)
        let sender = datagram.remoteAddress.ipAddress ?? ""
        if !message.isEmpty, isAdmitted(sender, bytes: message.count) { feed?.append(message, from: sender) }
    }

    /// Whether a client may send a message now. Who sends is not answered, so what it may not is dropped and counted.
    private func isAdmitted(_ sender: String, bytes: Int) -> Bool {
        guard let clients = keeper.reception.clients else { return true }
        let client = ClientIdentity(.address, sender)
        do throws(ClientLimiter.Refusal) { try clients.admit(client) } catch {
            keeper.reception.metrics.countDroppedDatagram(error.limit, of: keeper.source)
            return false
        }
        clients.charge(client, bytes: bytes, items: 1)
        return true
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Such as an answer of ICMP to nothing that was sent: the socket serves on.
    }

    private func read(_ context: ChannelHandlerContext) {
        let hasRoom = feed?.work() ?? false
        if isStopping {
            if feed?.isBusy != true { context.close(promise: nil) }
            return
        }
        guard hasRoom, wantsRead else { return }
        wantsRead = false
        context.read()
    }
}
