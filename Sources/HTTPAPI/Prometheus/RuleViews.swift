public import TelemetryModel

/// A rule group as the API shows it.
public struct RuleGroupView: Sendable {
    public enum Language: Sendable, Hashable { case promQL, logQL, traceQL }

    public var name: String
    public var file: String
    public var language: Language
    public var intervalSeconds: Double
    /// 0 for no limit.
    public var limit: Int
    public var evaluationSeconds: Double
    /// When the last evaluation began; nil where there was none.
    public var lastEvaluation: Timestamp?
    public var rules: [RuleView]

    public init(
        name: String, file: String, language: Language, intervalSeconds: Double, limit: Int, evaluationSeconds: Double,
        lastEvaluation: Timestamp?, rules: [RuleView]
    ) {
        self.name = name
        self.file = file
        self.language = language
        self.intervalSeconds = intervalSeconds
        self.limit = limit
        self.evaluationSeconds = evaluationSeconds
        self.lastEvaluation = lastEvaluation
        self.rules = rules
    }
}

/// A rule as the API shows it.
public struct RuleView: Sendable {
    /// What only alerting rules have.
    public struct Alerting: Sendable {
        /// `unknown`, `inactive`, `pending` or `firing`.
        public var state: String
        public var holdSeconds: Double
        public var keepFiringSeconds: Double
        public var annotations: [Label]
        /// Those that are pending or firing.
        public var alerts: [RuleAlertView]

        public init(state: String, holdSeconds: Double, keepFiringSeconds: Double, annotations: [Label], alerts: [RuleAlertView]) {
            self.state = state
            self.holdSeconds = holdSeconds
            self.keepFiringSeconds = keepFiringSeconds
            self.annotations = annotations
            self.alerts = alerts
        }
    }

    public var name: String
    public var query: String
    /// As they were written, templates and all.
    public var labels: [Label]
    /// `unknown`, `ok` or `err`.
    public var health: String
    /// Empty where nothing is wrong.
    public var lastError: String
    public var evaluationSeconds: Double
    /// When the last evaluation began; nil where there was none.
    public var lastEvaluation: Timestamp?
    /// Nil for a recording rule.
    public var alerting: Alerting?

    public init(
        name: String, query: String, labels: [Label], health: String, lastError: String, evaluationSeconds: Double,
        lastEvaluation: Timestamp?, alerting: Alerting?
    ) {
        self.name = name
        self.query = query
        self.labels = labels
        self.health = health
        self.lastError = lastError
        self.evaluationSeconds = evaluationSeconds
        self.lastEvaluation = lastEvaluation
        self.alerting = alerting
    }
}

/// An alert of a rule as the API shows it.
public struct RuleAlertView: Sendable {
    public var labels: LabelSet
    public var annotations: [Label]
    /// `pending` or `firing`.
    public var state: String
    public var activeAt: Timestamp
    public var keepFiringSince: Timestamp?
    public var value: Double

    public init(
        labels: LabelSet, annotations: [Label], state: String, activeAt: Timestamp, keepFiringSince: Timestamp?, value: Double
    ) {
        self.labels = labels
        self.annotations = annotations
        self.state = state
        self.activeAt = activeAt
        self.keepFiringSince = keepFiringSince
        self.value = value
    }
}

/// Alertmanagers elsewhere that hear of alerts, by their addresses.
public struct AlertmanagersView: Sendable {
    public var active: [String]
    /// Those that relabelling drops.
    public var dropped: [String]

    public init(active: [String], dropped: [String]) {
        self.active = active
        self.dropped = dropped
    }
}
