public import Logging
internal import Synchronization

/// A scrape job as discovery sees it: a name and the mechanisms that find its targets.
public struct DiscoveryJob: Sendable {
    public let name: String
    public let providers: [any TargetProvider]

    public init(name: String, providers: [any TargetProvider]) {
        self.name = name
        self.providers = providers
    }
}

/// The target groups of every job at one moment; a job without targets has an empty list.
public struct DiscoverySnapshot: Sendable, Hashable {
    public var groups: [String: [TargetGroup]]

    public init(groups: [String: [TargetGroup]]) { self.groups = groups }
}

/// Runs the providers of all jobs and keeps what they have found, so that one consumer always learns the newest state.
///
/// A reload makes a new directory and cancels the old one's task; the consumer goes over to the new ``snapshots``.
public final class TargetDirectory: Sendable {
    /// Every new state, for one consumer. Buffering policy: newest 1, so a slow consumer skips states and never holds up a provider.
    ///
    /// The first state comes when each provider has reported, or after ``firstSnapshotWait``, whichever is sooner, so that a
    /// reload does not show a job without its targets for a moment. The stream ends when ``run()`` does.
    public let snapshots: AsyncStream<DiscoverySnapshot>

    /// How long a slow provider can hold back the first state.
    public let firstSnapshotWait: Duration

    private let continuation: AsyncStream<DiscoverySnapshot>.Continuation
    private let jobs: [DiscoveryJob]
    private let logger: Logger
    private let state: Mutex<TargetDirectoryState>

    /// - Precondition: job names are unique.
    public init(jobs: [DiscoveryJob], logger: Logger, firstSnapshotWait: Duration = .seconds(5)) {
        precondition(Set(jobs.map(\.name)).count == jobs.count, "BUG: two scrape jobs with one name")
        self.jobs = jobs
        self.logger = logger
        self.firstSnapshotWait = firstSnapshotWait
        (snapshots, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(TargetDirectoryState(jobs: jobs.map { ($0.name, $0.providers.map(\.mechanism)) }))
    }

    /// Runs all providers until the task is cancelled.
    public func run() async {
        await withTaskGroup { group in
            group.addTask { [self] in
                guard (try? await ContinuousClock().sleep(for: firstSnapshotWait)) != nil else { return }
                publish { $0.stopWaiting() }
            }
            for (jobIndex, job) in jobs.enumerated() {
                for (providerIndex, provider) in job.providers.enumerated() {
                    group.addTask { [self] in
                        await provider.watch { event in self.take(event, job: jobIndex, provider: providerIndex) }
                    }
                }
            }
            // A directory without providers, or with static ones only, has to stay: its consumer stays too.
            group.addTask { while (try? await ContinuousClock().sleep(for: .seconds(3600))) != nil {} }
            publish { $0.stateOfEmptyDirectory() }
            await group.waitForAll()
        }
        continuation.finish()
    }

    /// How discovery is doing, one entry for each provider, in the order of the configuration.
    public var statistics: [ProviderStatistics] { state.withLock { $0.statistics } }

    private func take(_ event: DiscoveryEvent, job: Int, provider: Int) {
        if case .failure(let reason) = event {
            let isNews = state.withLock { $0.recordFailure(reason, job: job, provider: provider) }
            guard isNews else { return }
            logger.warning(
                "target discovery failed; the targets found before stay in force",
                metadata: [
                    "job": "\(jobs[job].name)", "mechanism": "\(jobs[job].providers[provider].mechanism)", "reason": "\(reason)",
                ]
            )
        }
        publish { $0.apply(event, job: job, provider: provider) }
    }

    private func publish(_ change: (inout TargetDirectoryState) -> DiscoverySnapshot?) {
        // Yielding under the lock keeps the order of states; it only stores the value and never calls the consumer.
        state.withLock { state in
            if let snapshot = change(&state) { continuation.yield(snapshot) }
        }
    }
}

/// What one provider of one job has done so far.
public struct ProviderStatistics: Sendable, Hashable {
    public let job: String
    /// The mechanism's name, such as `file`.
    public let mechanism: String
    /// Targets in force, before relabelling.
    public internal(set) var targetCount = 0
    /// Reports with groups.
    public internal(set) var updateCount = 0
    /// Reports of failure.
    public internal(set) var failureCount = 0
    /// The reason of the last failure, or nil after a success.
    public internal(set) var lastFailure: String?
}
