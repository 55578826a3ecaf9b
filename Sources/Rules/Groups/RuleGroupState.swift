public import AlertModel
internal import GoTemplate
public import PromQL
internal import QueryModel
public import TelemetryModel

/// What holds for all groups, from the configuration and the command line.
public struct RuleSettings: Sendable, Hashable {
    /// Time between two evaluations of groups that do not say theirs; milliseconds.
    public var intervalMilliseconds: Int64 = 60_000
    /// How far in the past groups are evaluated that do not say it; milliseconds.
    public var queryOffsetMilliseconds: Int64 = 0
    /// The least time between two notices of an alert that has not changed; milliseconds.
    public var resendDelayMilliseconds: Int64 = 60_000
    /// How long this server may have been away for alerts to go on as they were; milliseconds.
    public var outageToleranceMilliseconds: Int64 = 3_600_000
    /// The least time that an alert is pending after a restart that its state had to be read from its series for; milliseconds.
    public var gracePeriodMilliseconds: Int64 = 600_000
    public var surroundings = TemplateSurroundings()
    public var features: LanguageFeatures = []

    public init() {}
}

/// How the last evaluation of a rule went.
public struct RuleHealth: Sendable, Hashable {
    public enum State: String, Sendable, Hashable {
        /// Not evaluated yet.
        case unknown
        case ok
        case err
    }

    public var state = State.unknown
    /// Empty where nothing is wrong.
    public var lastError = ""
    public var evaluationSeconds = 0.0
    /// When the last evaluation began; nil where there was none.
    public var lastEvaluation: Timestamp?

    public init() {}
}

/// A group with the state of its rules. A value without a clock, queries or storage: evaluations go through ``take(_:of:at:seconds:begun:)`` wave by
/// wave, and ``finish(at:)``.
public struct RuleGroupState: Sendable {
    public let group: RuleGroup
    public let computations: [RuleComputation]
    /// The rules that may be evaluated at the same time, by their places; one wave after the other.
    public let waves: [[Int]]
    public let intervalMilliseconds: Int64
    public let queryOffsetMilliseconds: Int64
    /// What languages without ranges of their own look at.
    public var windowMilliseconds: Int64 { group.windowMilliseconds ?? max(intervalMilliseconds, 60_000) }
    public let settings: RuleSettings

    /// Of alerting rules; empty for others.
    public internal(set) var alerting: [AlertingRuleState]
    public internal(set) var health: [RuleHealth]
    /// Whether the last evaluation of a rule led to something.
    private var hasResult: [Bool]
    /// The series that each rule wrote in the last evaluation.
    private var previousSeries: [Set<LabelSet>]
    /// Series of rules that are gone, to be marked as ended.
    private var leftSeries: [LabelSet] = []
    /// The series that were written in the current evaluation.
    private var writtenNow: Set<LabelSet> = []
    /// Samples that the last evaluation wrote.
    public private(set) var lastSampleCount = 0
    private var sampleCount = 0
    /// The slot of the last evaluation.
    public internal(set) var lastEvaluation: Timestamp?
    public var lastDurationSeconds = 0.0
    /// When the last evaluation began, by the clock.
    public var lastStarted: Timestamp?
    /// Whether anything that outlives a restart changed since ``takeChange()``.
    private var isChanged = true

    public init(_ group: RuleGroup, settings: RuleSettings, isRestored: Bool = true) {
        self.group = group
        self.settings = settings
        intervalMilliseconds = group.intervalMilliseconds ?? settings.intervalMilliseconds
        queryOffsetMilliseconds = group.queryOffsetMilliseconds ?? settings.queryOffsetMilliseconds
        computations = group.rules.map { RuleComputation($0, surroundings: settings.surroundings, features: settings.features) }
        waves = RuleWaves.of(computations)
        alerting = group.rules.map { _ in AlertingRuleState(isRestored: isRestored) }
        health = group.rules.map { _ in RuleHealth() }
        hasResult = group.rules.map { _ in false }
        previousSeries = group.rules.map { _ in [] }
    }

