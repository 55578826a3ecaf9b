/// Lets a client make so many requests a second on average, and a number of them at once.
struct TokenBucket: Sendable, Hashable {
    typealias Instant = ContinuousClock.Instant

    /// How many requests there are.
    struct Limit: Sendable, Hashable {
        var perSecond: Double
        /// How many at once, after a time without any.
        var burst: Double
    }

    let limit: Limit
    private var tokens: Double
    private var updated: Instant

    init(_ limit: Limit, at now: Instant) {
        self.limit = limit
        tokens = limit.burst
        updated = now
    }

    /// Takes a token, if there is one.
    ///
    /// - Returns: nil, or how long it is until there is one.
    mutating func take(at now: Instant) -> Duration? {
        refill(at: now)
        if tokens >= 1 {
            tokens -= 1
            return nil
        }
        return .seconds((1 - tokens) / limit.perSecond)
    }

    /// Whether nothing is lost by forgetting the bucket.
    func isFull(at now: Instant) -> Bool {
        var later = self
        later.refill(at: now)
        return later.tokens >= limit.burst
    }

    private mutating func refill(at now: Instant) {
        guard now > updated else { return }
        tokens = min(limit.burst, tokens + (now - updated) / .seconds(1) * limit.perSecond)
        updated = now
    }
}

/// A token bucket for each client, for so many clients at most: where there are more, those that have been away longest are forgotten.
struct TokenBuckets: Sendable {
    private struct Entry: Sendable {
        var bucket: TokenBucket
        var seen: TokenBucket.Instant

        mutating func take(at now: TokenBucket.Instant) -> Duration? {
            seen = now
            return bucket.take(at: now)
        }
    }

    private let limit: TokenBucket.Limit
    private let clientsMax: Int
    private var entries: [String: Entry] = [:]

    init(_ limit: TokenBucket.Limit, clientsMax: Int) {
        self.limit = limit
        self.clientsMax = max(1, clientsMax)
    }

    var clientCount: Int { entries.count }

    /// Takes a token of a client's bucket; see ``TokenBucket/take(at:)``.
    mutating func take(_ client: String, at now: TokenBucket.Instant) -> Duration? {
        if entries[client] == nil, entries.count >= clientsMax { makeRoom(at: now) }
        return entries[client, default: Entry(bucket: TokenBucket(limit, at: now), seen: now)].take(at: now)
    }

    private mutating func makeRoom(at now: TokenBucket.Instant) {
        entries = entries.filter { !$0.value.bucket.isFull(at: now) }
        // Half of them at once, so that this is not done for each request.
        let tooMany = entries.count - clientsMax / 2
        if entries.count < clientsMax || tooMany <= 0 { return }
        for (client, _) in entries.sorted(by: { $0.value.seen < $1.value.seen }).prefix(tooMany) { entries[client] = nil }
    }
}
