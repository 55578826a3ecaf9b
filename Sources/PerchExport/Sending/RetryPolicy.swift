/// When a message that could not be sent is sent again.
public struct RetryPolicy: Sendable, Hashable {
    /// The wait before the first repetition; each further one is twice as long.
    public var firstWait = Duration.seconds(1)
    /// No wait is longer, unless the receiver asks for it.
    public var waitMax = Duration.seconds(30)
    /// After this time a message is given up, or put on the disk.
    public var timeMax = Duration.seconds(60)
    /// A receiver that asks for more patience than this is taken to ask for this.
    public var retryAfterMax = Duration.seconds(300)

    public init() {}

    /// How long to wait before the next repetition; nil to give up.
    ///
    /// - Parameters:
    ///   - attempts: how often the message was sent already, at least 1.
    ///   - elapsed: the time since it was first sent.
    ///   - retryAfter: what the receiver asked for.
    ///   - random: between 0 and 1; spreads the repetitions of many senders.
    public func wait(attempts: Int, elapsed: Duration, retryAfter: Duration?, random: Double) -> Duration? {
        var wait = min(firstWait * (1 << min(max(attempts - 1, 0), 20)), waitMax) * (0.5 + random / 2)
        if let retryAfter { wait = max(wait, min(retryAfter, retryAfterMax)) }
        return elapsed + wait <= timeMax ? wait : nil
    }
}
