internal import AlertModel
internal import AlertRouting
internal import TelemetryModel

/// Puts what routing and the history know of an alert into words.
struct AlertExplainer {
    private let backend: any AlertingBackend
    private let now: Timestamp
    private let receivers: [String: AlertingStatus.Receiver]

    init(_ backend: any AlertingBackend) {
        self.backend = backend
        now = backend.now
        var receivers: [String: AlertingStatus.Receiver] = [:]
        for receiver in backend.status.receivers { receivers[receiver.name] = receiver }
        self.receivers = receivers
    }

    func explanation(
        _ labels: LabelSet, _ timeline: [AlertEvent], _ view: AlertView?, _ groups: [(group: AlertGroupView, view: AlertView)]
    ) -> AlertExplanation {
        guard let view else {
            let (state, summary) = absent(timeline)
            return AlertExplanation(labels: labels, state: state, summary: summary, timeline: timeline)
        }
        let paths = groups.map { path($0.group, $0.view, timeline) }
        let isSuppressed = view.state == .suppressed || (!paths.isEmpty && paths.allSatisfy { $0.verdict == .muted })
        return AlertExplanation(
            labels: labels, state: isSuppressed ? "suppressed" : "active", summary: summary(of: paths, view), startsAt: view.alert.startsAt,
            endsAt: view.alert.endsAt, paths: paths, timeline: timeline)
    }

    /// Of an alert that routing does not know (any more).
    private func absent(_ timeline: [AlertEvent]) -> (state: String, summary: String) {
        let ruling: Set<AlertEvent.Kind> = [.pending, .firing, .keptFiring, .resolved, .inactive]
        let detail = { (event: AlertEvent) in event.detail.isEmpty ? "" : ": " + event.detail }
        guard let last = timeline.last(where: { ruling.contains($0.kind) }) else {
            return ("unknown", "Nothing says that it fires now.")
        }
        let time = alertTimeText(last.time)
        let told = timeline.last { $0.kind == .notified }
        let toldText = told.map { " \($0.receiver) was told last at \(alertTimeText($0.time))." } ?? " Nobody was told in this time."
        switch last.kind {
        case .pending:
            return ("pending", "Pending since \(time)\(detail(last)). Nobody is told before it fires.")
        case .inactive:
            return (
                "inactive", "Its expression stopped to hold at \(time) before the rule's `for` was over, so it never fired\(detail(last))."
            )
        case .resolved: return ("resolved", "Ended at \(time)\(detail(last)).\(toldText)")
        default: return ("unknown", "Fired at \(time), and there is no news of it since.\(toldText)")
        }
    }

    private func summary(of paths: [AlertExplanation.Path], _ view: AlertView) -> String {
        let lead = "Fires since \(alertTimeText(view.alert.startsAt)). "
        if paths.isEmpty { return lead + "It is in no group yet: it has just come." }
        return lead + paths.map { "\($0.receiver): \($0.text)" }.joined(separator: " ")
    }

    // MARK: One group

    private func path(_ group: AlertGroupView, _ view: AlertView, _ timeline: [AlertEvent]) -> AlertExplanation.Path {
        var path = AlertExplanation.Path(
            receiver: group.receiver, routeID: group.routeID, groupKey: group.groupKey, groupLabels: group.labels, verdict: .waiting,
            text: "", nextFlush: group.nextFlush)
        path.channels = channels(group, timeline)
        if !view.silencedBy.isEmpty {
            path.verdict = .silenced
            path.decisions = view.silencedBy.map(silenceDecision)
            path.text = "silenced by " + path.decisions.map(silenceText).joined(separator: ", and by ") + "."
        } else if !view.inhibitedBy.isEmpty {
            path.verdict = .inhibited
            path.decisions = view.inhibitedBy.map(inhibitorDecision)
            path.text = "inhibited by " + path.decisions.map(\.text).joined(separator: ", ") + "."
        } else if !group.mutedBy.isEmpty {
            path.verdict = .muted
            path.decisions = group.mutedBy.map { .init(kind: "time_interval", id: $0, text: $0, endsAt: nil) }
            path.text = "muted by the route's time interval " + group.mutedBy.joined(separator: ", ") + "."
        } else {
            (path.verdict, path.text) = delivery(group, view, path.channels)
        }
        return path
    }

    private func silenceDecision(_ id: String) -> AlertExplanation.Decision {
        let silence = backend.silence(id)
        let comment = silence.map { silence in
            (silence.comment.isEmpty ? "" : "“\(silence.comment)” ") + (silence.createdBy.isEmpty ? "" : "by \(silence.createdBy)")
        }
        return .init(kind: "silence", id: id, text: comment ?? "", endsAt: silence?.endsAt)
    }

    private func silenceText(_ decision: AlertExplanation.Decision) -> String {
        var text = "silence \(decision.id)"
        if !decision.text.isEmpty { text += " (\(decision.text))" }
        if let end = decision.endsAt { text += " until \(alertTimeText(end))" }
        return text
    }

