public import LabelMatching
internal import QueryModel
public import TelemetryModel

/// What is known again after a restart.
extension RuleGroupState {
    /// What the store of states is to keep.
    public var savedState: [UInt8] { SavedRuleState(self).bytes }

    /// How long samples speak for a series; a shorter absence is none that expressions notice.
    private static let lookback: Timestamp = 4 * 60_000

    /// Puts back what ``savedState`` kept: alerts are as they were, to the moment. Rules that it does not know are restored from their series later
    /// (``restoredRule(_:from:at:)``).
    ///
    /// After an absence of more than the outage tolerance nobody knows whether what was pending held all the time: it starts again. Where the absence
    /// was longer than samples speak for a series, alerts do not end before the second evaluation, so that targets can be scraped first.
    ///
    /// - Parameter now: the clock.
    /// - Throws: ``RuleFault`` where the bytes are damaged; nothing is changed then.
    public mutating func restore(_ saved: [UInt8], now: Timestamp) throws(RuleFault) {
        let saved = try SavedRuleState(saved)
        let absence = saved.lastEvaluation.map { max(0, now - $0) } ?? 0
        let isTooLong = absence > settings.outageToleranceMilliseconds
        let settlesUntil = absence > RuleGroupState.lookback ? now + 2 * intervalMilliseconds : nil
        var places: [RuleIdentity: [Int]] = [:]
        for (place, rule) in saved.rules.enumerated() {
            places[RuleIdentity(name: rule.name, labels: rule.labels), default: []].append(place)
        }
        for (place, rule) in group.rules.enumerated() {
            alerting[place].isRestored = !rule.isAlerting
            guard rule.isAlerting, var known = places[RuleIdentity(rule)], let from = known.first else { continue }
            known.removeFirst()
            places[RuleIdentity(rule)] = known
            let alerts = saved.rules[from].alerts.filter { !isTooLong || $0.state != .pending }
            restore(AlertingRuleState(alerts: alerts, isRestored: true, settlesUntil: settlesUntil), of: place)
        }
        lastEvaluation = saved.lastEvaluation
        leaveSeries(of: places.values.joined().map { saved.rules[$0] })
    }

    /// The rules of which nothing is known yet, and what finds the series that tell of them. To be looked at after the second evaluation, when what
    /// rules depend on has been scraped and recorded.
    public var unrestoredRules: [Int] { group.rules.indices.filter { !alerting[$0].isRestored } }

    /// What finds the series that tell since when the alerts of a rule are active; nil where it is not worth looking: the rule's alerts fire sooner than
    /// they would after a restart.
    public func forStateMatchers(of place: Int) -> [LabelMatcher]? {
        guard let terms = group.rules[place].alerting, terms.holdMilliseconds >= settings.gracePeriodMilliseconds else { return nil }
        return AlertSeries.forStateMatchers(of: group.rules[place])
    }

    /// The times at which these series may have ended.
    public func forStateRange(at now: Timestamp) -> TimeRange {
        TimeRange(start: now - settings.outageToleranceMilliseconds, end: now)
    }

    /// Puts back since when the alerts of a rule are active, by what was written of them, as Prometheus does: the time that this server was away does not
    /// count, and what is left to wait is the grace period at least.
    ///
    /// - Parameters:
    ///   - series: the newest samples of what ``forStateMatchers(of:)`` finds.
    ///   - now: the clock.
    public mutating func restoreRule(_ place: Int, from series: [(labels: LabelSet, time: Timestamp, value: Double)], at now: Timestamp) {
        let hold = group.rules[place].alerting?.holdMilliseconds ?? 0
        var known: [LabelSet: (time: Timestamp, value: Double)] = [:]
        for sample in series { known[sample.labels.removingMetricName()] = (sample.time, sample.value) }
        var moments: [LabelSet: Timestamp] = [:]
        for alert in alerting[place].allAlerts {
            guard let sample = known[alert.labels], !StaleMarker.matches(sample.value), sample.value.isFinite,
                abs(sample.value) < 9e15
            else { continue }
            var activeAt = Timestamp(sample.value) * 1000
            let remaining = hold - (sample.time - activeAt)
            if remaining <= 0 {
                // It was firing, and will be after the next evaluation.
            } else if remaining < settings.gracePeriodMilliseconds {
                activeAt = now + settings.gracePeriodMilliseconds - hold
            } else {
                activeAt += now - sample.time
            }
            moments[alert.labels] = activeAt
        }
        finishRestoring(place, activeAt: moments)
    }
}
