public import TelemetryModel

/// What samples are selected for. Tells whether rollups can stand for them, and which.
public struct SampleUse: Sendable, Hashable {
    /// What is made of the samples of one window.
    public enum Purpose: Sendable, Hashable {
        /// The last sample, unless a stale marker follows it.
        case lookup
        /// The last sample.
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
    /// How many windows there are.
    public var count: Int

    public init(_ purpose: Purpose, window: Int64, firstEnd: Timestamp, step: Int64, count: Int) {
        self.purpose = purpose
        self.window = window
        self.firstEnd = firstEnd
        self.step = count > 1 ? step : 0
        self.count = count
    }

    /// Whether rollups give the same result as the samples, bit by bit.
    func isExact(on resolution: RollupResolution) -> Bool {
        let length = resolution.milliseconds
        guard firstEnd % length == 0, step % length == 0 else { return false }
        switch purpose {
        // A bucket that ends with the window has its last sample, with its time.
        case .lookup, .last, .presence: return true
        case .count, .minimum, .maximum: return window % length == 0
        case .sum, .mean, .increase, .other: return false
        }
    }

    /// Whether windows are so much longer than buckets that it matters little where these begin.
    func isCoarse(against resolution: RollupResolution) -> Bool { purpose != .lookup && window >= 12 * resolution.milliseconds }

    /// What of a bucket is needed.
    var roles: [RollupRole] {
        switch purpose {
        case .lookup, .last, .presence, .other: [.last]
        case .count: [.count]
        case .sum: [.sum]
        case .mean: [.sum, .count]
        case .minimum: [.min]
        case .maximum: [.max]
        case .increase: [.first, .last, .resets]
        }
    }
}
