/// Panels by themselves: ids, what draws them, units, thresholds, what they say of themselves.
enum PanelCheck {
    /// Panels that come with Grafana.
    private static let known: Set<String> = [
        "row", "timeseries", "stat", "gauge", "bargauge", "table", "barchart", "piechart", "heatmap", "histogram", "state-timeline",
        "status-history", "logs", "traces", "nodeGraph", "text", "news", "dashlist", "alertlist", "annolist", "canvas", "geomap",
        "candlestick", "trend", "xychart", "flamegraph", "datagrid", "welcome", "gettingstarted", "live", "debug", "library-panel",
        "pluginlist", "radialbar",
    ]

    /// Panels of old versions, and what Grafana draws in their place.
    private static let legacy = [
        "graph": "timeseries", "singlestat": "stat", "table-old": "table", "grafana-piechart-panel": "piechart",
        "grafana-worldmap-panel": "geomap", "natel-discrete-panel": "state-timeline", "heatmap-new": "heatmap",
    ]

    static func run(_ dashboard: Dashboard, _ findings: inout Findings) {
        var ids: [Int: String] = [:]
        for panel in dashboard.panels {
            if let id = panel.id {
                let offset = panel.node["id"]?.offset ?? panel.node.offset
                if id < 1 { findings.error("has the id \(id); ids begin at 1", at: offset, in: panel.subject) }
                if let other = ids[id] { findings.error("has the id \(id), as has \(other)", at: offset, in: panel.subject) }
                ids[id] = panel.subject
            } else {
                findings.note("has no id, so that there is no link to it", at: panel.node.offset, in: panel.subject)
            }
            checkType(panel, &findings)
            if panel.isRow { continue }
            if panel.title.isEmpty, panel.type != "text", panel.node["libraryPanel"] == nil {
                findings.note("has no title", at: panel.node.offset, in: panel.subject)
            }
            if panel.needsQueries, panel.node["description"]?.string?.isEmpty ?? true {
                findings.note("has no description", at: panel.node.offset, in: panel.subject)
            }
            checkFields(panel, &findings)
            checkTimes(panel, &findings)
        }
    }

    private static func checkType(_ panel: DashboardPanel, _ findings: inout Findings) {
        let offset = panel.node["type"]?.offset ?? panel.node.offset
        if panel.type.isEmpty { return findings.error("has no type", at: offset, in: panel.subject) }
        if let replacement = legacy[panel.type] {
            return findings.note(
                "is of the old type “\(panel.type)”; Grafana 11 and later draw it as “\(replacement)”", at: offset, in: panel.subject)
        }
        if !known.contains(panel.type) {
            findings.note("is drawn by the plugin “\(panel.type)”, which has to be installed", at: offset, in: panel.subject)
        }
    }

    private static func checkFields(_ panel: DashboardPanel, _ findings: inout Findings) {
        if let defaults = panel.node["fieldConfig"]?["defaults"] {
            checkUnit(defaults["unit"], panel, &findings)
            checkThresholds(defaults["thresholds"], panel, &findings)
        }
        for override in panel.node["fieldConfig"]?["overrides"]?.elements ?? [] {
            checkMatcher(override["matcher"], panel, &findings)
            for property in override["properties"]?.elements ?? [] {
                switch property["id"]?.string {
                case "unit": checkUnit(property["value"], panel, &findings)
                case "thresholds": checkThresholds(property["value"], panel, &findings)
                case nil: findings.error("a property of an override has no id", at: property.offset, in: panel.subject)
                default: break
                }
            }
        }
        // Of graphs before version 8.
        for axis in panel.node["yaxes"]?.elements ?? [] { checkUnit(axis["format"], panel, &findings) }
    }

    private static func checkUnit(_ node: JSONNode?, _ panel: DashboardPanel, _ findings: inout Findings) {
        guard let node, let unit = node.string, !unit.isEmpty, !UnitNames.isKnown(unit) else { return }
        findings.error(
            "Grafana has no unit “\(unit)”; a word of one's own is written as suffix:\(unit)", at: node.offset, in: panel.subject)
    }

    private static func checkThresholds(_ node: JSONNode?, _ panel: DashboardPanel, _ findings: inout Findings) {
        guard let node, node.isObject else { return }
        let steps = node["steps"]?.elements ?? []
        if steps.isEmpty { return }
        if let mode = node["mode"]?.string, mode != "absolute", mode != "percentage" {
            findings.error(
                "thresholds are absolute or percentage, not “\(mode)”", at: node["mode"]?.offset ?? node.offset, in: panel.subject)
        }
        var last = -Double.infinity
        for (index, step) in steps.enumerated() {
            if step["color"]?.string == nil { findings.error("a threshold has no color", at: step.offset, in: panel.subject) }
            guard let value = step["value"]?.number else {
                if index > 0 { findings.error("only the first threshold is without a value", at: step.offset, in: panel.subject) }
                continue
            }
            if index == 0 {
                findings.note("the first threshold has a value, which Grafana takes for minus infinity", at: step.offset, in: panel.subject)
            } else if value <= last {
                findings.error("thresholds have to ascend", at: step.offset, in: panel.subject)
            }
            last = value
        }
    }

    private static func checkMatcher(_ matcher: JSONNode?, _ panel: DashboardPanel, _ findings: inout Findings) {
        guard let matcher, matcher["id"]?.string == "byFrameRefID", let reference = matcher["options"]?.string else { return }
        let references = panel.node["targets"]?.elements.compactMap { $0["refId"]?.string } ?? []
        if !references.contains(reference) {
            findings.error("an override is for query \(reference), and there is none", at: matcher.offset, in: panel.subject)
        }
    }

    private static func checkTimes(_ panel: DashboardPanel, _ findings: inout Findings) {
        for name in ["interval", "timeFrom", "timeShift"] {
            guard let node = panel.node[name], let text = node.string, !text.isEmpty, VariableReference.all(in: text).isEmpty else {
                continue
            }
            if QueryWindow.milliseconds(text) == nil {
                findings.error("\(name) is “\(text)”, which is no duration", at: node.offset, in: panel.subject)
            }
        }
    }
}
