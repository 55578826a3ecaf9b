internal import AlertModel
internal import CivilCalendar
internal import RuleTesting
internal import Rules
internal import TelemetryModel

/// The replay of rules for people: a bar of time for each alert, who was notified when, and totals.
struct BacktestRenderer {
    private static let dim = "2"
    private static let bold = "1"
    private static let red = "31"
    /// Alerts of a rule that are shown where not everything is.
    private static let alertsMax = 12

    let terminal: Terminal
    let isWhole: Bool

    private var width: Int { max(60, terminal.width) }
    /// Of lines that are text; only a window cuts them.
    private var lineWidth: Int { terminal.isWindow ? width : .max }
    private func shown(_ text: String) -> String { ShownText(for: terminal)(text) }

    func render(_ report: BacktestReport) -> String {
        guard let first = report.results.first else { return "" }
        let hasVariants = report.results.count > 1
        var text = "\(moment(first.result.start)) to \(moment(first.result.end)), \(duration(first.result.end - first.result.start))\n"
        for (variation, result) in report.results {
            if hasVariants { text += "\n" + terminal.painted(title(of: variation), BacktestRenderer.bold) + "\n" }
            for rule in result.rules { text += "\n" + self.rule(rule, in: result.range) }
            if report.hasRouting { text += "\n" + notifications(result, max: hasVariants ? 8 : 20) }
        }
        return text + "\n" + (hasVariants ? comparison(report) : summary(first.result, report.hasRouting))
    }

    private func title(of variation: Backtest.Variation) -> String {
        var parts: [String] = []
        if let hold = variation.hold { parts.append("for \(duration(hold))") }
        if let keep = variation.keepFiring { parts.append("keep_firing_for \(duration(keep))") }
        return parts.isEmpty ? "as written" : parts.joined(separator: ", ")
    }

    // MARK: Rules

    private func rule(_ rule: RuleReplay, in range: TimeRange) -> String {
        var head = StyledLine()
        head.add(shown(rule.name), BacktestRenderer.bold)
        var terms = "  every \(duration(rule.interval))"
        if rule.hold > 0 { terms += ", for \(duration(rule.hold))" }
        if rule.keepFiring > 0 { terms += ", keep_firing_for \(duration(rule.keepFiring))" }
        head.add(terms + "  \(rule.file):\(rule.place.line)", BacktestRenderer.dim)
        let fired = rule.fired(in: range)
        let pendingOnly = rule.alerts.count - fired.count
        var words =
            fired.isEmpty
            ? "never fired" : "fired \(times(fired.count)), \(duration(rule.alerts.reduce(0) { $0 + $1.firingTime(in: range) })) in all"
        if pendingOnly > 0 { words += "; \(fired.isEmpty ? "" : "another ")\(times(pendingOnly)) pending only" }
        var text = head.rendered(terminal, width: lineWidth) + "\n  " + words + "\n"
        if rule.faultCount > 0 {
            text +=
                terminal.painted(
                    "  \(terminal.mark("✗", "!")) failed \(times(rule.faultCount)): \(shown(rule.firstFault))", BacktestRenderer.red) + "\n"
        }
        return text + bars(rule, range)
    }

    private func times(_ count: Int) -> String { count == 1 ? "once" : "\(grouped(count)) times" }

    /// A line for each label set: its alerts as a bar, and how often and how long it fired.
    private func bars(_ rule: RuleReplay, _ range: TimeRange) -> String {
        var order: [LabelSet] = []
        var alerts: [LabelSet: [AlertReplay]] = [:]
        for alert in rule.alerts {
            if alerts[alert.labels] == nil { order.append(alert.labels) }
            alerts[alert.labels, default: []].append(alert)
        }
        let firing = { (labels: LabelSet) in (alerts[labels] ?? []).reduce(Int64(0)) { $0 + $1.firingTime(in: range) } }
        let sorted = order.sorted { firing($0) != firing($1) ? firing($0) > firing($1) : $0 < $1 }
        let chosen = isWhole ? sorted[...] : sorted.prefix(BacktestRenderer.alertsMax)
        let common = commonLabels(order)
        let names = chosen.map { shown($0.removing(common).description) }
        let labelWidth = min(names.map(displayWidth).max() ?? 0, max(12, width * 2 / 5))
        let counts = chosen.map { labels in
            let fired = (alerts[labels] ?? []).filter { $0.firedAt != nil }.count
            return fired == 0 ? "pending" : "\(fired)\(terminal.mark("×", "x")) \(duration(firing(labels)))"
        }
        let countWidth = counts.map(displayWidth).max() ?? 0
        let columns = max(10, width - labelWidth - countWidth - 6)
        var text = ""
        for (index, labels) in chosen.enumerated() {
            var bar = AlertTimelineBar(range: range, columns: columns)
            for alert in alerts[labels] ?? [] { bar.add(alert) }
            let name = truncated(names[index], to: labelWidth, hasUnicode: terminal.hasUnicode)
            text += "  " + padded(name, to: labelWidth) + "  " + bar.text(terminal) + "  " + counts[index] + "\n"
        }
        if sorted.count > chosen.count {
            text +=
                terminal.painted("  and \(counted(sorted.count - chosen.count, "more alert")); --all shows them", BacktestRenderer.dim)
                + "\n"
        }
        return text
    }

