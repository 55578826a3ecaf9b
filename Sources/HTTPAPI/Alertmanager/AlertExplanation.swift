internal import AlertModel
internal import AlertRouting
internal import TelemetryModel

/// Why somebody is told of one alert, or is not.
struct AlertExplanation {
    /// How things stand between an alert and one receiver.
    enum Verdict: String {
        /// It was told of the alert as it is.
        case told
        /// It is told of it once the group is looked at next.
        case waiting
        case silenced, inhibited, muted
        /// Attempts to tell it fail.
        case failing
        /// The receiver has no integrations.
        case nobody
    }

    /// What decided.
    struct Decision {
        /// `silence`, `alert` or `time_interval`.
        var kind: String
        var id: String
        /// For people: the comment of a silence, the labels of an alert.
        var text: String
        var endsAt: Timestamp?
    }

    /// One integration of a receiver.
    struct Channel {
        var integration: String
        var lastTold: Timestamp?
        /// When it is told again though nothing has changed.
        var toldAgain: Timestamp?
        var lastAttempt: AlertEvent?
    }

    /// One group that the alert is in.
    struct Path {
        var receiver: String
        var routeID: String
        var groupKey: String
        var groupLabels: LabelSet
        var verdict: Verdict
        var text: String
        var nextFlush: Timestamp
        var decisions: [Decision] = []
        var channels: [Channel] = []
    }

    var labels: LabelSet
    /// `active`, `suppressed`, `pending`, `resolved`, `inactive` or `unknown`.
    var state: String
    /// One sentence on how things stand now.
    var summary: String
    var startsAt: Timestamp?
    var endsAt: Timestamp?
    var paths: [Path] = []
    /// Oldest first.
    var timeline: [AlertEvent] = []
    /// What the ids in ``AlertEvent/decidedBy`` stand for, as far as that is known: comments of silences, labels of alerts.
    var names: [String: String] = [:]

    /// Whether somebody was told of the alert as it is now.
    var isTold: Bool { paths.contains { $0.verdict == .told } }

    /// The explanations of all alerts that are known now or have events, those that happened last first.
    static func all(
        events: [AlertEvent], alerts: [AlertView], groups: [AlertGroupView], names: [String: String] = [:], backend: any AlertingBackend
    ) -> [AlertExplanation] {
        var timelines: [LabelSet: [AlertEvent]] = [:]
        for event in events { timelines[event.labels, default: []].append(event) }
        var known: [LabelSet: AlertView] = [:]
        for view in alerts {
            known[view.alert.labels] = view
            if timelines[view.alert.labels] == nil { timelines[view.alert.labels] = [] }
        }
        var paths: [LabelSet: [(AlertGroupView, AlertView)]] = [:]
        for group in groups { for view in group.alerts { paths[view.alert.labels, default: []].append((group, view)) } }
        let explainer = AlertExplainer(backend)
        let explanations = timelines.map { labels, timeline in
            var explanation = explainer.explanation(labels, timeline, known[labels], paths[labels] ?? [])
            explanation.names = names
            return explanation
        }
        func latest(_ explanation: AlertExplanation) -> Timestamp {
            max(explanation.timeline.last?.time ?? .min, explanation.startsAt ?? .min)
        }
        return explanations.sorted { left, right in
            let (first, second) = (latest(left), latest(right))
            return first == second ? left.labels < right.labels : first > second
        }
    }
}
