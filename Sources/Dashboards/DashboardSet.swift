/// Dashboards that belong together: what can only be said of them side by side.
public enum DashboardSet {
    /// Errors for uids that stand twice, and notes for links to dashboards that are not among them.
    ///
    /// - Returns: what to add to the findings of each, in the order given.
    public static func findings(_ checks: [DashboardCheck]) -> [[DashboardFinding]] {
        var owners: [String: String] = [:]
        var twice: [Int: DashboardFinding] = [:]
        for (index, check) in checks.enumerated() {
            guard let uid = check.dashboard?.uid, !uid.isEmpty else { continue }
            if let other = owners[uid] {
                twice[index] = DashboardFinding(.error, line: 1, column: 1, message: "has the uid “\(uid)”, as has \(other)")
            } else {
                owners[uid] = check.file
            }
        }
        return checks.enumerated().map { index, check in
            var found = twice[index].map { [$0] } ?? []
            // One file by itself says nothing about others.
            guard checks.count > 1, let dashboard = check.dashboard else { return found }
            var told: Set<String> = []
            for (uid, line, column) in dashboard.destinations where owners[uid] == nil && told.insert(uid).inserted {
                found.append(
                    DashboardFinding(
                        .note, line: line, column: column,
                        message: "a link leads to the dashboard “\(uid)”, which is not among those checked"))
            }
            return found
        }
    }
}
