/// The groups of every job by provider, and when a state is worth showing. Decides only; locks and streams are the directory's.
struct TargetDirectoryState {
    fileprivate struct Provider {
        var statistics: ProviderStatistics
        /// In the order of first report, so that states are the same from run to run.
        var groups: [TargetGroup] = []
        var indexBySource: [String: Int] = [:]
        var hasReported = false
    }

    private struct Job {
        let name: String
        var providers: [Provider]
    }

    private var jobs: [Job]
    /// Whether the first state is still held back.
    private var isWaiting = true

    init(jobs: [(name: String, mechanisms: [String])]) {
        self.jobs = jobs.map { job in
            Job(
                name: job.name,
                providers: job.mechanisms.map { Provider(statistics: ProviderStatistics(job: job.name, mechanism: $0)) }
            )
        }
    }

    var statistics: [ProviderStatistics] { jobs.flatMap { $0.providers.map(\.statistics) } }

    /// Counts a failure.
    ///
    /// - Returns: whether it is worth a log line: the reason differs from that of the provider's last report.
    mutating func recordFailure(_ reason: String, job: Int, provider: Int) -> Bool {
        jobs[job].providers[provider].statistics.failureCount += 1
        defer { jobs[job].providers[provider].statistics.lastFailure = reason }
        return jobs[job].providers[provider].statistics.lastFailure != reason
    }

    /// Takes one report.
    ///
    /// - Returns: the new state where there is one to show.
    mutating func apply(_ event: DiscoveryEvent, job: Int, provider: Int) -> DiscoverySnapshot? {
        var isChanged = false
        if case .groups(let groups) = event {
            for group in groups where jobs[job].providers[provider].merge(group) { isChanged = true }
            jobs[job].providers[provider].countUpdate()
        }
        jobs[job].providers[provider].hasReported = true
        if isWaiting {
            guard jobs.allSatisfy({ $0.providers.allSatisfy(\.hasReported) }) else { return nil }
            isWaiting = false
            return snapshot
        }
        return isChanged ? snapshot : nil
    }

    /// The time for slow providers is over.
    ///
    /// - Returns: the first state, where it was still held back.
    mutating func stopWaiting() -> DiscoverySnapshot? {
        guard isWaiting else { return nil }
        isWaiting = false
        return snapshot
    }

    /// The first and only state of a directory without a single provider; nil for others.
    mutating func stateOfEmptyDirectory() -> DiscoverySnapshot? {
        jobs.allSatisfy(\.providers.isEmpty) ? stopWaiting() : nil
    }

    private var snapshot: DiscoverySnapshot {
        var groups: [String: [TargetGroup]] = [:]
        for job in jobs {
            groups[job.name] = job.providers.flatMap { $0.groups.filter { !$0.targets.isEmpty } }
        }
        return DiscoverySnapshot(groups: groups)
    }
}

extension TargetDirectoryState.Provider {
    /// Puts a group in the place of the one with its source.
    ///
    /// - Returns: whether that changes anything.
    fileprivate mutating func merge(_ group: TargetGroup) -> Bool {
        if let index = indexBySource[group.source] {
            guard groups[index] != group else { return false }
            groups[index] = group
        } else {
            if group.targets.isEmpty { return false }
            indexBySource[group.source] = groups.count
            groups.append(group)
        }
        return true
    }

    fileprivate mutating func countUpdate() {
        statistics.updateCount += 1
        statistics.lastFailure = nil
        statistics.targetCount = groups.reduce(0) { $0 + $1.targets.count }
        // Sources that are gone for good must not pile up: a registry gives every pod a source of its own.
        if groups.count > 64, groups.lazy.filter(\.targets.isEmpty).count * 2 > groups.count {
            groups.removeAll(where: \.targets.isEmpty)
            indexBySource = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1.source, $0) })
        }
    }
}
