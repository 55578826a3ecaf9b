internal import HTTPAPI
internal import LabelMatching
internal import Synchronization
internal import TelemetryModel

/// When metrics, labels and targets were last asked for by the selectors of queries, since the start of the process.
final class QueriedMetrics: Sendable {
    private struct State: Sendable {
        var metrics: [String: Timestamp] = [:]
        var labels: [String: Timestamp] = [:]
        var jobs: [String: Timestamp] = [:]
        var instances: [String: Timestamp] = [:]
    }

    private let state = Mutex(State())
    private let isOn = Atomic<Bool>(false)
    /// Names of each kind that are remembered at most.
    private static let namesMax = 100_000

    /// Begins to remember: what is asked before is no query of anybody.
    func begin() { isOn.store(true, ordering: .relaxed) }

    /// Remembers what a selector asks for.
    func note(_ matchers: [LabelMatcher], at time: Timestamp) {
        guard isOn.load(ordering: .relaxed) else { return }
        func remember(_ name: String, _ times: inout [String: Timestamp]) {
            if times.count < QueriedMetrics.namesMax || times[name] != nil { times[name] = time }
        }
        state.withLock { state in
            for matcher in matchers {
                guard matcher.name != LabelName.metricName else {
                    if matcher.operator == .equal { remember(matcher.value, &state.metrics) }
                    continue
                }
                remember(matcher.name, &state.labels)
                guard matcher.operator == .equal else { continue }
                if matcher.name == LabelName.job { remember(matcher.value, &state.jobs) }
                if matcher.name == LabelName.instance { remember(matcher.value, &state.instances) }
            }
        }
    }

    /// When something was last asked for; nil where it was not.
    func lastTime(of asked: StatusAPI.Asked) -> Timestamp? {
        state.withLock { state in
            switch asked {
            case .metric(let name): state.metrics[name]
            case .label(let name): state.labels[name]
            case .target(let job, let instance): [state.jobs[job], state.instances[instance]].compactMap { $0 }.max()
            }
        }
    }
}