    /// What one rule's result led to.
    public struct RuleOutcome: Sendable {
        public var samples: [RuleSample] = []
        public var events: [AlertEvent] = []
        public var fault: RuleFault?
    }

    /// Takes the result of a rule. The samples are to be kept before the next wave is evaluated, and ``noteWritten(_:of:at:)`` called.
    ///
    /// - Parameters:
    ///   - time: of the evaluation.
    ///   - seconds: how long it took.
    ///   - begun: when it began, by the clock.
    public mutating func take(
        _ result: RuleComputation.Result, of place: Int, at time: Timestamp, seconds: Double = 0, begun: Timestamp? = nil
    ) -> RuleOutcome {
        var outcome = RuleOutcome()
        let rule = group.rules[place]
        switch result {
        case .fault(let fault): outcome.fault = fault
        case .samples(let samples): outcome.samples = samples
        case .alerts(let candidates):
            let led = alerting[place].evaluate(
                candidates, terms: rule.alerting ?? Rule.AlertingTerms(), at: time, limit: group.limit, rule: eventSource(rule))
            if led.isChanged { isChanged = true }
            outcome.events = led.events
            outcome.fault = led.fault
            if alerting[place].isRestored {
                outcome.samples = led.active.flatMap {
                    AlertSeries.samples(of: $0, rule.labels, name: rule.name, at: time - queryOffsetMilliseconds)
                }
            }
        }
        hasResult[place] = outcome.fault == nil
        health[place].state = outcome.fault == nil ? .ok : .err
        health[place].lastError = outcome.fault?.message ?? ""
        health[place].evaluationSeconds = seconds
        health[place].lastEvaluation = begun ?? time
        if outcome.fault == nil { sampleCount += outcome.samples.count }
        return outcome
    }

    /// What events say of where they come from.
    func eventSource(_ rule: Rule) -> String { "\(group.name)/\(rule.name) of \(group.file)" }

    /// Notes which series a rule wrote, and gives the markers that end those that it wrote before and no longer does. Not for a rule that failed:
    /// what it wrote before stays.
    public mutating func noteWritten(_ samples: [RuleSample], of place: Int, at time: Timestamp) -> [RuleSample] {
        var series: Set<LabelSet> = []
        series.reserveCapacity(samples.count)
        for sample in samples { series.insert(sample.labels) }
        writtenNow.formUnion(series)
        if series == previousSeries[place] { return [] }
        let ended = previousSeries[place].subtracting(series).subtracting(writtenNow)
        previousSeries[place] = series
        return ended.sorted().map { staleMarker($0, at: time) }
    }

    /// Notes which series are written in this evaluation, so that they are not ended by a rule that wrote them before.
    public mutating func noteWriting(_ samples: [RuleSample]) { for sample in samples { writtenNow.insert(sample.labels) } }

    /// The series that the last evaluation wrote.
    var writtenSeries: Set<LabelSet> { previousSeries.reduce(into: []) { $0.formUnion($1) } }

    private func staleMarker(_ labels: LabelSet, at time: Timestamp) -> RuleSample {
        RuleSample(labels: labels, timestamp: time - queryOffsetMilliseconds, value: .float(StaleMarker.value))
    }

    /// Notes that samples of a rule could not be kept.
    public mutating func noteAppendFault(_ message: String, of place: Int) {
        health[place].state = .err
        health[place].lastError = message
    }

    /// The markers that end series of rules that are gone. Once more than once does no harm.
    public func endingOfLeftSeries(at time: Timestamp) -> [RuleSample] {
        leftSeries.filter { !writtenNow.contains($0) }.map { staleMarker($0, at: time) }
    }

    /// Ends an evaluation.
    public mutating func finish(at time: Timestamp) {
        leftSeries = []
        writtenNow.removeAll(keepingCapacity: true)
        lastSampleCount = sampleCount
        sampleCount = 0
        lastEvaluation = time
    }

    /// The markers that end all series of the group, for a group that is gone.
    public func endingOfAllSeries(at time: Timestamp) -> [RuleSample] {
        previousSeries.reduce(into: Set(leftSeries)) { $0.formUnion($1) }.sorted().map { staleMarker($0, at: time) }
    }

