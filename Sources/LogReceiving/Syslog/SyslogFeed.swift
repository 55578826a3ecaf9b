internal import Ingestion
internal import NIOCore

/// Keeps what one channel of syslog takes, a batch at a time: while one is being kept, the next gathers.
///
/// Belongs to the channel's event loop.
final class SyslogFeed {
    private let keeper: SyslogKeeper
    private let eventLoop: any EventLoop
    private var gathering = SyslogBatch()
    private var isWorking = false
    private var workingBytes = 0
    private var isClosed = false
    /// Whether the reception knows that something is on its way.
    private var isTold = false
    private var held: HeldBytes
    /// Called when there is room again.
    private let onRoom: () -> Void

    /// Bytes beyond which nothing more is to be read.
    private static let gatheringBytesMax = 2 << 20

    init(_ keeper: SyslogKeeper, on eventLoop: any EventLoop, onRoom: @escaping () -> Void) {
        self.keeper = keeper
        self.eventLoop = eventLoop
        self.onRoom = onRoom
        held = HeldBytes(keeper.reception.pending)
    }

    deinit { if isTold { keeper.reception.finish() } }

    /// Whether something is on its way.
    var isBusy: Bool { isWorking || !gathering.isEmpty }

    var hasRoom: Bool { gathering.byteCount < SyslogFeed.gatheringBytesMax }

    func append(_ message: some Collection<UInt8>, from sender: String) {
        gathering.append(message, from: sender)
        tell()
    }

    /// Tells the reception whether something is on its way, so that it does not end before that is kept.
    private func tell() {
        guard isBusy != isTold else { return }
        isTold = isBusy
        isTold ? keeper.reception.begin() : keeper.reception.finish()
    }

    /// Begins to keep what has come, unless that is going on.
    ///
    /// - Returns: whether there is room for more.
    func work() -> Bool {
        if !isWorking, !gathering.isEmpty { keep(gathering.take()) }
        guard !isClosed else { return false }
        return held.set(gathering.byteCount + workingBytes) && hasRoom
    }

    private func keep(_ batch: SyslogBatch) {
        isWorking = true
        workingBytes = batch.byteCount
        let keeper = keeper
        keeper.reception.run(on: eventLoop) { keeper.keep(batch) }.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let outcome) where outcome.status == .unavailable:
                let seconds = Int64(outcome.retryAfterSeconds ?? 1)
                eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { self.keep(batch) }
            case .success:
                isWorking = false
                workingBytes = 0
                if work() { onRoom() }
                tell()
            case .failure:
                // The threads have ended: the server does.
                isWorking = false
                workingBytes = 0
                _ = gathering.take()
                tell()
            }
        }
    }

    /// Gives back memory; what is on its way goes on.
    func close() {
        isClosed = true
        _ = held.set(0)
    }
}
