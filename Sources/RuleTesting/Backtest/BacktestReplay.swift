internal import AlertModel
internal import AlertRouting
internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import Rules
internal import TelemetryModel

/// One run of a ``Backtest``.
struct BacktestReplay {
    private let settings: Backtest.Settings
    private var groups: [GroupReplay]
    private var router: AlertRouter?
    private var result: BacktestResult
    private var suppressions: [Suppression: Int] = [:]

    init(_ backtest: Backtest, _ variation: Backtest.Variation, _ histories: [Backtest.RuleKey: ExpressionHistory]) {
        settings = backtest.settings
        groups = backtest.groups.enumerated().compactMap { place, group in
            GroupReplay(group, at: place, backtest, variation, histories)
        }
        // A group that finds nothing is never evaluated.
        let first = groups.map(\.next).filter { $0 != .max }.min() ?? settings.range.start
        if let routing = settings.routing {
            router = AlertRouter(
                routing.configuration, integrations: routing.integrations, silences: settings.silences, log: [],
                zones: settings.silenceZones, now: first)
        }
        result = BacktestResult(start: settings.range.start, end: settings.range.end)
    }

    mutating func run() -> BacktestResult {
        while let index = groups.indices.min(by: { groups[$0].next < groups[$1].next }), groups[index].next <= settings.range.end {
            let time = groups[index].next
            advanceRouter(through: time)
            let notices = groups[index].evaluate().map(labelled)
            if !notices.isEmpty, let actions = router?.receive(notices, now: time) { take(actions, at: time) }
        }
        advanceRouter(through: settings.range.end)
        result.rules = groups.flatMap { $0.replays(in: settings.range) }
        result.suppressions = suppressions.map { key, count in
            Suppression(kind: key.kind, decidedBy: key.decidedBy, count: count)
        }.sorted { ($0.kind.rawValue, $0.decidedBy.joined()) < ($1.kind.rawValue, $1.decidedBy.joined()) }
        return result
    }

    /// An alert as it is sent: with the labels of the server where it has none of their names.
    private func labelled(_ alert: Alert) -> Alert {
        var builder = LabelSetBuilder(alert.labels)
        for label in settings.surroundings.externalLabels where alert.labels[label.name] == nil { builder.set(label.name, label.value) }
        var sent = alert
        sent.labels = builder.build()
        return sent
    }

    private mutating func advanceRouter(through time: Timestamp) {
        while let deadline = router?.nextDeadline, deadline <= time {
            guard let actions = router?.advance(to: deadline) else { return }
            take(actions, at: deadline)
            // A deadline that does not move on would be asked for again and again.
            if router?.nextDeadline == deadline, actions.isEmpty { return }
        }
    }

    private mutating func take(_ actions: [RoutingAction], at time: Timestamp) {
        var actions = actions[...]
        while let action = actions.popFirst() {
            switch action {
            case .send(let notification, _):
                if settings.range.contains(time) { result.notifications.append(ReplayedNotification(notification, at: time)) }
                let attempt = DeliveryAttempt(outcome: .delivered, detail: "", payload: "", startedAt: time, endedAt: time)
                actions += router?.finished(notification.id, attempt, now: time) ?? []
            case .record(let event): note(event, at: time)
            case .log, .forget: break
            }
        }
    }

    private mutating func note(_ event: AlertEvent, at time: Timestamp) {
        guard settings.range.contains(time), [.silenced, .inhibited, .muted].contains(event.kind) else { return }
        suppressions[Suppression(kind: event.kind, decidedBy: event.decidedBy, count: 0), default: 0] += 1
    }
}

extension ReplayedNotification {
    fileprivate init(_ notification: Notification, at time: Timestamp) {
        self.init(
            time: time, integration: notification.integration, reason: notification.reason, groupKey: notification.groupKey,
            groupLabels: notification.groupLabels, firing: [], resolved: [])
        for alert in notification.alerts {
            if alert.isResolved(at: notification.now) { resolved.append(alert.labels) } else { firing.append(alert.labels) }
        }
    }
}

/// The alerting rules of one group, on their way through time.
private struct GroupReplay {
    private var state: RuleGroupState
    private var cursors: [HistoryCursor]
    private var timelines: [AlertTimeline]
    private var faults: [(count: Int, first: String)]
    private let last: Timestamp
    /// When the rules are evaluated next; never is `.max`.
    private(set) var next: Timestamp

