/// What samples are selected for, so that a source may give others that lead to the same result, or stand for samples that it does not have
/// any more.
public struct SampleUse: Sendable, Hashable {
    /// What is made of the samples of one window.
    public enum Purpose: Sendable, Hashable {
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

    public var purpose: Purpose
    /// The length of a window in milliseconds. Windows are open on the left.
    public var window: Int64
    /// The time at which the first window ends.
    public var firstEnd: Timestamp
    /// The distance between the ends of windows in milliseconds; 0 where there is one.
    public var step: Int64
    /// How many windows there are, at least 1.
    public var count: Int

    public init(_ purpose: Purpose, window: Int64, firstEnd: Timestamp, step: Int64, count: Int) {
        self.purpose = purpose
        self.window = window
        self.firstEnd = firstEnd
        self.step = count > 1 ? step : 0
        self.count = count
    }
}