    private func inhibitorDecision(_ fingerprint: AlertFingerprint) -> AlertExplanation.Decision {
        let inhibitor = backend.alerts { $0.fingerprint == fingerprint }.first
        let text = inhibitor.map { "the alert \($0.alert.labels)" } ?? "the alert \(fingerprint)"
        return .init(kind: "alert", id: fingerprint.description, text: text, endsAt: nil)
    }

    private func channels(_ group: AlertGroupView, _ timeline: [AlertEvent]) -> [AlertExplanation.Channel] {
        let entries = backend.logEntries(ofGroup: group.groupKey)
        let repeatInterval = backend.route(group.routeID)?.options.repeatIntervalMilliseconds
        let attempts: Set<AlertEvent.Kind> = [.notified, .deliveryFailed, .deliveryGivenUp]
        return (receivers[group.receiver]?.integrations ?? []).map { id in
            let entry = entries.first { $0.key.integration == id }
            return AlertExplanation.Channel(
                integration: id.description, lastTold: entry?.timestamp,
                toldAgain: repeatInterval.flatMap { interval in entry.map { $0.timestamp + interval } },
                lastAttempt: timeline.last { event in
                    attempts.contains(event.kind) && event.groupKey == group.groupKey && event.receiver == id.receiver
                        && id.description.hasSuffix(event.integration)
                })
        }
    }

    /// Of an alert that nothing keeps back.
    private func delivery(
        _ group: AlertGroupView, _ view: AlertView, _ channels: [AlertExplanation.Channel]
    ) -> (AlertExplanation.Verdict, String) {
        if channels.isEmpty { return (.nobody, "this receiver has no integrations, so nobody is told.") }
        let failing = channels.compactMap { channel -> String? in
            guard let attempt = channel.lastAttempt, attempt.kind != .notified, attempt.time > channel.lastTold ?? .min else { return nil }
            let outlook =
                attempt.kind == .deliveryFailed
                ? "it is tried again" : "it is tried again when the group is looked at next, at \(alertTimeText(group.nextFlush))"
            return "\(channel.integration) could not be told at \(alertTimeText(attempt.time)): \(attempt.detail); \(outlook)."
        }
        if !failing.isEmpty { return (.failing, failing.joined(separator: " ")) }
        let entries = backend.logEntries(ofGroup: group.groupKey)
        let told = entries.filter { $0.firing.contains(view.fingerprint) }
        if told.isEmpty {
            return (.waiting, "is told at \(alertTimeText(max(group.nextFlush, now))), when the group is looked at next.")
        }
        let texts = channels.compactMap { channel -> String? in
            guard let time = channel.lastTold else { return nil }
            let again = channel.toldAgain.map { ", and is told again after \(alertTimeText($0)) if nothing changes" } ?? ""
            return "\(channel.integration) was told at \(alertTimeText(time))\(again)."
        }
        return (.told, texts.joined(separator: " "))
    }
}

extension JSONWriter {
    mutating func explanation(_ explanation: AlertExplanation) {
        beginObject()
        name("labels")
        labels(explanation.labels)
        member("fingerprint", AlertFingerprint(explanation.labels).description)
        member("state", explanation.state)
        member("told", explanation.isTold)
        member("summary", explanation.summary)
        if let time = explanation.startsAt { member("startsAt", alertTimeText(time)) }
        if let time = explanation.endsAt { member("endsAt", alertTimeText(time)) }
        name("receivers")
        beginArray()
        for path in explanation.paths { self.path(path) }
        endArray()
        name("timeline")
        beginArray()
        for event in explanation.timeline {
            beginObject()
            member("time", alertTimeText(event.time))
            member("kind", event.kind.rawValue)
            eventDetails(event)
            let names = event.decidedBy.map { explanation.names[$0] ?? "" }
            if names.contains(where: { !$0.isEmpty }) {
                name("decidedByText")
                array(names)
            }
            endObject()
        }
        endArray()
        endObject()
    }

    private mutating func path(_ path: AlertExplanation.Path) {
        beginObject()
        member("receiver", path.receiver)
        member("verdict", path.verdict.rawValue)
        member("text", path.text)
        member("route", path.routeID)
        member("groupKey", path.groupKey)
        name("groupLabels")
        labels(path.groupLabels)
        member("nextFlush", alertTimeText(path.nextFlush))
        name("decidedBy")
        beginArray()
        for decision in path.decisions {
            beginObject()
            member("kind", decision.kind)
            member("id", decision.id)
            if !decision.text.isEmpty { member("text", decision.text) }
            if let time = decision.endsAt { member("endsAt", alertTimeText(time)) }
            endObject()
        }
        endArray()
        name("integrations")
        beginArray()
        for channel in path.channels {
            beginObject()
            member("integration", channel.integration)
            if let time = channel.lastTold { member("lastTold", alertTimeText(time)) }
            if let time = channel.toldAgain { member("toldAgain", alertTimeText(time)) }
            if let attempt = channel.lastAttempt {
                member("lastAttempt", alertTimeText(attempt.time))
                member("lastOutcome", attempt.kind.rawValue)
                if !attempt.detail.isEmpty { member("lastDetail", attempt.detail) }
            }
            endObject()
        }
        endArray()
        endObject()
    }
}
