internal import Ingestion
internal import LogFormats
internal import NIOCore
internal import PerchMetrics

/// Does for one connection of a Beat what ``BeatsSession`` decides.
final class BeatsHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let keeper: BeatsKeeper
    private var session: BeatsSession
    private var held: HeldBytes
    private var client = ClientIdentity(.address, "")
    private var ticker: Scheduled<Void>?
    /// Since when there is no room for what would be read.
    private var pausedSince: Int64?
    private var wantsRead = false

    private static let tick = TimeAmount.milliseconds(100)
    /// So long a connection may wait for memory before it gives back what it has.
    private static let pauseMax: Int64 = 30_000_000_000

    init(keeper: BeatsKeeper, limits: LumberjackLimits, sessionLimits: BeatsSession.Limits = .init()) {
        self.keeper = keeper
        session = BeatsSession(limits: sessionLimits, protocolLimits: limits, now: NIODeadline.nowNanoseconds)
        held = HeldBytes(keeper.reception.pending)
    }

    func channelActive(context: ChannelHandlerContext) {
        client = ClientIdentity(.address, context.remoteAddress?.ipAddress ?? "")
        context.fireChannelActive()
        scheduleTick(context)
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ticker?.cancel()
        ticker = nil
        // What is being kept goes on, and nobody is told.
        _ = held.set(0)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        keeper.reception.metrics[.beats].bytes.increment(by: buffer.readableBytes)
        keeper.reception.clients?.charge(client, bytes: buffer.readableBytes, items: 0)
        perform(session.received(buffer.readableBytesView, now: NIODeadline.nowNanoseconds), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        read(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is AgentStop { perform(session.stop(), context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A handshake that failed, or a connection that broke; the sender tries again.
        context.close(promise: nil)
    }

    private func perform(_ actions: [BeatsSession.Action], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .read: wantsRead = true
            case .send(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            case .keep(let frames, let skipping): keep(frames, skipping, context)
            case .close(let reason):
                if reason != "shutting down", reason != "idle" { keeper.reception.metrics[.beats].refusedConnections.increment() }
                context.close(promise: nil)
            }
        }
    }

    private func keep(_ frames: [LumberjackFrame], _ skipping: Int, _ context: ChannelHandlerContext) {
        let (keeper, client) = (keeper, client)
        keeper.reception.run(on: context.eventLoop) {
            keeper.keep(frames, skipping: skipping, from: client) { NIODeadline.nowNanoseconds }
        }
        .assumeIsolated().whenComplete { [self] result in
            guard context.channel.isActive else { return }
            switch result {
            case .success(let outcome): perform(session.finished(outcome, now: NIODeadline.nowNanoseconds), context)
            // The threads have ended: the server does.
            case .failure: context.close(promise: nil)
            }
            read(context)
        }
    }

    /// Reads on if that is wanted and there is room for what would come.
    private func read(_ context: ChannelHandlerContext) {
        // After its end a connection holds nothing.
        guard context.channel.isActive else { return }
        let hasRoom = held.set(session.heldBytes)
        guard wantsRead else { return }
        guard hasRoom else {
            pausedSince = pausedSince ?? NIODeadline.nowNanoseconds
            return
        }
        pausedSince = nil
        wantsRead = false
        context.read()
    }

    private func scheduleTick(_ context: ChannelHandlerContext) {
        ticker = context.eventLoop.assumeIsolated().scheduleTask(in: BeatsHandler.tick) { [self] in
            let now = NIODeadline.nowNanoseconds
            if let pausedSince, now - pausedSince >= BeatsHandler.pauseMax {
                keeper.reception.metrics[.beats].refusedConnections.increment()
                return context.close(promise: nil)
            }
            perform(session.tick(now: now), context)
            read(context)
            if ticker != nil { scheduleTick(context) }
        }
    }
}
