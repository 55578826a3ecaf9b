public import AlertModel
public import TelemetryModel

/// An alert as programs send it, with what they may leave out.
public struct PostedAlert: Sendable, Hashable {
    public var labels: [Label]
    public var annotations: [Label]
    public var startsAt: Timestamp?
    public var endsAt: Timestamp?
    public var generatorURL: String

    public init(
        labels: [Label], annotations: [Label] = [], startsAt: Timestamp? = nil, endsAt: Timestamp? = nil, generatorURL: String = ""
    ) {
        self.labels = labels
        self.annotations = annotations
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.generatorURL = generatorURL
    }
}

/// Why an alert is not taken, in Alertmanager's words.
public struct AlertFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let message: String

    public var description: String { message }
}

extension Alert {
    /// What Alertmanager makes of an alert that is sent to it.
    ///
    /// Without a start it starts now, or at its end where that is given. Without an end it ends after `resolve_timeout`, unless there is news of
    /// it before. Labels with empty values are dropped.
    ///
    /// - Throws: where there is no label, a name is empty, or the end is before the start.
    public static func normalised(
        _ posted: PostedAlert, now: Timestamp, resolveTimeoutMilliseconds: Int64
    ) throws(AlertFault) -> Alert {
        let startsAt = posted.startsAt ?? posted.endsAt ?? now
        let endsAt = posted.endsAt ?? now + resolveTimeoutMilliseconds
        if endsAt < startsAt { throw AlertFault(message: "start time must be before end time") }
        let labels = LabelSet(posted.labels.map { ($0.name, $0.value) })
        if posted.labels.contains(where: { $0.name.isEmpty && !$0.value.isEmpty }) {
            throw AlertFault(message: "invalid label set: invalid name \"\"")
        }
        if labels.isEmpty { throw AlertFault(message: "at least one label pair required") }
        if posted.annotations.contains(where: \.name.isEmpty) { throw AlertFault(message: "invalid annotations: invalid name \"\"") }
        return Alert(
            labels: labels, annotations: posted.annotations, startsAt: startsAt, endsAt: endsAt, updatedAt: now,
            generatorURL: posted.generatorURL, endsByTimeout: posted.endsAt == nil)
    }
}
