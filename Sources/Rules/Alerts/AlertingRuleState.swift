public import AlertModel
public import TelemetryModel

/// Which alerts of a rule are pending, firing or kept, and what an evaluation makes of them. A value without a clock: the same calls give the
/// same results.
public struct AlertingRuleState: Sendable, Hashable {
    /// How long an alert that ended is kept, and told of again and again, so that receivers that were away hear of it.
    public static let resolvedRetention: Timestamp = 15 * 60_000

    /// By labels.
    public private(set) var alerts: [LabelSet: AlertInstance]
    /// Whether what was known before a restart is known again. Series of alerts are written only then.
    public var isRestored: Bool
    /// Until when alerts that were known before a restart do not end for want of data: what they are computed from may be away for a moment.
    public var settlesUntil: Timestamp?

    public init(alerts: [AlertInstance] = [], isRestored: Bool = true, settlesUntil: Timestamp? = nil) {
        self.alerts = Dictionary(alerts.map { ($0.labels, $0) }, uniquingKeysWith: { $1 })
        self.isRestored = isRestored
        self.settlesUntil = settlesUntil
    }

    /// What an evaluation led to.
    public struct Outcome: Sendable {
        /// The alerts whose series are written, sorted by labels.
        public var active: [AlertInstance] = []
        /// What changed, sorted by labels.
        public var events: [AlertEvent] = []
        /// Set where there were more alerts than the group allows; none are left then.
        public var fault: RuleFault?
        /// Whether anything but values changed.
        public var isChanged = false
    }

    /// Takes the result of an evaluation, as Prometheus' `AlertingRule.Eval` does.
    ///
    /// - Parameters:
    ///   - found: each with other labels.
    ///   - limit: the most pending and firing alerts; 0 for no limit.
    ///   - rule: what events say of where they come from.
    public mutating func evaluate(
        _ found: [AlertCandidate], terms: Rule.AlertingTerms, at time: Timestamp, limit: Int = 0, rule: String = ""
    ) -> Outcome {
        var outcome = Outcome()
        var present: Set<LabelSet> = []
        present.reserveCapacity(found.count)
        for candidate in found {
            present.insert(candidate.labels)
            if var known = alerts[candidate.labels], known.state != .inactive {
                known.value = candidate.value
                if known.annotations != candidate.annotations {
                    known.annotations = candidate.annotations
                    outcome.isChanged = true
                }
                alerts[candidate.labels] = known
            } else {
                alerts[candidate.labels] = AlertInstance(
                    labels: candidate.labels, annotations: candidate.annotations, value: candidate.value, activeAt: time)
                outcome.isChanged = true
            }
        }
        let isSettling = settlesUntil.map { time < $0 } ?? false
        for labels in alerts.keys.sorted() {
            guard var alert = alerts[labels] else { continue }
            let before = alert
            var step = Step(alert: alert, terms: terms, time: time)
            if present.contains(labels) {
                step.holds(isNew: before.activeAt == time && before.state == .pending && before.firedAt == nil)
            } else if isSettling, before.state != .inactive {
                // Stays as it is.
            } else {
                step.holdsNoLonger()
            }
            alert = step.alert
            alerts[labels] = step.isForgotten ? nil : alert
            if step.isForgotten || alert != before { outcome.isChanged = true }
            if let kind = step.event { outcome.events.append(AlertingRuleState.event(kind, alert, at: time, rule)) }
            if step.isActive { outcome.active.append(alert) }
        }
        if limit > 0, outcome.active.count > limit { exceedLimit(limit, &outcome, at: time, rule) }
        return outcome
    }

    private mutating func exceedLimit(_ limit: Int, _ outcome: inout Outcome, at time: Timestamp, _ rule: String) {
        let fault = RuleFault("exceeded limit of \(limit) with \(outcome.active.count) alerts")
        outcome.events = outcome.active.filter { $0.activeAt != time || $0.state == .firing }.map { alert in
            var event = AlertingRuleState.event(alert.state == .firing ? .resolved : .inactive, alert, at: time, rule)
            event.detail = "the rule \(fault.message), so that none of them is kept"
            return event
        }
        outcome.fault = fault
        outcome.active = []
        outcome.isChanged = true
        alerts = [:]
    }

