public import TargetDiscovery
public import TelemetryModel

/// How one target is doing, for people and for `/api/v1/targets`.
public struct ScrapeTargetStatus: Sendable, Hashable {
    public let target: ResolvedTarget
    /// The job's name.
    public let scrapePool: String
    public let health: ScrapeHealth
    /// Why the last scrape failed, or what it lost to a limit; nil where all is well or there was none.
    public let lastError: String?
    /// When the last scrape began, in milliseconds; nil where there was none.
    public let lastScrape: Timestamp?
    public let lastDurationSeconds: Double

    init(target: ResolvedTarget, job: String, state: ScrapeLoopState) {
        self.target = target
        scrapePool = job
        health = state.health
        lastError = state.lastFailure?.description ?? state.lastNotice
        lastScrape = state.lastScrape
        lastDurationSeconds = state.lastDurationSeconds
    }
}

/// A target that a relabelling rule dropped.
public struct DroppedScrapeTarget: Sendable, Hashable {
    public let discoveredLabels: LabelSet
    public let scrapePool: String
}

/// All targets of all jobs.
public struct ScrapeTargets: Sendable, Hashable {
    /// By job, then by labels.
    public internal(set) var active: [ScrapeTargetStatus] = []
    public internal(set) var dropped: [DroppedScrapeTarget] = []
    /// How many were dropped by job, also where not all are kept to be shown.
    public internal(set) var droppedCounts: [String: Int] = [:]
}
