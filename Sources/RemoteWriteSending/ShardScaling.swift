internal import TelemetryModel

/// How many requests are to be on their way at once so that sending keeps up: as many as seconds of sending come with every second, and
/// some more while there is a backlog. The rule is that of Prometheus, so that its dashboards and alerts mean the same.
struct ShardScaling: Sendable {
    private static let interval: Timestamp = 10_000
    /// Of a rate, what the last interval counts for.
    private static let weight = 0.2
    /// The part of the backlog that is to be caught up with in each second.
    private static let catchUp = 0.05
    /// Smaller changes are left undone.
    private static let tolerance = 0.3

    private let least: Int
    private let most: Int
    private(set) var shards: Int
    private(set) var desired: Double
    private var due: Timestamp?
    private var lastOffered = 0
    private var lastSuccess: Timestamp = .min
    private var successesAt: Timestamp = .min
    private var items = 0
    private var seconds = 0.0
    private var offeredRate: Double?
    private var sentRate: Double?
    private var secondsRate: Double?

    init(min least: Int, max most: Int) {
        self.most = max(1, most)
        self.least = min(max(1, least), self.most)
        shards = self.least
        desired = Double(self.least)
    }

    mutating func note(items: Int, seconds: Double) {
        self.items += items
        self.seconds += seconds
    }

    mutating func noteSuccess(now: Timestamp) { lastSuccess = now }

    mutating func update(now: Timestamp, _ statistics: SendStatistics) {
        guard let due else {
            self.due = now + ShardScaling.interval
            return
        }
        guard now >= due else { return }
        let elapsed = Double(now - due + ShardScaling.interval) / 1000
        self.due = now + ShardScaling.interval
        ShardScaling.update(&offeredRate, Double(statistics.offered - lastOffered) / elapsed)
        ShardScaling.update(&sentRate, Double(items) / elapsed)
        ShardScaling.update(&secondsRate, seconds / elapsed)
        lastOffered = statistics.offered
        items = 0
        seconds = 0
        // While the receiver takes nothing, more requests at once do not help.
        guard lastSuccess > successesAt else { return }
        successesAt = lastSuccess
        guard let offeredRate, let sentRate, let secondsRate, sentRate > 0 else { return }
        let delay = statistics.newestSent == .min ? 0 : Double(max(0, statistics.newestOffered - statistics.newestSent)) / 1000
        // What was read last is not the newest there is: how far behind the clock it is counts as well.
        let behind = statistics.newestOffered == .min ? 0 : Double(max(0, now - statistics.newestOffered)) / 1000
        let backlog = (delay + max(0, behind - 60)) * offeredRate
        desired = secondsRate / sentRate * (offeredRate + ShardScaling.catchUp * backlog)
        let current = Double(shards)
        if desired > current * (1 - ShardScaling.tolerance), desired < current * (1 + ShardScaling.tolerance) { return }
        shards = Int(min(max(desired.rounded(.up), Double(least)), Double(most)))
    }

    private static func update(_ rate: inout Double?, _ value: Double) { rate = rate.map { $0 + weight * (value - $0) } ?? value }
}
