public import Dispatch
internal import Synchronization

/// Runs works, such as maintenance or the syncing of the journal, each on a thread of its own, most of them again and again until they are
/// stopped.
public final class BackgroundWork: Sendable {
    private struct State: Sendable {
        var isStopped = false
        var queues: [DispatchQueue] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Runs a work again and again, with a pause after each round.
    public func repeatWork(
        _ label: String, qos: DispatchQoS, every milliseconds: Int, _ work: @escaping @Sendable () -> Void
    ) {
        let queue = DispatchQueue(label: label, qos: qos)
        state.withLock { $0.queues.append(queue) }
        runNextRound(on: queue, every: milliseconds, work)
    }

    /// Runs a work once. It has to end soon when the others are stopped.
    public func run(_ label: String, qos: DispatchQoS, _ work: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: label, qos: qos)
        state.withLock { $0.queues.append(queue) }
        queue.async(execute: work)
    }

    private func runNextRound(on queue: DispatchQueue, every milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
            guard !state.withLock({ $0.isStopped }) else { return }
            work()
            runNextRound(on: queue, every: milliseconds, work)
        }
    }

    /// Lets no further round begin.
    public func cancel() { state.withLock { $0.isStopped = true } }

    /// Lets no further round begin, and waits for those under way.
    public func stop() {
        cancel()
        for queue in state.withLock({ $0.queues }) { queue.sync {} }
    }
}
