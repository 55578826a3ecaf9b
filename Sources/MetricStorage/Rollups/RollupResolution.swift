internal import TelemetryModel

/// The length of the buckets that samples are rolled up into. A bucket reaches from one multiple of the length, exclusive, to the next,
/// inclusive, as a window of PromQL does.
public enum RollupResolution: Int64, Sendable, Hashable, CaseIterable {
    case fiveMinutes = 300_000
    case hour = 3_600_000

    /// The length in milliseconds.
    public var milliseconds: Int64 { rawValue }

    /// As configuration and file names write it.
    public var name: String { self == .fiveMinutes ? "5m" : "1h" }

    /// What the files of the resolution begin with, before the first day that they are for.
    var filePrefix: String { "rollup-\(name)-" }

    /// The signal that the files say they hold.
    var signal: String { "metrics-rollup-" + name }

    /// The last time of the bucket that a time lies in.
    func bucketEnd(_ time: Timestamp) -> Timestamp {
        let (sum, overflow) = time.addingReportingOverflow(rawValue - 1)
        if overflow { return time }
        return sum - (sum % rawValue + rawValue) % rawValue
    }

    /// The times of the buckets of some days.
    static func times(ofDays days: ClosedRange<Int>) -> TimeRange {
        TimeRange(start: times(ofDay: days.lowerBound).start, end: times(ofDay: days.upperBound).end)
    }

    /// The times of the buckets of a day (UTC): all after its first millisecond, and the first of the next day.
    static func times(ofDay day: Int) -> TimeRange {
        let range = Day.range(day)
        return TimeRange(start: range.start + 1, end: range.end == .max ? .max : range.end + 1)
    }
}

/// How long rollups of one resolution are kept.
public struct RollupKeeping: Sendable, Hashable {
    public var resolution: RollupResolution
    /// Age in milliseconds at which they go; nil keeps them for ever.
    public var keep: Int64?

    public init(_ resolution: RollupResolution, keep: Int64?) {
        self.resolution = resolution
        self.keep = keep
    }
}
