internal import Logging
internal import PerchMetrics
internal import Scraping
internal import ServiceLifecycle
internal import Synchronization
internal import TargetDiscovery

/// Discovery and scraping as one service that takes a new configuration while it runs.
final class ScrapeService: Service {
    let scheduler: ScrapeScheduler
    private let logger: Logger
    private let writesExtraScrapeMetrics: Bool
    private let ingestsStartsAsZeros: Bool
    private let current = Mutex<TargetDirectory?>(nil)
    private let directories: AsyncStream<TargetDirectory>
    private let next: AsyncStream<TargetDirectory>.Continuation

    init(scheduler: ScrapeScheduler, logger: Logger, metrics: MetricRegistry, writesExtraScrapeMetrics: Bool, ingestsStartsAsZeros: Bool) {
        self.scheduler = scheduler
        self.logger = logger
        self.writesExtraScrapeMetrics = writesExtraScrapeMetrics
        self.ingestsStartsAsZeros = ingestsStartsAsZeros
        (directories, next) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        register(in: metrics)
    }

    /// Puts the jobs of a configuration in force.
    ///
    /// - Throws: `ScrapeJobError` where the certificates of a job cannot be used; all other jobs are in force then.
    func apply(_ configuration: CollectorConfiguration) throws {
        let jobs = configuration.scrapeJobs.map { configured in
            var job = configured.job
            if writesExtraScrapeMetrics { job.writesExtraScrapeMetrics = true }
            if ingestsStartsAsZeros { job.takeStartsAsZeros() }
            return job
        }
        let directory = TargetDirectory(jobs: configuration.discoveryJobs, logger: logger)
        current.withLock { $0 = directory }
        defer { next.yield(directory) }
        do {
            try scheduler.reload(jobs)
        } catch {
            logger.error("a scrape job is not in force", metadata: ["reason": .string(String(describing: error))])
            throw error
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.scheduler.run() }
                group.addTask { await self.followDirectories() }
                await group.waitForAll()
            }
        }
    }

    /// Runs the newest directory; the one before it ends once the new one has had its first word.
    private func followDirectories() async {
        var running: Task<Void, Never>?
        for await directory in directories {
            let previous = running
            running = Task { [scheduler] in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await directory.run() }
                    group.addTask {
                        var isFirst = true
                        for await snapshot in directory.snapshots {
                            if isFirst { previous?.cancel() }
                            isFirst = false
                            if Task.isCancelled { return }
                            scheduler.update(snapshot)
                        }
                    }
                }
            }
        }
        running?.cancel()
        await running?.value
    }

    private func register(in metrics: MetricRegistry) {
        let statistics: @Sendable () -> [ProviderStatistics] = { [weak self] in self?.current.withLock { $0?.statistics } ?? [] }
        metrics.collected("perch_discovery_targets", kind: .gauge, help: "Targets found, before relabelling.") { samples in
            for provider in statistics() {
                samples.add(["job": provider.job, "mechanism": provider.mechanism], Double(provider.targetCount))
            }
        }
        metrics.collected("perch_discovery_updates_total", kind: .counter, help: "Times that a mechanism reported its targets.") {
            samples in
            for provider in statistics() {
                samples.add(["job": provider.job, "mechanism": provider.mechanism], Double(provider.updateCount))
            }
        }
        metrics.collected("perch_discovery_failures_total", kind: .counter, help: "Times that a mechanism could not find its targets.") {
            samples in
            for provider in statistics() {
                samples.add(["job": provider.job, "mechanism": provider.mechanism], Double(provider.failureCount))
            }
        }
    }
}
