internal import ByteCoding

/// What a dashboard's file holds, and what is to be said of it without asking anybody.
public struct DashboardCheck: Sendable {
    /// The name under which the file is told of.
    public let file: String
    /// nil where the file holds none.
    public let dashboard: Dashboard?
    /// In the order of the text.
    public let findings: [DashboardFinding]

    public init(_ text: String, file: String) {
        self.file = file
        let bytes = Array(text.utf8)
        var findings = Findings(of: bytes)
        do throws(JSONError) {
            let root = try JSONNode.parse(bytes)
            var dashboard = DashboardReader.read(root, &findings)
            if var found = dashboard {
                found.queries = QueryExtraction.run(found, &findings)
                DashboardIdentityCheck.run(found, &findings)
                PanelCheck.run(found, &findings)
                LayoutCheck.run(found, &findings)
                VariableCheck.run(found, &findings)
                LinkCheck.run(found, &findings)
                found.queries = QueryCheck.run(found, &findings)
                found.destinations = LinkCheck.destinations(root).map { destination in
                    let (line, column) = findings.place(destination.offset)
                    return (destination.uid, line, column)
                }
                dashboard = found
            }
            self.dashboard = dashboard
        } catch {
            findings.error(error.message, at: error.offset)
            dashboard = nil
        }
        self.findings = findings.sorted
    }

    /// A file that cannot be read.
    public init(file: String, fault: String) {
        self.file = file
        dashboard = nil
        findings = [DashboardFinding(.error, line: 1, column: 1, message: fault)]
    }

    public var hasErrors: Bool { findings.contains { $0.severity == .error } }
}
