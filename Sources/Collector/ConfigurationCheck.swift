internal import AlertRouting
internal import ConfigFile
internal import Notifications
internal import PromQL
internal import Rules

/// What `perch config check` finds out about a configuration file.
public struct ConfigurationCheck: Sendable {
    /// For standard output: what the file sets up.
    public private(set) var summary: [String] = []
    /// For standard error: what has no effect yet.
    public private(set) var warnings: [String] = []
    /// For standard error: what is wrong, with file, line and column where there is one.
    public private(set) var errors: [String] = []

    public var isValid: Bool { errors.isEmpty }

    /// Reads a file and the files that it names.
    public init(file: String) {
        do throws(ConfigError) {
            let configuration = try CollectorConfiguration.load(path: file)
            warnings = configuration.warnings
            errors = configuration.checkReferencedFiles()
            let alerting = try configuration.alertmanagerConfigurationFile.map {
                (path) throws(ConfigError) -> (String, AlertmanagerConfiguration) in
                let alerting = try AlertmanagerConfiguration(contentsOf: path)
                // Reads the files with templates.
                _ = try NotificationSender(alerting, externalURL: "http://localhost")
                return (path, alerting)
            }
            guard errors.isEmpty else { return }
            let groups = try configuration.readRuleGroups(features: .all)
            let (jobs, rules) = (configuration.scrapeJobs.count, groups.reduce(0) { $0 + $1.rules.count })
            let scraped = "\(jobs) scrape \(jobs == 1 ? "job" : "jobs")"
            summary = ["\(file): valid, \(scraped)" + (rules == 0 ? "" : ", \(rules) \(rules == 1 ? "rule" : "rules")")]
            if let (path, alerting) = alerting {
                warnings += alerting.warnings.map(\.description)
                let (routes, receivers) = (alerting.routing.routes.count, alerting.receivers.count)
                summary.append(
                    "\(path): valid, \(routes) \(routes == 1 ? "route" : "routes"), "
                        + "\(receivers) \(receivers == 1 ? "receiver" : "receivers")")
            }
        } catch {
            errors = error.all.map(\.description)
        }
    }
}
