internal import Logging
internal import Synchronization
public import TargetDiscovery

/// Keeps one scrape loop going for every target of every job.
///
/// Jobs come by ``reload(_:)``, targets by ``update(_:)``; both may be called at any time from any thread, and leave alone what they do
/// not change: a target that stays keeps its loop, its times and its cache.
public final class ScrapeScheduler: Sendable {
    private struct State {
        var pools: [String: ScrapePool] = [:]
        /// Names in the order of the configuration.
        var order: [String] = []
        var snapshot = DiscoverySnapshot(groups: [:])
        var isStopped = false
    }

    private let environment: ScrapeEnvironment
    private let state = Mutex(State())

    public init(environment: ScrapeEnvironment) { self.environment = environment }

    /// Puts these jobs in force. A job of the same name that is equal goes on undisturbed; one that is gone ends its series.
    ///
    /// - Throws: the first job whose certificates or keys cannot be used, by ``ScrapeJobError``; that job stays as it was before, all
    ///   others are in force.
    public func reload(_ jobs: [ScrapeJob]) throws {
        let failures = state.withLock { state -> [ScrapeJobError] in
            guard !state.isStopped else { return [] }
            var failures: [ScrapeJobError] = []
            for name in state.order where !jobs.contains(where: { $0.name == name }) {
                var removed = state.pools.removeValue(forKey: name)
                removed?.remove()
            }
            for job in jobs {
                do {
                    if state.pools[job.name] == nil {
                        state.pools[job.name] = try ScrapePool(job: job, environment: environment)
                    } else {
                        try state.pools[job.name]?.change(to: job)
                    }
                    state.pools[job.name]?.update(state.snapshot.groups[job.name] ?? [])
                } catch {
                    failures.append(ScrapeJobError(job: job.name, reason: "\(error)"))
                }
            }
            state.order = jobs.map(\.name).filter { state.pools[$0] != nil }
            return failures
        }
        if let first = failures.first { throw first }
    }

    /// Takes what discovery has found; jobs that are not in force are passed over until they are.
    public func update(_ snapshot: DiscoverySnapshot) {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.snapshot = snapshot
            for name in state.order { state.pools[name]?.update(snapshot.groups[name] ?? []) }
        }
    }

    /// Returns when the task is cancelled, after all loops have stopped and all connections are closed. Series are not ended: they go
    /// on when the process is started again. Later calls of the other functions do nothing.
    public func run() async {
        while (try? await Task.sleep(for: .seconds(3600))) != nil {}
        let waits = state.withLock { state in
            state.isStopped = true
            return state.pools.values.map { $0.shutdown() }
        }
        // In a task of its own, since this one is cancelled already.
        await Task { for wait in waits { await wait() } }.value
    }

    /// All targets, for people.
    public var targets: ScrapeTargets {
        let pools = state.withLock { state in state.order.compactMap { state.pools[$0] } }
        var targets = ScrapeTargets()
        for pool in pools {
            targets.active += pool.loops.values.map(\.status).sorted { $0.target.labels < $1.target.labels }
            targets.dropped += pool.dropped.map { DroppedScrapeTarget(discoveredLabels: $0, scrapePool: pool.job.name) }
            targets.droppedCounts[pool.job.name] = pool.droppedCount
        }
        return targets
    }

    /// Names of the jobs in force, in the order of the configuration.
    public var scrapePools: [String] { state.withLock { $0.order } }
}

/// A job whose client settings cannot be used.
public struct ScrapeJobError: Error, Sendable, Hashable, CustomStringConvertible {
    public let job: String
    public let reason: String

    public var description: String { "scrape job \(job): \(reason)" }
}
