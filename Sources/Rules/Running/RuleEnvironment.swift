public import AlertModel
public import Logging
public import TelemetryModel

/// The time that rule groups live by; tests give their own.
public struct RuleClock: Sendable {
    /// Milliseconds since 1970.
    public var now: @Sendable () -> Timestamp
    /// Returns once ``now`` is at least the given time; throws when the task is cancelled.
    public var sleep: @Sendable (_ until: Timestamp) async throws -> Void

    public init(now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (_ until: Timestamp) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// A clock that sleeps as well as the machine can.
    public init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        sleep = { until in
            // Asked again after waking, since the machine's time may be set while asleep.
            while true {
                let left = until - now()
                if left <= 0 { return }
                try await Task.sleep(for: .milliseconds(min(left, 60_000)), tolerance: .zero)
            }
        }
    }
}

/// Threads on which rules are evaluated.
public protocol RuleWorking: Sendable {
    /// How many pieces of work are done at the same time.
    var concurrency: Int { get }

    /// Does work that may block.
    ///
    /// - Throws: `CancellationError` where no work is done any more.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result
}

/// What evaluations of groups need of the world, and where their results go.
public struct RuleEnvironment: Sendable {
    public var querying: any RuleQuerying
    public var appending: any RuleSampleAppending
    public var working: any RuleWorking
    public var store: any RuleStateStore
    /// Who hears of alerts.
    public var receivers: [any AlertReceiving]
    /// Keeps the history of alerts.
    public var record: @Sendable ([AlertEvent]) -> Void
    public var clock: RuleClock
    public var logger: Logger
    /// Told how long each rule and each group took, in seconds.
    public var observe: @Sendable (RuleDuration) -> Void

    public init(
        querying: any RuleQuerying, appending: any RuleSampleAppending, working: any RuleWorking, store: any RuleStateStore,
        receivers: [any AlertReceiving] = [], record: @escaping @Sendable ([AlertEvent]) -> Void = { _ in }, clock: RuleClock,
        logger: Logger, observe: @escaping @Sendable (RuleDuration) -> Void = { _ in }
    ) {
        self.querying = querying
        self.appending = appending
        self.working = working
        self.store = store
        self.receivers = receivers
        self.record = record
        self.clock = clock
        self.logger = logger
        self.observe = observe
    }
}

/// How long something took.
public enum RuleDuration: Sendable, Hashable {
    case rule(seconds: Double)
    case group(seconds: Double)
}

/// What is counted of a group since the start of the process.
public struct RuleGroupCounts: Sendable, Hashable {
    /// Evaluations that were due, whether they happened or not.
    public var iterations = 0
    /// Of these, those that did not happen because the one before took too long.
    public var missed = 0
    /// Evaluations of rules.
    public var evaluations = 0
    public var failures = 0
    /// What the rules of the last evaluation took together, in seconds.
    public var ruleSeconds = 0.0
    /// What reading back the state of alerts from their series took, in seconds.
    public var restoreSeconds = 0.0

    public init() {}
}

/// When a group is evaluated: at a fixed offset into each interval, which its name decides, so that groups spread evenly and keep their times over
/// restarts.
public struct RuleSchedule: Sendable, Hashable {
    public let intervalMilliseconds: Int64
    public let offsetMilliseconds: Int64

    public init(_ key: RuleGroupKey, intervalMilliseconds: Int64) {
        self.intervalMilliseconds = max(1, intervalMilliseconds)
        let hash = AlertFingerprint(["file": key.file, "name": key.name]).value
        offsetMilliseconds = Int64(hash % UInt64(self.intervalMilliseconds))
    }

    /// The first slot after a time.
    public func slot(after time: Timestamp) -> Timestamp {
        let into = (time - offsetMilliseconds) % intervalMilliseconds
        return time + intervalMilliseconds - (into >= 0 ? into : into + intervalMilliseconds)
    }

    /// The slot that is evaluated at a time, when `last` was the one before, and how many between them are left out.
    public func slot(following last: Timestamp, at now: Timestamp) -> (time: Timestamp, missed: Int) {
        let missed = max(0, (now - last) / intervalMilliseconds - 1)
        return (last + (missed + 1) * intervalMilliseconds, Int(missed))
    }
}
