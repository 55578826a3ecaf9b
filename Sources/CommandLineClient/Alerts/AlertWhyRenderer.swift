internal import TelemetryModel

/// The explanation of one alert as somebody would give it who knows the system.
struct AlertWhyRenderer {
    let terminal: Terminal
    let now: Timestamp
    let showsPayloads: Bool

    private var shown: ShownText { ShownText(for: terminal) }
    private var time: AlertTimeText { AlertTimeText(now: now) }

    func render(_ alert: AlertExplanationReply) -> String {
        var text = terminal.painted(shown(AlertLabelsText.all(alert.labels)), "1")
        text += "  " + terminal.painted(alert.state, AlertStateColour.style(alert.state)) + "\n"
        text += now(alert)
        if !alert.timeline.isEmpty { text += "\n" + timeline(alert.timeline) }
        return text
    }

    // MARK: Now

    private func now(_ alert: AlertExplanationReply) -> String {
        guard let start = alert.startsAt, !alert.receivers.isEmpty else { return "  " + shown(readable(alert.summary)) + "\n" }
        var text = "  Fires since \(time.moment(start)) (\(time.distance(start))).\n"
        for receiver in alert.receivers {
            text += "  " + terminal.painted(shown(receiver.receiver), "1") + ": "
            text += terminal.painted(word(receiver.verdict), AlertStateColour.style(receiver.verdict)) + "; "
            text += shown(readable(receiver.text)) + "\n"
            text +=
                "    route \(shown(receiver.route))\n    group \(shown(receiver.groupKey)), looked at next \(time.distance(receiver.nextFlush))\n"
        }
        return text
    }

    private func word(_ verdict: String) -> String {
        switch verdict {
        case "told": "told"
        case "waiting": "not told yet"
        case "failing": "could not be told"
        case "nobody": "nobody is told"
        default: "not told: " + verdict
        }
    }

    /// A sentence of the server, its times as people read them.
    private func readable(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            var end = word.endIndex
            while end > word.startIndex, ".,;:".contains(word[word.index(before: end)]) { end = word.index(before: end) }
            let core = String(word[..<end])
            guard core.count >= 20, AlertTimeText.milliseconds(core) != nil else { return String(word) }
            return time.moment(core) + " (" + time.distance(core) + ")" + word[end...]
        }.joined(separator: " ")
    }

    // MARK: Timeline

    private func timeline(_ events: [AlertExplanationReply.Event]) -> String {
        let words = events.map { $0.kind.replacing("_", with: " ") }
        let width = words.map(\.count).max() ?? 0
        var text = ""
        var day = ""
        for (event, word) in zip(events, words) {
            let moment = time.moment(event.time)
            if moment.prefix(10) != day {
                day = String(moment.prefix(10))
                text += "  " + terminal.painted(day, "1") + "\n"
            }
            let clock = moment.count > 19 ? String(moment.dropFirst(11).prefix(8)) : moment
            text += "  \(clock)  " + terminal.painted(word, AlertStateColour.style(event.kind))
            text += String(repeating: " ", count: width - word.count + 2) + shown(story(event)) + "\n"
            if showsPayloads, let payload = event.payload { text += indented(payload) }
        }
        return text
    }

    /// What happened, and what decided it.
    private func story(_ event: AlertExplanationReply.Event) -> String {
        var parts: [String] = []
        let texts = event.decidedByText ?? []
        let by = (event.decidedBy ?? []).enumerated().map { index, id in
            let text = texts.indices.contains(index) ? texts[index] : ""
            return text.isEmpty ? id : id + " (" + text + ")"
        }.joined(separator: ", ")
        switch event.kind {
        case "pending", "firing", "kept_firing", "resolved", "inactive":
            if let rule = event.rule { parts.append("rule \(rule)") }
        case "grouped":
            parts.append("for \(event.receiver ?? "") by route \(event.route ?? ""), group \(event.groupKey ?? "")")
        case "silenced": parts.append("for \(event.receiver ?? "") by silence \(by)")
        case "inhibited": parts.append("for \(event.receiver ?? "") by alert \(by)")
        case "muted": parts.append("for \(event.receiver ?? "") by time interval \(by)")
        case "released": parts.append("for \(event.receiver ?? ""): nothing keeps it back any more")
        default: parts.append([event.receiver, event.integration].compactMap { $0 }.joined(separator: "/"))
        }
        if let detail = event.detail { parts.append(detail) }
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }

    private func indented(_ payload: String) -> String {
        payload.split(separator: "\n", omittingEmptySubsequences: false).map { "            " + shown(String($0)) + "\n" }.joined()
    }
}
