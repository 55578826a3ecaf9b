internal import Dispatch
internal import Synchronization

/// Runs maintenance, rollups, the syncing of the journal and the scrub, each on a thread of its own, again and again until it is stopped.
final class BackgroundWork: Sendable {
    private struct State: Sendable {
        var isStopped = false
    }

    private let state = Mutex(State())
    private let maintenanceQueue = DispatchQueue(label: "perch.metrics.maintenance", qos: .utility)
    private let rollupQueue = DispatchQueue(label: "perch.metrics.rollups", qos: .utility)
    private let scrubQueue = DispatchQueue(label: "perch.metrics.scrub", qos: .background)
    private let syncQueue = DispatchQueue(label: "perch.metrics.sync", qos: .userInitiated)

    func start(
        maintenanceMilliseconds: Int, syncMilliseconds: Int?, maintain: @escaping @Sendable () -> Void,
        rollUp: @escaping @Sendable () -> Void, sync: @escaping @Sendable () -> Void, scrub: @escaping @Sendable () -> Void
    ) {
        repeatWork(on: maintenanceQueue, every: maintenanceMilliseconds, maintain)
        repeatWork(on: rollupQueue, every: 1000, rollUp)
        repeatWork(on: scrubQueue, every: 1000, scrub)
        if let syncMilliseconds { repeatWork(on: syncQueue, every: syncMilliseconds, sync) }
    }

    private func repeatWork(on queue: DispatchQueue, every milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
            guard !state.withLock({ $0.isStopped }) else { return }
            work()
            repeatWork(on: queue, every: milliseconds, work)
        }
    }

    /// Lets no further round begin.
    func cancel() { state.withLock { $0.isStopped = true } }

    /// Lets no further round begin, and waits for those under way.
    func stop() {
        cancel()
        maintenanceQueue.sync {}
        rollupQueue.sync {}
        syncQueue.sync {}
        scrubQueue.sync {}
    }
}