    /// nil where the group has no alerting rules.
    init?(
        _ group: RuleGroup, at place: Int, _ backtest: Backtest, _ variation: Backtest.Variation,
        _ histories: [Backtest.RuleKey: ExpressionHistory]
    ) {
        let chosen = group.rules.indices.filter { group.rules[$0].isAlerting }
        if chosen.isEmpty { return nil }
        var varied = group
        varied.rules = chosen.map { variation.applied(to: group.rules[$0]) }
        varied.intervalMilliseconds = backtest.interval(of: group)
        var settings = RuleSettings()
        settings.surroundings = backtest.settings.surroundings
        settings.features = backtest.settings.features
        state = RuleGroupState(varied, settings: settings)
        cursors = chosen.map { HistoryCursor(histories[.init(group: place, rule: $0)] ?? ExpressionHistory()) }
        timelines = chosen.map { _ in AlertTimeline() }
        faults = chosen.map { _ in (0, "") }
        let offset = state.queryOffsetMilliseconds
        let times = backtest.evaluationTimes(of: group, for: [variation])
        next = times.start + offset
        last = times.end + offset
        skipIdleTime()
    }

    /// Evaluates all rules at ``next``, and moves on.
    mutating func evaluate() -> [Alert] {
        let time = next
        var notices: [Alert] = []
        for place in state.computations.indices {
            let computation = state.computations[place]
            let querying = StepQuerying(
                elements: cursors[place].elements(at: time - state.queryOffsetMilliseconds), expression: computation.rule.expression)
            let result = computation.evaluate(
                at: time, queryOffset: state.queryOffsetMilliseconds, window: state.windowMilliseconds, limit: state.group.limit,
                querying: querying)
            let outcome = state.take(result, of: place, at: time)
            for event in outcome.events { timelines[place].take(event) }
            if let fault = outcome.fault {
                if faults[place].count == 0 { faults[place].first = fault.message }
                faults[place].count += 1
            } else {
                notices += state.takeNotices(of: place, at: time)
            }
        }
        state.finish(at: time)
        next = time + state.intervalMilliseconds
        skipIdleTime()
        return notices
    }

    /// Where no alert is known, nothing happens until an expression gives something.
    private mutating func skipIdleTime() {
        if state.alerting.allSatisfy(\.alerts.isEmpty) {
            let offset = state.queryOffsetMilliseconds
            let from = next - offset
            var earliest: Timestamp?
            for place in cursors.indices {
                if let time = cursors[place].nextTime(from: from) { earliest = min(earliest ?? .max, time) }
            }
            next = earliest.map { $0 + offset } ?? .max
        }
        if next > last { next = .max }
    }

    func replays(in range: TimeRange) -> [RuleReplay] {
        state.group.rules.indices.map { place in
            let rule = state.group.rules[place]
            var replay = RuleReplay(
                file: state.group.file, group: state.group.name, name: rule.name, place: rule.place,
                hold: rule.alerting?.holdMilliseconds ?? 0, keepFiring: rule.alerting?.keepFiringMilliseconds ?? 0,
                interval: state.intervalMilliseconds)
            replay.alerts = timelines[place].alerts.filter { $0.endedAt.map { $0 >= range.start } ?? true }
            replay.faultCount = faults[place].count
            replay.firstFault = faults[place].first
            return replay
        }
    }
}

/// Answers the expression of a rule with what it gave at one time in the past. Queries of templates have no answer.
private struct StepQuerying: RuleQuerying {
    let elements: [VectorSample]
    let expression: RuleExpression

    func vector(_ asked: RuleExpression, at time: Timestamp, window: Int64) throws(QueryError) -> [VectorSample] {
        // Templates are filled in for elements only.
        if elements.isEmpty { return [] }
        if case .promQL(let own) = expression, case .promQL(let other) = asked, own == other { return elements }
        throw QueryError(.execution, "templates are given no data when rules are replayed")
    }

    func newestSamples(_ matchers: [LabelMatcher], in range: TimeRange) throws(QueryError) -> [VectorSample] { [] }
}
