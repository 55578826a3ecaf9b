/// How often, and after which pauses, a call is tried again.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all.
    public var attemptsMax = 3
    public var firstPause = Duration.milliseconds(50)
    public var pauseMax = Duration.seconds(1)

    public init() {}

    public static var none: RetryPolicy {
        var policy = RetryPolicy()
        policy.attemptsMax = 1
        return policy
    }

    /// The pause before the next attempt, or nil where there should be none.
    ///
    /// - Parameters:
    ///   - attempt: which one has failed, from 1.
    ///   - jitter: a random number from 0 to 1: callers that failed together do not come back together.
    ///   - remaining: the time until the deadline. There is no point in a pause that lasts as long.
    ///   - asked: what the other side asked for, in `Retry-After`.
    public func pause(after attempt: Int, jitter: Double, remaining: Duration, asked: Duration? = nil) -> Duration? {
        guard attempt < attemptsMax, attempt >= 1 else { return nil }
        let doubled = firstPause * Double(1 << min(attempt - 1, 16))
        let pause = max(min(doubled, pauseMax) * (0.5 + 0.5 * min(max(jitter, 0), 1)), asked ?? .zero)
        return pause < remaining ? pause : nil
    }
}
