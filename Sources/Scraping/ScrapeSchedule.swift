public import TelemetryModel

/// When a target is scraped: at a fixed offset into each interval, which its hash decides, so that the targets of a job spread evenly over
/// the interval and keep their times over restarts.
public struct ScrapeSchedule: Sendable, Hashable {
    public let intervalMilliseconds: Int64
    /// From the start of an interval (a multiple of the interval since 1970); at least 0 and less than the interval.
    public let offsetMilliseconds: Int64

    /// A tick that is seen at most this late counts as on time.
    public static let toleranceMilliseconds: Int64 = 2

    /// - Precondition: the interval is above 0.
    public init(intervalMilliseconds: Int64, targetHash: UInt64) {
        precondition(intervalMilliseconds > 0, "BUG: scrape interval of \(intervalMilliseconds) ms")
        self.intervalMilliseconds = intervalMilliseconds
        offsetMilliseconds = Int64(targetHash % UInt64(intervalMilliseconds))
    }

    /// The first tick after a time.
    public func tick(after time: Timestamp) -> Timestamp {
        let intoInterval = (time - offsetMilliseconds) % intervalMilliseconds
        let passed = intoInterval >= 0 ? intoInterval : intoInterval + intervalMilliseconds
        return time + intervalMilliseconds - passed
    }

    /// The time that the samples of a scrape get which was due at `tick` and began at `now`: the tick where the delay is within the
    /// tolerance (a hundredth of the interval at most), so that series have even steps and compress well.
    public func sampleTime(tick: Timestamp, now: Timestamp) -> Timestamp {
        let tolerance = min(ScrapeSchedule.toleranceMilliseconds, intervalMilliseconds / 100)
        return now >= tick && now - tick <= tolerance ? tick : now
    }
}
