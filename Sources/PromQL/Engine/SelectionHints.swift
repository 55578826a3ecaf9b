public import TelemetryModel

/// What a selection's samples are for, so that a source may give others that lead to the same result, or stand for samples that it
/// does not have any more.
public struct SelectionHints: Sendable, Hashable {
    /// What is made of the samples of one window.
    public enum Use: Sendable, Hashable {
        /// The last sample, unless a stale marker follows it.
        case lookup
        /// The last sample, or its time.
        case last
        /// Whether there is any.
        case presence
        case count, sum, mean, minimum, maximum
        /// The increase of a counter.
        case increase
        /// Anything else.
        case other
    }

    public var use: Use
    /// The length of a window in milliseconds. Windows are open on the left.
    public var window: Int64
    /// The time at which the first window ends.
    public var firstEnd: Timestamp
    /// The distance between the ends of windows in milliseconds.
    public var step: Int64
    /// How many windows there are, at least 1.
    public var count: Int

    public init(_ use: Use, window: Int64, firstEnd: Timestamp, step: Int64, count: Int) {
        self.use = use
        self.window = window
        self.firstEnd = firstEnd
        self.step = step
        self.count = count
    }
}

extension RangeFunction {
    /// What the function makes of the samples of a window.
    var use: SelectionHints.Use {
        switch self {
        case .rate, .increase: .increase
        case .countOverTime: .count
        case .sumOverTime: .sum
        case .avgOverTime: .mean
        case .minOverTime: .minimum
        case .maxOverTime: .maximum
        case .presentOverTime: .presence
        case .lastOverTime, .timeOfLastOverTime: .last
        default: .other
        }
    }
}
