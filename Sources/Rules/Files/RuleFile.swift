public import TelemetryModel

/// Where something stands in a rule file.
public struct RulePlace: Sendable, Hashable {
    /// From 1.
    public var line: Int
    /// From 1, counted in Unicode scalars.
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A file with rule groups, read and checked. Obtained from ``parse(_:file:options:)``.
public struct RuleFile: Sendable {
    /// The path, as it was named.
    public var path: String
    /// In the order of the file.
    public var groups: [RuleGroup]

    public init(path: String, groups: [RuleGroup]) {
        self.path = path
        self.groups = groups
    }
}

/// Tells a group from all others that are loaded: names need not be unique across files.
public struct RuleGroupKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var file: String
    public var name: String

    public init(file: String, name: String) {
        self.file = file
        self.name = name
    }

    /// `FILE;NAME`, as in the metrics of Prometheus.
    public var description: String { file + ";" + name }

    public static func < (left: Self, right: Self) -> Bool {
        if left.file != right.file { return left.file.utf8.lexicographicallyPrecedes(right.file.utf8) }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

/// Rules that are evaluated at the same moments.
public struct RuleGroup: Sendable {
    public var name: String
    /// The path of the file.
    public var file: String
    public var language: RuleLanguage
    /// Time between two evaluations; nil for that of the configuration (`global.evaluation_interval`).
    public var intervalMilliseconds: Int64?
    /// How far in the past the group is evaluated; nil for that of the configuration (`global.rule_query_offset`).
    public var queryOffsetMilliseconds: Int64?
    /// What TraceQL, which has no ranges of its own, looks at before the time of an evaluation; nil for the interval, and a minute at least.
    public var windowMilliseconds: Int64?
    /// The most series of a recording rule, and the most alerts of an alerting rule; 0 for no limit.
    public var limit: Int
    /// In the order of the file.
    public var rules: [Rule]
    public var place: RulePlace

    public init(
        name: String, file: String, language: RuleLanguage = .promQL, intervalMilliseconds: Int64? = nil,
        queryOffsetMilliseconds: Int64? = nil, windowMilliseconds: Int64? = nil, limit: Int = 0, rules: [Rule],
        place: RulePlace = RulePlace(line: 1, column: 1)
    ) {
        self.name = name
        self.file = file
        self.language = language
        self.intervalMilliseconds = intervalMilliseconds
        self.queryOffsetMilliseconds = queryOffsetMilliseconds
        self.windowMilliseconds = windowMilliseconds
        self.limit = limit
        self.rules = rules
        self.place = place
    }

    public var key: RuleGroupKey { RuleGroupKey(file: file, name: name) }
}

/// A recording or an alerting rule.
public struct Rule: Sendable {
    public enum Kind: Sendable, Hashable {
        case recording
        case alerting(AlertingTerms)
    }

    /// What only alerting rules have.
    public struct AlertingTerms: Sendable, Hashable {
        /// How long the expression has to hold before an alert fires (`for`).
        public var holdMilliseconds: Int64
        /// How long an alert keeps firing after the expression stopped to hold (`keep_firing_for`).
        public var keepFiringMilliseconds: Int64
        /// Templates, sorted by name.
        public var annotations: [Label]

        public init(holdMilliseconds: Int64 = 0, keepFiringMilliseconds: Int64 = 0, annotations: [Label] = []) {
            self.holdMilliseconds = holdMilliseconds
            self.keepFiringMilliseconds = keepFiringMilliseconds
            self.annotations = annotations.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
    }

    public var kind: Kind
    /// The name of the recorded metric, or of the alert.
    public var name: String
    public var expression: RuleExpression
    /// The rule's labels over those of its group, sorted by name; templates in an alerting rule. Values may be empty: they take a label away.
    public var labels: [Label]
    public var place: RulePlace
    /// Where the expression begins.
    public var expressionPlace: RulePlace

    public init(
        _ kind: Kind, name: String, expression: RuleExpression, labels: [Label] = [], place: RulePlace = RulePlace(line: 1, column: 1),
        expressionPlace: RulePlace = RulePlace(line: 1, column: 1)
    ) {
        self.kind = kind
        self.name = name
        self.expression = expression
        self.labels = labels.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.place = place
        self.expressionPlace = expressionPlace
    }

    public var isAlerting: Bool {
        if case .alerting = kind { true } else { false }
    }

    /// What only alerting rules have; nil for a recording rule.
    public var alerting: AlertingTerms? {
        if case .alerting(let terms) = kind { terms } else { nil }
    }

    /// Whether two rules mean the same, wherever they stand.
    public func isSame(as other: Rule) -> Bool {
        kind == other.kind && name == other.name && labels == other.labels && expression.language == other.expression.language
            && expression.text == other.expression.text
    }
}

extension RuleGroup {
    /// Whether two groups mean the same, wherever they stand in the file.
    public func isSame(as other: RuleGroup) -> Bool {
        key == other.key && language == other.language && intervalMilliseconds == other.intervalMilliseconds
            && queryOffsetMilliseconds == other.queryOffsetMilliseconds && windowMilliseconds == other.windowMilliseconds
            && limit == other.limit && rules.count == other.rules.count
            && zip(rules, other.rules).allSatisfy { $0.isSame(as: $1) }
    }
}
