internal import Dashboards
public import TelemetryModel

/// How `perch dashboards check` writes what it found.
public enum DashboardOutputFormat: String, Sendable, CaseIterable { case text, json }

/// `perch dashboards check`: says whether dashboards are right, and with a server, whether their panels have data.
public struct DashboardsCheckCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        /// Files, folders and patterns.
        public var paths: [String]
        /// `--since`: how far back panels look.
        public var since = "15m"
        /// `--at`: when they are looked at.
        public var at: String?
        /// `--var`: `NAME=VALUE`
        public var variables: [String] = []
        /// `--allow-empty`: titles or ids of panels.
        public var allowedEmpty: [String] = []
        /// `--slow`: what takes longer is told of.
        public var slow = "2s"
        /// `--scrape-interval`: how often targets are scraped, from which the ranges of rates follow.
        public var scrapeInterval = "15s"
        /// `--strict`: whether notes make the command fail as well.
        public var isStrict = false
        public var format = DashboardOutputFormat.text

        public init(paths: [String]) { self.paths = paths }
    }

    private let client: PerchClient?
    private let options: Options
    private let terminal: Terminal
    private let now: Timestamp

    /// - Parameter client: nil to ask no server.
    public init(client: PerchClient?, options: Options, terminal: Terminal, now: Timestamp) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.now = now
    }

    /// Checks all files.
    ///
    /// - Returns: `usage` where a file is not right, `failure` where all are and a panel has an error or no data.
    public func run(output: CommandOutput) async -> CommandStatus {
        var reports: [DashboardReport] = []
        let status = await output.reporting { () async throws(ClientError) in
            let slowSeconds = Double(try TimeArgument.duration(options.slow, option: "--slow")) / 1000
            let run = try self.run()
            for (check, findings) in DashboardFiles.checks(try DashboardFiles.paths(options.paths)) {
                var report = DashboardReport(file: check.file, dashboard: check.dashboard, findings: findings)
                if let run, let dashboard = check.dashboard { report.items = await run.run(dashboard) }
                reports.append(report)
            }
            switch options.format {
            case .json: output.result(DashboardJSON.render(reports))
            case .text:
                let renderer = DashboardTextRenderer(terminal: terminal, slowSeconds: slowSeconds, since: options.since, hasRun: run != nil)
                output.result(renderer.render(reports))
            }
        }
        if status != .success { return status }
        let isFaulty = reports.contains { $0.count(.error) > 0 || (options.isStrict && $0.count(.note) > 0) }
        return isFaulty ? .usage : reports.contains(where: \.hasFailures) ? .failure : .success
    }

    private func run() throws(ClientError) -> DashboardRun? {
        let end = try options.at.map { (text) throws(ClientError) in try TimeArgument.time(text, now: now, option: "--at") } ?? now
        let start = end - (try TimeArgument.duration(options.since, option: "--since"))
        let scrapeInterval = try TimeArgument.duration(options.scrapeInterval, option: "--scrape-interval")
        var wanted: [String: [String]] = [:]
        for text in options.variables {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw .usage("--var: “\(text)” has no name and value; give such as service=orders")
            }
            wanted[String(text[..<sign]), default: []].append(String(text[text.index(after: sign)...]))
        }
        guard let client else { return nil }
        return DashboardRun(
            client: client, window: QueryWindow(start: start, end: end, scrapeInterval: scrapeInterval), wanted: wanted,
            allowedEmpty: Set(options.allowedEmpty))
    }
}
