public import LabelMatching
public import TelemetryModel

/// Keeps notifications of matching alerts back for a time.
public struct Silence: Sendable, Hashable {
    public enum State: String, Sendable, Hashable { case pending, active, expired }

    /// A UUID in its usual text form.
    public var id: String
    /// All must match; at least one does not match the empty string.
    public var matchers: [LabelMatcher]
    public var startsAt: Timestamp
    public var endsAt: Timestamp
    public var updatedAt: Timestamp
    public var createdBy: String
    public var comment: String
    /// Sorted by name.
    public var annotations: [Label]
    /// Perch's own: between start and end it holds only within these intervals; empty for always.
    public var recurrence: [TimeInterval]

    public init(
        id: String, matchers: [LabelMatcher], startsAt: Timestamp, endsAt: Timestamp, updatedAt: Timestamp, createdBy: String,
        comment: String, annotations: [Label] = [], recurrence: [TimeInterval] = []
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
        self.comment = comment
        self.annotations = annotations
        self.recurrence = recurrence
    }

    /// Where a moment lies, as Alertmanager decides it; says nothing of ``recurrence``.
    public func state(at now: Timestamp) -> State {
        if now < startsAt { return .pending }
        return now > endsAt ? .expired : .active
    }

    /// Whether all matchers match.
    public func matches(_ labels: LabelSet) -> Bool { matchers.allSatisfy { $0.matches(labels) } }
}
