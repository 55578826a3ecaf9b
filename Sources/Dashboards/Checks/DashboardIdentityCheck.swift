/// What the dashboard is called, and of which time its form is.
enum DashboardIdentityCheck {
    /// Grafana 11 writes 39, Grafana 12 up to 42.
    private static let versions = 39...42

    static func run(_ dashboard: Dashboard, _ findings: inout Findings) {
        let root = dashboard.root
        if dashboard.title?.isEmpty ?? true { findings.note("has no title; Grafana asks for one when it is imported", at: root.offset) }
        if let uid = dashboard.uid, !uid.isEmpty {
            let isPlain = uid.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
            let offset = root["uid"]?.offset ?? root.offset
            if !isPlain { findings.error("the uid “\(uid)” has other characters than letters, digits, - and _", at: offset) }
            if uid.utf8.count > 40 { findings.error("the uid is longer than 40 characters", at: offset) }
        } else {
            findings.note("has no uid, so that links to it break whenever it is imported anew", at: root.offset)
        }
        checkVersion(dashboard, &findings)
        for name in ["from", "to"] {
            if let time = root["time"]?[name], let text = time.string, !isTime(text) {
                findings.error("time.\(name) is “\(text)”; a time is such as now-1h or now", at: time.offset)
            }
        }
        if let refresh = root["refresh"]?.string, !refresh.isEmpty, refresh != "auto", QueryWindow.milliseconds(refresh) == nil {
            findings.error("refresh is “\(refresh)”, which is no duration", at: root["refresh"]?.offset ?? root.offset)
        }
    }

    private static func checkVersion(_ dashboard: Dashboard, _ findings: inout Findings) {
        guard let version = dashboard.schemaVersion else {
            return findings.note("has no schemaVersion; Grafana takes it for the oldest and migrates it", at: dashboard.root.offset)
        }
        let offset = dashboard.root["schemaVersion"]?.offset ?? dashboard.root.offset
        if version < versions.lowerBound {
            findings.note(
                "has schema version \(version), which Grafana migrates when it loads it; \(versions.lowerBound) is that of Grafana 11",
                at: offset)
        } else if version > versions.upperBound {
            findings.note("has schema version \(version), which is newer than what is known here (\(versions.upperBound))", at: offset)
        }
    }

    /// `now`, `now-6h`, `now/d`, `now-1d/d`, or an absolute time.
    private static func isTime(_ text: String) -> Bool {
        guard text.hasPrefix("now") else { return text.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }
        var rest = text.dropFirst(3)
        if let sign = rest.first, sign == "-" || sign == "+" {
            let amount = rest.dropFirst().prefix { $0 != "/" }
            guard let unit = amount.last, "smhdwMyQ".contains(unit), Int(amount.dropLast()) != nil else { return false }
            rest = rest.dropFirst(1 + amount.count)
        }
        return rest.isEmpty || (rest.count >= 2 && rest.first == "/" && "smhdwMyQf".contains(rest.dropFirst().first ?? " "))
    }
}
