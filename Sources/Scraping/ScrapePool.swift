internal import Logging
public import TargetDiscovery
internal import TelemetryModel

/// The loops of one job. A value that ``ScrapeScheduler`` guards.
struct ScrapePool: Sendable {
    private(set) var job: ScrapeJob
    private(set) var groups: [TargetGroup] = []
    private(set) var loops: [ResolvedTarget.Identity: ScrapeLoop] = [:]
    /// Loops of targets that are gone, until their series' end is written.
    private var ending: [ResolvedTarget.Identity: ScrapeLoop] = [:]
    private(set) var dropped: [LabelSet] = []
    private(set) var droppedCount = 0
    private var client: ScrapeClient
    private let environment: ScrapeEnvironment

    /// - Throws: where the job's client settings cannot be used.
    init(job: ScrapeJob, environment: ScrapeEnvironment) throws {
        self.job = job
        self.environment = environment
        client = try ScrapePool.makeClient(job, environment)
    }

    private static func makeClient(_ job: ScrapeJob, _ environment: ScrapeEnvironment) throws -> ScrapeClient {
        try ScrapeClient(job: job, environment: environment)
    }

    /// Takes another job of the same name: every loop goes over to a new one, which takes its series along.
    ///
    /// - Throws: where the job's client settings cannot be used; the old job stays in force.
    mutating func change(to newJob: ScrapeJob) throws {
        guard newJob != job else { return }
        let oldClient = client
        client = try ScrapePool.makeClient(newJob, environment)
        job = newJob
        let replaced = loops
        loops = [:]
        resolve(replacing: replaced)
        retire(oldClient, after: Array(replaced.values) + Array(ending.values))
    }

    /// Takes the job's present target groups.
    mutating func update(_ newGroups: [TargetGroup]) {
        guard newGroups != groups else { return }
        groups = newGroups
        resolve(replacing: [:])
    }

    /// Ends the job: its series end.
    mutating func remove() {
        for loop in loops.values { loop.targetGone() }
        retire(client, after: Array(loops.values) + Array(ending.values))
        loops = [:]
    }

    /// Stops all loops without ending series, for the end of the process; gives what has to be waited for.
    func shutdown() -> @Sendable () async -> Void {
        let all = Array(loops.values) + Array(ending.values)
        for loop in all { loop.stop() }
        let client = client
        return {
            for loop in all { await loop.ended() }
            await client.shutdown()
        }
    }

    private func retire(_ client: ScrapeClient, after loops: [ScrapeLoop]) {
        Task {
            for loop in loops { await loop.ended() }
            await client.shutdown()
        }
    }

    /// Brings the loops in line with job and groups.
    private mutating func resolve(replacing replaced: [ResolvedTarget.Identity: ScrapeLoop]) {
        var wanted: [ResolvedTarget] = []
        dropped = []
        droppedCount = 0
        for resolution in job.targetRules.resolve(groups) {
            switch resolution {
            case .active(let target): wanted.append(target)
            case .dropped(let labels):
                droppedCount += 1
                if job.limits.keptDroppedTargets == 0 || dropped.count < job.limits.keptDroppedTargets { dropped.append(labels) }
            case .invalid(let labels, let reason):
                environment.logger.warning(
                    "a discovered target cannot be scraped", metadata: ["job": "\(job.name)", "labels": "\(labels)", "reason": "\(reason)"])
            }
        }
        ending = ending.filter { $0.value.isRunning }
        var old = loops.merging(replaced) { current, _ in current }
        loops = [:]
        for target in wanted { loops[target.identity] = loop(for: target, replacing: old.removeValue(forKey: target.identity)) }
        for (identity, loop) in old {
            loop.targetGone()
            ending[identity] = loop
        }
        applyTargetLimit()
    }

    private mutating func loop(for target: ResolvedTarget, replacing old: ScrapeLoop?) -> ScrapeLoop {
        let previous = old ?? ending.removeValue(forKey: target.identity)
        if let old, old.isOf(job), old.target.hasPace(of: target) {
            old.show(target)
            return old
        }
        previous?.stop()
        let loop = ScrapeLoop(target: target, job: job, client: client, environment: environment)
        loop.start(takingOver: previous)
        return loop
    }

    private func applyTargetLimit() {
        var failure: ScrapeFailure?
        if job.limits.targets > 0, loops.count > job.limits.targets {
            failure = ScrapeFailure(
                .targetLimit,
                "target limit exceeded: the job has \(loops.count) targets, at most \(job.limits.targets) allowed (target_limit)")
        }
        for loop in loops.values { loop.setForcedFailure(failure) }
    }
}

extension ResolvedTarget {
    fileprivate func hasPace(of other: ResolvedTarget) -> Bool {
        intervalMilliseconds == other.intervalMilliseconds && timeoutMilliseconds == other.timeoutMilliseconds
    }
}

extension ScrapeJob {
    /// What discovery needs to know of the job.
    public var targetRules: TargetRules {
        TargetRules(
            jobName: name, scheme: scheme, metricsPath: metricsPath, intervalMilliseconds: intervalMilliseconds,
            timeoutMilliseconds: timeoutMilliseconds,
            parameters: parameters.map { TargetEndpoint.Parameter(name: $0.key, values: $0.value) }.sorted { $0.name < $1.name },
            relabeling: relabelRules)
    }
}