    /// The alerts of one rule that receivers are to hear of now; notes that they did.
    public mutating func takeNotices(of place: Int, at time: Timestamp) -> [Alert] {
        let rule = group.rules[place]
        // Alerts are told of also where their series cannot be kept.
        guard rule.isAlerting, hasResult[place] else { return [] }
        let notices = alerting[place].takeNotices(
            at: time, resendDelay: settings.resendDelayMilliseconds, interval: intervalMilliseconds, generatorURL: generatorURL(rule))
        if !notices.isEmpty { isChanged = true }
        return notices
    }

    /// A link to the expression.
    private func generatorURL(_ rule: Rule) -> String {
        settings.surroundings.externalURL + ExpressionLink.table(of: rule.expression.text)
    }

    /// Whether there is news for the store of states; asked once each time.
    public mutating func takeChange() -> Bool {
        defer { isChanged = false }
        return isChanged
    }
}

// MARK: - States from elsewhere

extension RuleGroupState {
    /// Takes over what is known of the same rules in an earlier form of the group, and remembers the series of those that are gone. Rules are the same
    /// that have the same name and labels; of several the first goes with the first, and so on.
    public mutating func adopt(_ earlier: RuleGroupState) {
        lastDurationSeconds = earlier.lastDurationSeconds
        lastEvaluation = earlier.lastEvaluation
        lastStarted = earlier.lastStarted
        var places: [RuleIdentity: [Int]] = [:]
        for (place, rule) in earlier.group.rules.enumerated() { places[RuleIdentity(rule), default: []].append(place) }
        leftSeries = earlier.leftSeries
        for (place, rule) in group.rules.enumerated() {
            guard var known = places[RuleIdentity(rule)], let from = known.first else { continue }
            known.removeFirst()
            places[RuleIdentity(rule)] = known
            previousSeries[place] = earlier.previousSeries[from]
            if rule.isAlerting, earlier.group.rules[from].isAlerting {
                alerting[place].adopt(earlier.alerting[from])
                alerting[place].isRestored = earlier.alerting[from].isRestored
            }
        }
        for from in places.values.joined().sorted() { leftSeries += earlier.previousSeries[from].sorted() }
        isChanged = true
    }

    /// Puts back the alerts of a rule as they were before a restart, and the series that were written of them.
    mutating func restore(_ state: AlertingRuleState, of place: Int) {
        alerting[place] = state
        previousSeries[place] = Set(
            state.activeAlerts.flatMap {
                AlertSeries.samples(of: $0, group.rules[place].labels, name: group.rules[place].name, at: 0).map(\.labels)
            })
    }

    /// Remembers the series of rules that are gone since the restart, to be marked as ended.
    mutating func leaveSeries(of rules: [SavedRuleState.SavedRule]) {
        for saved in rules {
            for alert in saved.alerts where alert.state != .inactive {
                leftSeries += AlertSeries.samples(of: alert, saved.labels, name: saved.name, at: 0).map(\.labels)
            }
        }
    }

    /// Says that all is known of a rule that can be; `moments` are when alerts became active.
    mutating func finishRestoring(_ place: Int, activeAt moments: [LabelSet: Timestamp] = [:]) {
        alerting[place].setActiveAt(moments)
        alerting[place].isRestored = true
        isChanged = true
    }
}

/// What makes a rule the same after its file has changed: name and labels.
struct RuleIdentity: Sendable, Hashable {
    var name: String
    var labels: [Label]

    init(_ rule: Rule) {
        name = rule.name
        labels = rule.labels
    }

    init(name: String, labels: [Label]) {
        self.name = name
        self.labels = labels
    }
}

/// Links to an expression, as Prometheus makes them.
enum ExpressionLink {
    static func table(of expression: String) -> String {
        "/graph?g0.expr=" + String(decoding: Escaping.query(Array(expression.utf8)), as: UTF8.self) + "&g0.tab=1"
    }
}