    private static func event(_ kind: AlertEvent.Kind, _ alert: AlertInstance, at time: Timestamp, _ rule: String) -> AlertEvent {
        let value = "value \(FloatText.general(alert.value))"
        let detail =
            switch kind {
            case .resolved, .inactive: "the expression no longer holds; last \(value)"
            case .keptFiring: "the expression no longer holds; keep_firing_for keeps the alert up; last \(value)"
            default: value
            }
        return AlertEvent(time: time, kind: kind, labels: alert.labels, rule: rule, detail: detail)
    }

    /// The alerts that receivers are to hear of now; notes that they did.
    ///
    /// - Parameters:
    ///   - resendDelay: the least time between two notices of an alert that has not changed; milliseconds.
    ///   - interval: that of the group, milliseconds.
    public mutating func takeNotices(at time: Timestamp, resendDelay: Int64, interval: Int64, generatorURL: String) -> [Alert] {
        var notices: [Alert] = []
        for labels in alerts.keys.sorted() {
            guard var alert = alerts[labels], alert.needsSending(at: time, resendDelay: resendDelay) else { continue }
            alert.lastSentAt = time
            // Two evaluations or notices may fail.
            alert.validUntil = time + 4 * max(interval, resendDelay)
            alerts[labels] = alert
            notices.append(alert.notice(at: time, generatorURL: generatorURL))
        }
        return notices
    }

    /// Those that are pending or firing, sorted by labels.
    public var activeAlerts: [AlertInstance] { alerts.values.filter { $0.resolvedAt == nil }.sorted { $0.labels < $1.labels } }

    /// All that are known, also those that ended, sorted by labels.
    public var allAlerts: [AlertInstance] { alerts.values.sorted { $0.labels < $1.labels } }

    /// The most urgent state of any alert.
    public var state: AlertInstance.State {
        var result = AlertInstance.State.inactive
        for alert in alerts.values {
            switch alert.state {
            case .firing: return .firing
            case .pending: result = .pending
            case .inactive: break
            }
        }
        return result
    }

    /// Takes alerts of another state that this one does not have: those of the rule's earlier form.
    mutating func adopt(_ other: AlertingRuleState) {
        alerts.merge(other.alerts) { $1 }
    }

    /// Moves the moments at which alerts became active.
    mutating func setActiveAt(_ moments: [LabelSet: Timestamp]) {
        for (labels, time) in moments { alerts[labels]?.activeAt = time }
    }
}

/// One alert in one evaluation.
private struct Step {
    var alert: AlertInstance
    let terms: Rule.AlertingTerms
    let time: Timestamp
    var isForgotten = false
    var isActive = false
    var event: AlertEvent.Kind?

    init(alert: AlertInstance, terms: Rule.AlertingTerms, time: Timestamp) {
        self.alert = alert
        self.terms = terms
        self.time = time
        // Where nothing else is decided it goes on as it is.
        isActive = alert.state != .inactive
    }

    mutating func holds(isNew: Bool) {
        let wasKept = alert.keepFiringSince != nil
        alert.keepFiringSince = nil
        advance()
        if event == nil, wasKept, alert.state == .firing { event = .firing }
        if event == nil, isNew { event = .pending }
    }

    mutating func holdsNoLonger() {
        var keepsFiring = false
        if alert.state == .firing, terms.keepFiringMilliseconds > 0 {
            if alert.keepFiringSince == nil {
                alert.keepFiringSince = time
                event = .keptFiring
            }
            keepsFiring = time - (alert.keepFiringSince ?? time) < terms.keepFiringMilliseconds
        }
        if alert.state == .pending { isForgotten = true }
        if let resolvedAt = alert.resolvedAt, time - resolvedAt > AlertingRuleState.resolvedRetention { isForgotten = true }
        if alert.state != .inactive, !keepsFiring {
            event = alert.state == .firing ? .resolved : .inactive
            alert.state = .inactive
            alert.resolvedAt = time
        }
        isActive = keepsFiring
        if keepsFiring { advance() }
    }

    /// Pending becomes firing once it lasted long enough; firing becomes pending where the rule wants more by now.
    private mutating func advance() {
        isActive = true
        if alert.state == .pending, time - alert.activeAt >= terms.holdMilliseconds {
            alert.state = .firing
            alert.firedAt = time
            event = .firing
        }
        if alert.state == .firing, time - alert.activeAt < terms.holdMilliseconds {
            alert.state = .pending
            alert.firedAt = nil
            alert.lastSentAt = nil
            alert.keepFiringSince = nil
            event = .pending
        }
    }
}
