public import AlertModel
public import GoTemplate
public import PromQL
public import Rules
public import TelemetryModel

/// Replays alerting rules over what their expressions gave in the past, and what they find through routing. The rules go through the very states of the
/// rule service, notifications through the very router; each notification arrives at once.
public struct Backtest: Sendable {
    public struct Settings: Sendable {
        /// What is told of.
        public var range: TimeRange
        /// Time between two evaluations for all groups; nil for their own.
        public var interval: Int64?
        /// Time between two evaluations of groups that do not say theirs.
        public var defaultInterval: Int64 = 60_000
        /// Labels that alerts get on their way, and what templates see.
        public var surroundings = TemplateSurroundings()
        public var features: LanguageFeatures = []
        public var routing: BacktestRouting?
        public var silences: [Silence] = []
        /// The time zones that recurring silences name.
        public var silenceZones: [String: GoTimeZone] = [:]

        public init(range: TimeRange) { self.range = range }
    }

    /// Another form of the rules.
    public struct Variation: Sendable, Hashable {
        /// `for` of all rules; milliseconds.
        public var hold: Int64?
        /// `keep_firing_for` of all rules; milliseconds.
        public var keepFiring: Int64?

        public init(hold: Int64? = nil, keepFiring: Int64? = nil) {
            self.hold = hold
            self.keepFiring = keepFiring
        }

        public var isNone: Bool { hold == nil && keepFiring == nil }

        func applied(to rule: Rule) -> Rule {
            guard var terms = rule.alerting else { return rule }
            if let hold { terms.holdMilliseconds = hold }
            if let keepFiring { terms.keepFiringMilliseconds = keepFiring }
            var changed = rule
            changed.kind = .alerting(terms)
            return changed
        }
    }

    /// A rule, by the places of its group among all groups and of itself in the group.
    public struct RuleKey: Sendable, Hashable {
        public var group: Int
        public var rule: Int

        public init(group: Int, rule: Int) {
            self.group = group
            self.rule = rule
        }
    }

    let groups: [RuleGroup]
    let settings: Settings

    public init(_ groups: [RuleGroup], settings: Settings) {
        self.groups = groups
        self.settings = settings
    }

    /// The alerting rules, in the order of the groups.
    public var alertingRules: [RuleKey] {
        groups.enumerated().flatMap { group, content in
            content.rules.indices.filter { content.rules[$0].isAlerting }.map { RuleKey(group: group, rule: $0) }
        }
    }

    /// The time between two evaluations of a group; milliseconds.
    public func interval(of group: RuleGroup) -> Int64 { settings.interval ?? group.intervalMilliseconds ?? settings.defaultInterval }

    /// The times at which the expressions of a group are to be looked at: multiples of its interval, from before the range on, so that alerts that were
    /// there when it began are known. Shifted by the offset of the group.
    ///
    /// - Parameter variations: that are going to be run.
    public func evaluationTimes(of group: RuleGroup, for variations: [Variation]) -> TimeRange {
        let interval = interval(of: group)
        let holds = group.rules.flatMap { rule in variations.map { $0.applied(to: rule).alerting?.holdMilliseconds ?? 0 } }
        let before = (holds.max() ?? 0) + (settings.routing?.longestWait ?? 0) + 2 * interval
        let offset = group.queryOffsetMilliseconds ?? 0
        let start = Backtest.roundedUp(settings.range.start - before, to: interval)
        let end = Backtest.roundedUp(settings.range.end + 1, to: interval) - interval
        return TimeRange(start: start - offset, end: max(start, end) - offset)
    }

    private static func roundedUp(_ time: Timestamp, to interval: Int64) -> Timestamp {
        let rest = time % interval
        return rest == 0 ? time : rest > 0 ? time - rest + interval : time - rest
    }

    /// Replays the rules.
    ///
    /// - Parameter histories: of ``alertingRules``, at ``evaluationTimes(of:for:)``; a rule without one found nothing.
    public func run(_ variation: Variation = Variation(), _ histories: [RuleKey: ExpressionHistory]) -> BacktestResult {
        var replay = BacktestReplay(self, variation, histories)
        return replay.run()
    }
}