    /// What all alerts of a rule have in common: its name, and where there are several, labels that do not tell them apart.
    private func commonLabels(_ sets: [LabelSet]) -> [String] {
        guard sets.count > 1, let first = sets.first else { return ["alertname"] }
        return first.filter { label in sets.allSatisfy { $0[label.name] == label.value } }.map(\.name)
    }

    // MARK: Notifications

    /// - Parameter max: how many are shown where not everything is.
    private func notifications(_ result: BacktestResult, max: Int) -> String {
        var text = terminal.painted("Notifications", BacktestRenderer.bold) + "\n"
        if result.notifications.isEmpty { text += "  none\n" }
        let chosen = isWhole ? result.notifications[...] : result.notifications.prefix(max)
        let receivers = chosen.map { shown($0.integration.description) }
        let receiverWidth = receivers.map(displayWidth).max() ?? 0
        for (notification, receiver) in zip(chosen, receivers) {
            var line = StyledLine()
            line.add("  " + moment(notification.time) + "  ", BacktestRenderer.dim)
            line.add(padded(receiver, to: receiverWidth) + "  ")
            line.add(padded(words(notification.reason), to: 8) + "  ", notification.firing.isEmpty ? "32" : BacktestRenderer.red)
            var parts: [String] = []
            if !notification.firing.isEmpty { parts.append("\(notification.firing.count) firing") }
            if !notification.resolved.isEmpty { parts.append("\(notification.resolved.count) resolved") }
            line.add(shown(subject(notification)) + " " + parts.joined(separator: ", "))
            text += line.rendered(terminal, width: lineWidth) + "\n"
        }
        if result.notifications.count > chosen.count {
            let more = grouped(result.notifications.count - chosen.count)
            text += terminal.painted("  and \(more) more; --all shows them", BacktestRenderer.dim) + "\n"
        }
        for suppression in result.suppressions {
            let by = suppression.decidedBy.isEmpty ? "" : " by " + suppression.decidedBy.map(shown).joined(separator: ", ")
            text +=
                terminal.painted("  \(counted(suppression.count, "alert")) \(suppression.kind.rawValue)\(by)", BacktestRenderer.dim) + "\n"
        }
        return text
    }

    private func words(_ reason: Notification.Reason) -> String {
        switch reason {
        case .first: "new"
        case .newAlerts: "more"
        case .resolved: "resolved"
        case .repeated: "again"
        }
    }

    /// What a notification is about: the labels of its group, or the names of its alerts.
    private func subject(_ notification: ReplayedNotification) -> String {
        if !notification.groupLabels.isEmpty { return notification.groupLabels.description }
        return Set((notification.firing + notification.resolved).compactMap { $0["alertname"] }).sorted().joined(separator: ", ")
    }

    // MARK: Totals

    private func summary(_ result: BacktestResult, _ hasRouting: Bool) -> String {
        let fired = "\(counted(result.firedCount, "alert")) fired"
        guard hasRouting else { return fired + ".\n" }
        var text = "\(fired). You would have been notified \(times(result.notifications.count)) in \(duration(result.end - result.start))"
        if !result.notifications.isEmpty {
            text += ", \(times(result.pageCount)) of something that fires: "
            text += result.notificationCounts.map { "\(shown($0.integration.description)) \(grouped($0.count))" }.joined(separator: ", ")
        }
        return text + ".\n"
    }

    private func comparison(_ report: BacktestReport) -> String {
        var table = TextTable(
            [.init(title: "")] + report.results.map { .init(title: title(of: $0.variation), alignment: .trailing) })
        let results = report.results.map(\.result)
        table.add(["alerts that fired"] + results.map { grouped($0.firedCount) })
        table.add(["time firing"] + results.map { duration($0.firingTime) })
        guard report.hasRouting else { return table.rendered() }
        table.add(["notifications"] + results.map { grouped($0.notifications.count) })
        table.add(["  of what fires"] + results.map { grouped($0.pageCount) })
        for integration in Set(results.flatMap { $0.notificationCounts.map(\.integration) }).sorted() {
            table.add(
                ["  " + shown(integration.description)]
                    + results.map { result in grouped(result.notifications.lazy.filter { $0.integration == integration }.count) })
        }
        return table.rendered()
    }

    // MARK: Times

    private func moment(_ time: Timestamp) -> String {
        let civil = CivilTime(milliseconds: time)
        return "\(civil.date.text) \(civil.clockWithSeconds)"
    }

    private func duration(_ milliseconds: Int64) -> String {
        SpanTime(for: terminal).duration(UInt64(max(0, milliseconds)) * 1_000_000)
    }
}
