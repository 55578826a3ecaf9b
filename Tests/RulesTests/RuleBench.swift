import AlertModel
import LabelMatching
import Logging
import PromQL
import QueryModel
import Rules
import Synchronization
import TelemetryModel

/// Series in memory that rules read and write, and what they tell others.
final class RuleBench: RuleQuerying, RuleSampleAppending, AlertReceiving {
    struct State: Sendable {
        var source = MemorySource()
        var written: [RuleSample] = []
        var notices: [Alert] = []
        var events: [AlertEvent] = []
        var failure: RuleFault?
    }

    let state = Mutex(State())
    private let engine = QueryEngine(options: EngineOptions())

    func set(_ labels: LabelSet, _ time: Timestamp, _ value: Double) { state.withLock { $0.source.append(labels, time, .float(value)) } }

    func vector(_ expression: RuleExpression, at time: Timestamp, window: Int64) throws(QueryError) -> [VectorSample] {
        guard case .promQL(let expression) = expression else { throw QueryError(.badInput, "only PromQL is at hand") }
        let source = state.withLock { $0.source }
        let budget = QueryBudget(samplesMax: 1_000_000)
        return try Self.elements(of: engine.evaluate(expression, times: .instant(time), source: source, budget: budget).value)
    }

    func newestSamples(_ matchers: [LabelMatcher], in range: TimeRange) throws(QueryError) -> [VectorSample] {
        let source = state.withLock { $0.source }
        let selected = try source.select(matchers, in: range, for: nil, budget: QueryBudget(samplesMax: 1_000_000))
        var newest: [VectorSample] = []
        var columns = SampleColumns()
        for index in 0..<selected.count {
            try selected.read(index, into: &columns)
            guard let time = columns.timestamps.last, let value = columns.values.last else { continue }
            newest.append(VectorSample(labels: selected.labels(at: index), timestamp: time, value: .float(value)))
        }
        return newest
    }

    func append(_ samples: [RuleSample]) throws(RuleFault) -> [RejectedRuleSample] {
        let failure = state.withLock { state in
            if state.failure == nil {
                for sample in samples { state.source.append(sample.labels, sample.timestamp, sample.value) }
                state.written += samples
            }
            return state.failure
        }
        if let failure { throw failure }
        return []
    }

    func receive(_ alerts: [Alert]) async { state.withLock { $0.notices += alerts } }

    func record(_ events: [AlertEvent]) { state.withLock { $0.events += events } }

    /// What was written at a time, in text, sorted.
    func written(at time: Timestamp) -> [String] {
        state.withLock { state in
            state.written.filter { $0.timestamp == time }.map { sample in
                guard case .float(let value) = sample.value else { return "\(sample.labels)" }
                return "\(sample.labels) " + (StaleMarker.matches(value) ? "stale" : FloatText.general(value))
            }.sorted()
        }
    }

    func takeEvents() -> [String] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events.map { "\($0.time) \($0.kind.rawValue) \($0.labels)" }
        }
    }

    func takeNotices() -> [Alert] {
        state.withLock { state in
            defer { state.notices = [] }
            return state.notices
        }
    }

    func environment(_ store: any RuleStateStore, _ clock: RuleClock) -> RuleEnvironment {
        RuleEnvironment(
            querying: self, appending: self, working: ThisThread(), store: store, receivers: [self],
            record: { [self] in record($0) }, clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

/// Does work at once.
struct ThisThread: RuleWorking {
    let concurrency = 2
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result { work() }
}

/// A clock that tests move. Whoever sleeps wakes once the time is reached.
final class ManualClock: Sendable {
    private struct State: Sendable {
        var now: Timestamp
        var sleepers: [Int: (until: Timestamp, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var next = 0
    }

    private let state: Mutex<State>

    init(_ now: Timestamp) { state = Mutex(State(now: now)) }

    var now: Timestamp { state.withLock { $0.now } }
    /// The times that are waited for, sorted.
    var waitedFor: [Timestamp] { state.withLock { $0.sleepers.values.map(\.until).sorted() } }

    var clock: RuleClock { RuleClock(now: { self.now }, sleep: { try await self.sleep($0) }) }

    func move(to time: Timestamp) {
        let due = state.withLock { state in
            state.now = max(state.now, time)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.until < $1.until }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    private func sleep(_ until: Timestamp) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isDue = state.withLock { state in
                    if until <= state.now { return true }
                    state.sleepers[id] = (until, continuation)
                    return false
                }
                if isDue { continuation.resume() } else if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }

    /// Waits until so many sleep.
    func untilAsleep(_ count: Int = 1) async throws {
        for _ in 0..<90_000 {
            if state.withLock({ $0.sleepers.count }) >= count { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw RuleFault("nobody sleeps")
    }
}

/// Evaluates a group step by step on this thread.
struct SteppedGroup {
    var state: RuleGroupState
    let bench: RuleBench

    init(_ group: RuleGroup, bench: RuleBench, settings: RuleSettings = RuleSettings(), isRestored: Bool = true) {
        state = RuleGroupState(group, settings: settings, isRestored: isRestored)
        self.bench = bench
    }

    mutating func evaluate(at time: Timestamp) throws {
        for wave in state.waves {
            var outcomes: [(place: Int, samples: [RuleSample])] = []
            for place in wave {
                let result = state.computations[place].evaluate(
                    at: time, queryOffset: state.queryOffsetMilliseconds, window: state.windowMilliseconds, limit: state.group.limit,
                    querying: bench)
                let outcome = state.take(result, of: place, at: time)
                bench.record(outcome.events)
                if outcome.fault == nil { outcomes.append((place, outcome.samples)) }
            }
            for (_, samples) in outcomes { state.noteWriting(samples) }
            var all = outcomes.flatMap(\.samples)
            for (place, samples) in outcomes { all += state.noteWritten(samples, of: place, at: time) }
            _ = try bench.append(all)
        }
        _ = try bench.append(state.endingOfLeftSeries(at: time))
        state.finish(at: time)
        let notices = state.group.rules.indices.flatMap { state.takeNotices(of: $0, at: time) }
        bench.state.withLock { $0.notices += notices }
    }
}

func parsedGroup(_ text: String) throws -> RuleGroup {
    guard let group = try RuleFile.parse(text, file: "rules.yml").groups.first else { throw RuleFault("no group") }
    return group
}
