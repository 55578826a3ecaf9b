/// An allowance that grows with time up to a burst, and that what was taken is counted off of afterwards: it may fall below nothing, and then
/// nothing more is let through until it has recovered. So a large message passes, and what comes behind it waits the longer.
public struct TokenBucket: Sendable, Hashable {
    /// What is added in a second; above 0.
    public let perSecond: Double
    /// The most that is ever there; above 0.
    public let burst: Double
    private var level: Double
    /// Nanoseconds, by any clock that does not go back.
    private var at: Int64

    /// A bucket that is full.
    public init(perSecond: Double, burst: Double, now: Int64) {
        self.perSecond = perSecond
        self.burst = burst
        level = burst
        at = now
    }

    /// How long nothing may be let through, in seconds; nil where something may.
    public mutating func wait(now: Int64) -> Double? {
        refill(now)
        return level > 0 ? nil : max(1e-9, -level / perSecond)
    }

    /// Counts off what was taken.
    public mutating func charge(_ amount: Double, now: Int64) {
        refill(now)
        level -= amount
    }

    /// Whether it is as a new one would be.
    public mutating func isFull(now: Int64) -> Bool {
        refill(now)
        return level >= burst
    }

    private mutating func refill(_ now: Int64) {
        // A clock that goes back gives nothing.
        if now > at { level = min(burst, level + (Double(now) - Double(at)) / 1e9 * perSecond) }
        at = now
    }
}
