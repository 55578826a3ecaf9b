internal import LabelMatching
internal import Synchronization
internal import TelemetryModel

/// When each metric was last asked for by its name, since the start of the process.
final class QueriedMetrics: Sendable {
    private let times = Mutex<[String: Timestamp]>([:])
    private let isOn = Atomic<Bool>(false)
    /// Names that are remembered at most.
    private static let namesMax = 100_000

    /// Begins to remember: what is asked before is no query of anybody.
    func begin() { isOn.store(true, ordering: .relaxed) }

    /// Remembers what a selector asks for.
    func note(_ matchers: [LabelMatcher], at time: Timestamp) {
        guard isOn.load(ordering: .relaxed),
            let name = matchers.first(where: { $0.name == LabelName.metricName && $0.operator == .equal })?.value
        else { return }
        times.withLock { times in
            if times.count < QueriedMetrics.namesMax || times[name] != nil { times[name] = time }
        }
    }

    /// When a metric was last asked for; nil where it was not.
    func lastTime(of name: String) -> Timestamp? { times.withLock { $0[name] } }
}
