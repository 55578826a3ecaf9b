internal import TelemetryModel

/// How a target is doing.
public enum ScrapeHealth: String, Sendable, Hashable {
    /// Not scraped yet.
    case unknown
    case up, down
}

/// What decides the course of one target's scrapes: a value that is told what happens and says what to do. It knows no clock, no network
/// and no storage, so any course of events can be replayed.
struct ScrapeLoopState: Sendable {
    enum Event: Sendable {
        /// The time asked for with `wait` has come, or the loop starts.
        case wake
        /// A scrape ended; nil stands for success.
        case finished(failure: ScrapeFailure?, durationSeconds: Double)
        /// The target is no longer wanted: its series end.
        case targetGone
        /// The process stops, and will go on with the target when it is started again.
        case shutdown
    }

    enum Action: Sendable, Hashable {
        /// Send `wake` at this time.
        case wait(until: Timestamp)
        /// Fetch the page; its samples get this time.
        case scrape(at: Timestamp)
        /// Say that all series of the target end, at this time, then stop.
        case endSeries(at: Timestamp)
        /// Do nothing, for something under way will report.
        case none
        /// Stop.
        case stop
    }

    private enum Phase {
        case idle
        case waiting(tick: Timestamp)
        case scraping
        /// The series end at the tick at which the target would have been scraped next.
        case ending(tick: Timestamp)
        case stopped
    }

    let schedule: ScrapeSchedule
    private var phase = Phase.idle
    private var isGone = false
    /// The tick of the last scrape.
    private var tickScraped: Timestamp = 0

    private(set) var health = ScrapeHealth.unknown
    private(set) var lastFailure: ScrapeFailure?
    /// What the last scrape, which succeeded, lost to a limit; nil for nothing.
    private(set) var lastNotice: String?
    /// When the last scrape began.
    private(set) var lastScrape: Timestamp?
    private(set) var lastDurationSeconds = 0.0
    /// How long after its tick the last scrape began.
    private(set) var lastLatenessMilliseconds: Int64 = 0
    /// Ticks at which nothing was scraped, since an earlier scrape was still under way or the machine was asleep.
    private(set) var missedTicks = 0

    init(schedule: ScrapeSchedule) { self.schedule = schedule }

    mutating func apply(_ event: Event, now: Timestamp) -> Action {
        switch event {
        case .wake: return wake(now)
        case .finished(let failure, let durationSeconds):
            health = failure == nil ? .up : .down
            lastFailure = failure
            lastDurationSeconds = durationSeconds
            guard case .scraping = phase else { return .stop }
            if isGone { return end(after: now) }
            missedTicks += max(0, Int((schedule.tick(after: now) - tickScraped) / schedule.intervalMilliseconds) - 1)
            return wait(after: now)
        case .targetGone:
            isGone = true
            switch phase {
            case .waiting(let tick):
                phase = .ending(tick: tick)
                return lastScrape == nil ? stop() : .wait(until: tick)
            case .idle: return stop()
            case .scraping, .ending, .stopped: return .none
            }
        case .shutdown: return stop()
        }
    }

    /// Takes note of what a scrape lost that succeeded; true where nothing was lost the last time.
    mutating func note(_ notice: String?) -> Bool {
        defer { lastNotice = notice }
        return notice != nil && lastNotice == nil
    }

    private mutating func wake(_ now: Timestamp) -> Action {
        switch phase {
        case .idle: return wait(after: now)
        case .waiting(let tick):
            if now < tick { return .wait(until: tick) }
            phase = .scraping
            lastScrape = now
            let last = lastTick(tick, now)
            missedTicks += Int((last - tick) / schedule.intervalMilliseconds)
            lastLatenessMilliseconds = now - last
            tickScraped = last
            return .scrape(at: schedule.sampleTime(tick: last, now: now))
        case .ending(let tick):
            if now < tick { return .wait(until: tick) }
            phase = .stopped
            return .endSeries(at: tick)
        case .scraping: return .none
        case .stopped: return .stop
        }
    }

    /// The last tick at or before `now`, for a loop that was asleep longer than an interval, such as on a suspended machine.
    private func lastTick(_ tick: Timestamp, _ now: Timestamp) -> Timestamp {
        tick + (now - tick) / schedule.intervalMilliseconds * schedule.intervalMilliseconds
    }

    private mutating func wait(after now: Timestamp) -> Action {
        let tick = schedule.tick(after: now)
        phase = .waiting(tick: tick)
        return .wait(until: tick)
    }

    private mutating func end(after now: Timestamp) -> Action {
        let tick = schedule.tick(after: now)
        phase = .ending(tick: tick)
        return .wait(until: tick)
    }

    private mutating func stop() -> Action {
        phase = .stopped
        return .stop
    }
}
