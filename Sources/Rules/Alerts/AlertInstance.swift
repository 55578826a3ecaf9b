internal import AlertModel
public import QueryModel
public import TelemetryModel

/// One alert of a rule, told from the rule's others by its labels: Prometheus' state of it.
public struct AlertInstance: Sendable, Hashable {
    public enum State: String, Sendable, Hashable {
        /// It has fired, and ended.
        case inactive
        /// The expression holds, but not yet for as long as the rule wants.
        case pending
        case firing
    }

    public var state: State
    /// Those of the element with the rule's over them, and `alertname`.
    public var labels: LabelSet
    /// Sorted by name.
    public var annotations: [Label]
    /// Of the last evaluation in which the expression held; 0 for a native histogram.
    public var value: Double
    /// When the expression began to hold.
    public var activeAt: Timestamp
    public var firedAt: Timestamp?
    public var resolvedAt: Timestamp?
    /// When it was last handed on.
    public var lastSentAt: Timestamp?
    /// When receivers may take it as ended, unless they hear of it again.
    public var validUntil: Timestamp?
    /// When the expression stopped to hold, while `keep_firing_for` keeps the alert up.
    public var keepFiringSince: Timestamp?

    public init(
        state: State = .pending, labels: LabelSet, annotations: [Label] = [], value: Double, activeAt: Timestamp,
        firedAt: Timestamp? = nil, resolvedAt: Timestamp? = nil, lastSentAt: Timestamp? = nil, validUntil: Timestamp? = nil,
        keepFiringSince: Timestamp? = nil
    ) {
        self.state = state
        self.labels = labels
        self.annotations = annotations
        self.value = value
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.lastSentAt = lastSentAt
        self.validUntil = validUntil
        self.keepFiringSince = keepFiringSince
    }

    /// Whether receivers are to hear of it: of what has ended once more than before, of what fires again and again.
    func needsSending(at time: Timestamp, resendDelay: Int64) -> Bool {
        if state == .pending { return false }
        guard let lastSentAt else { return true }
        if let resolvedAt, resolvedAt > lastSentAt { return true }
        return lastSentAt + resendDelay < time
    }

    /// The alert as it is handed on.
    func notice(at time: Timestamp, generatorURL: String) -> Alert {
        Alert(
            labels: labels, annotations: annotations, startsAt: firedAt ?? activeAt, endsAt: resolvedAt ?? validUntil ?? time,
            updatedAt: time, generatorURL: generatorURL)
    }
}

/// What an evaluation found for one label set, with the rule's labels and annotations filled in.
public struct AlertCandidate: Sendable, Hashable {
    public var labels: LabelSet
    public var annotations: [Label]
    /// 0 for a native histogram.
    public var value: Double

    public init(labels: LabelSet, annotations: [Label] = [], value: Double) {
        self.labels = labels
        self.annotations = annotations
        self.value = value
    }
}

/// Why a rule gave no result, in Prometheus' words.
public struct RuleFault: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    /// Whether the evaluation was ended from outside, as at the end of the process.
    public var isCanceled: Bool

    public init(_ message: String, isCanceled: Bool = false) {
        self.message = message
        self.isCanceled = isCanceled
    }

    public var description: String { message }

    static let duplicateAlerts = RuleFault("vector contains metrics with the same labelset after applying alert labels")
    static let duplicateSeries = RuleFault("vector contains metrics with the same labelset after applying rule labels")
}

/// One sample that a rule writes.
public struct RuleSample: Sendable, Hashable {
    public var labels: LabelSet
    public var timestamp: Timestamp
    public var value: PointValue

    public init(labels: LabelSet, timestamp: Timestamp, value: PointValue) {
        self.labels = labels
        self.timestamp = timestamp
        self.value = value
    }
}
