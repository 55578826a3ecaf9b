internal import Logging
internal import NIOPosix
internal import OutboundHTTP
internal import PerchMetrics
internal import Synchronization
internal import TargetDiscovery
internal import TelemetryModel

/// Scrapes one target for as long as it is wanted. What to do when is decided by ``ScrapeLoopState``; this carries it out.
final class ScrapeLoop: Sendable {
    private let job: ScrapeJob
    private let client: ScrapeClient
    private let environment: ScrapeEnvironment
    private let request: RepeatedRequest
    private let timeoutMilliseconds: Int64
    private let state: Mutex<ScrapeLoopState>
    /// Taken out while a page is worked on, so that it is never copied.
    private let memory: Mutex<TargetMemory?>
    private let shown: Mutex<ResolvedTarget>
    private let forcedFailure = Mutex<ScrapeFailure?>(nil)
    private let hasEnded = Atomic(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(target: ResolvedTarget, job: ScrapeJob, client: ScrapeClient, environment: ScrapeEnvironment) {
        self.job = job
        self.client = client
        self.environment = environment
        request = client.request(url: target.endpoint.url, timeoutMilliseconds: target.timeoutMilliseconds)
        timeoutMilliseconds = target.timeoutMilliseconds
        var hashed = target.labels.packed
        hashed.append(contentsOf: target.endpoint.url.utf8)
        let hash = hashOfBytes(hashed, 0..<hashed.count) ^ environment.offsetSeed
        state = Mutex(ScrapeLoopState(schedule: ScrapeSchedule(intervalMilliseconds: target.intervalMilliseconds, targetHash: hash)))
        memory = Mutex(TargetMemory(job: job, target: target.labels, timeoutMilliseconds: target.timeoutMilliseconds))
        shown = Mutex(target)
    }

    /// The target as last resolved.
    var target: ResolvedTarget { shown.withLock { $0 } }

    /// Takes a target of the same identity, interval and timeout that differs in what is shown of it.
    func show(_ target: ResolvedTarget) { shown.withLock { $0 = target } }

    /// Makes every scrape fail, without fetching, or no longer.
    func setForcedFailure(_ failure: ScrapeFailure?) { forcedFailure.withLock { $0 = failure } }

    var status: ScrapeTargetStatus {
        let target = target
        return state.withLock { ScrapeTargetStatus(target: target, job: job.name, state: $0) }
    }

    /// Starts the loop, once; after another has ended whose series it takes over.
    func start(takingOver previous: ScrapeLoop? = nil) {
        task.withLock { task in
            precondition(task == nil, "BUG: scrape loop started twice")
            task = Task {
                if let previous {
                    await previous.ended()
                    if let old = previous.memory.withLock({ $0.take() }) { self.memory.withLock { $0?.takeOver(old) } }
                }
                await self.run()
                self.hasEnded.store(true, ordering: .releasing)
            }
        }
    }

    /// The target is no longer wanted: its series end at its next tick.
    func targetGone() {
        let now = environment.clock.now()
        if state.withLock({ $0.apply(.targetGone, now: now) }) == .stop { task.withLock { $0?.cancel() } }
    }

    /// Stops without ending the series.
    func stop() {
        let now = environment.clock.now()
        _ = state.withLock { $0.apply(.shutdown, now: now) }
        task.withLock { $0?.cancel() }
    }

    /// Whether the loop works for this very job.
    func isOf(_ other: ScrapeJob) -> Bool { job == other }

    /// Whether the loop has not ended yet.
    var isRunning: Bool { !hasEnded.load(ordering: .acquiring) }

    /// Returns once the loop has ended.
    func ended() async { await task.withLock { $0 }?.value }

    private func run() async {
        var event = ScrapeLoopState.Event.wake
        while true {
            let now = environment.clock.now()
            let (action, missed, lateness) = state.withLock { state in
                let missedBefore = state.missedTicks
                return (state.apply(event, now: now), state.missedTicks - missedBefore, state.lastLatenessMilliseconds)
            }
            if missed > 0 { environment.instruments.missedTicks.increment(by: missed) }
            switch action {
            case .wait(let until):
                do {
                    try await environment.clock.sleep(until)
                    event = .wake
                } catch {
                    event = .shutdown
                }
            case .scrape(let time):
                environment.instruments.lateness.record(Double(lateness) / 1000)
                guard let outcome = await scrape(at: time) else { return }
                tellChange(to: outcome.failure)
                if state.withLock({ $0.note(outcome.report.notice) }), let notice = outcome.report.notice {
                    environment.logger.warning(
                        "a target lost samples to a limit",
                        metadata: ["job": "\(job.name)", "target": "\(request.url)", "reason": "\(notice)"])
                }
                if let file = job.failureLogFile, let failure = outcome.failure {
                    environment.failureLog(ScrapeFailureRecord(file: file, job: job.name, url: request.url, reason: failure.description))
                }
                event = .finished(failure: outcome.failure, durationSeconds: outcome.report.durationSeconds)
            case .endSeries(let time): return await endSeries(at: time)
            case .none, .stop: return
            }
        }
    }

    /// One scrape; nil where it was cut off by a stop.
    private func scrape(at time: Timestamp) async -> (failure: ScrapeFailure?, report: ScrapeReport)? {
        let clock = ContinuousClock()
        let start = clock.now
        let fetched: Result<FetchedPage, ScrapeFailure>
        if let forced = forcedFailure.withLock({ $0 }) {
            fetched = .failure(forced)
        } else {
            do {
                fetched = .success(try await client.fetch(request, timeoutMilliseconds: timeoutMilliseconds))
            } catch let failure as ScrapeFailure {
                fetched = .failure(failure)
            } catch {
                return nil
            }
        }
        if Task.isCancelled { return nil }
        let environment = environment
        let outcome = try? await environment.threadPool.runIfActive { [self] in
            guard var memory = memory.withLock({ $0.take() }) else { return nil as (failure: ScrapeFailure?, report: ScrapeReport)? }
            let outcome = memory.digest(fetched, at: time, environment: environment) {
                let elapsed = (clock.now - start).components
                return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
            }
            self.memory.withLock { $0 = memory }
            return outcome
        }
        guard let outcome = outcome ?? nil else { return nil }
        environment.ended?(
            EndedScrape(
                job: job.name, url: request.url, seconds: outcome.report.durationSeconds, samples: outcome.report.samplesScraped,
                failure: outcome.failure?.description))
        if case .success(let page) = fetched { environment.buffers.give(page.bytes) }
        count(outcome)
        return outcome
    }

    /// Logs that the target went down or came back; a target that stays as it is makes no line.
    private func tellChange(to failure: ScrapeFailure?) {
        let health = state.withLock { $0.health }
        let place: Logger.Metadata = ["job": "\(job.name)", "target": "\(request.url)"]
        if let failure {
            guard health != .down else { return }
            environment.logger.warning("a target is down", metadata: place.merging(["reason": "\(failure)"]) { $1 })
        } else if health == .down {
            environment.logger.info("a target is up again", metadata: place)
        }
    }

    private func count(_ outcome: (failure: ScrapeFailure?, report: ScrapeReport)) {
        let instruments = environment.instruments
        if let failure = outcome.failure { instruments.failed[failure.code]?.increment() } else { instruments.succeeded.increment() }
        instruments.samples.increment(by: outcome.report.samplesScraped)
        instruments.pageBytes.increment(by: max(outcome.report.bodyBytes, 0))
        instruments.samplesRejected.increment(by: outcome.report.samplesRejected)
        instruments.seriesRefused.increment(by: outcome.report.seriesRefused)
        instruments.newSeries.increment(by: outcome.report.seriesAdded)
        instruments.duration.record(outcome.report.durationSeconds)
    }

    private func endSeries(at time: Timestamp) async {
        let environment = environment
        let failure: String?? = try? await environment.threadPool.runIfActive { [self] in
            guard var memory = memory.withLock({ $0.take() }) else { return nil }
            do {
                try memory.endSeries(at: time, environment: environment)
                return nil
            } catch {
                return "\(error)"
            }
        }
        guard let reason = failure ?? nil else { return }
        environment.logger.warning(
            "the end of a target's series could not be stored",
            metadata: ["job": "\(job.name)", "target": "\(request.url)", "reason": "\(reason)"])
    }
}
