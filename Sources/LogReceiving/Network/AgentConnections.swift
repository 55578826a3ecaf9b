internal import NIOCore
internal import PerchMetrics
internal import Synchronization

/// Told to the handlers of connections when the server ends: what is being kept is seen through, and nothing further is taken.
struct AgentStop: Sendable {}

/// The open connections of a listener, with a bound on their number.
final class AgentConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let max: Int
    private let counters: LogReceptionMetrics.Counters

    init(max: Int, counters: LogReceptionMetrics.Counters) {
        self.max = max
        self.counters = counters
    }

    /// Counts a connection until it is closed; false where there are as many as may be.
    func admit(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdmitted = channels.withLock { channels in
            guard channels.count < max else { return false }
            channels[id] = channel
            return true
        }
        guard isAdmitted else {
            counters.refusedConnections.increment()
            return false
        }
        counters.connections.increment()
        channel.closeFuture.whenComplete { [self] _ in
            channels.withLock { $0[id] = nil }
            counters.connections.decrement()
        }
        return true
    }

    /// Asks all connections to end, and closes those that have not after a while.
    func stop(seconds: Int = 5) async {
        for channel in channels.withLock({ Array($0.values) }) { channel.pipeline.fireUserInboundEventTriggered(AgentStop()) }
        for _ in 0..<(seconds * 20) {
            if channels.withLock({ $0.isEmpty }) { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
