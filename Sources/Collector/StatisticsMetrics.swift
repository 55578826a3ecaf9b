internal import PerchMetrics
internal import Synchronization

/// Numbers that a storage keeps of itself, as metrics.
struct StatisticsMetrics<Statistics: Sendable> {
    /// One of them; the name without what all names begin with.
    typealias Number = (name: String, help: String, unit: String, value: @Sendable (Statistics) -> Double)

    let counters: [Number]
    let gauges: [Number]

    /// Registers all of them.
    ///
    /// - Parameter take: the numbers of the moment. They are gathered under locks; an exposition asks some thirty times within a millisecond, and gets
    ///   one answer.
    func register(in registry: MetricRegistry, prefix: String, _ take: @escaping @Sendable () -> Statistics) {
        let snapshot = Snapshot(take)
        for counter in counters {
            registry.counterFunction(prefix + counter.name, help: counter.help, unit: counter.unit) { counter.value(snapshot.current) }
        }
        for gauge in gauges {
            registry.gaugeFunction(prefix + gauge.name, help: gauge.help, unit: gauge.unit) { gauge.value(snapshot.current) }
        }
    }

    private final class Snapshot: Sendable {
        private let take: @Sendable () -> Statistics
        private let last = Mutex<(taken: ContinuousClock.Instant, value: Statistics)?>(nil)

        init(_ take: @escaping @Sendable () -> Statistics) { self.take = take }

        var current: Statistics {
            last.withLock { last in
                let now = ContinuousClock.now
                if let last, now - last.taken < .milliseconds(200) { return last.value }
                let value = take()
                last = (now, value)
                return value
            }
        }
    }
}
