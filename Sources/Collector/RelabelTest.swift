internal import ConfigFile
internal import ExpositionFormat
internal import Relabeling
internal import Scraping
internal import TargetDiscovery
internal import TelemetryModel

/// What `perch config relabel-test` shows: what becomes of a target or a sample, rule by rule.
public struct RelabelTest: Sendable {
    /// For standard output.
    public private(set) var lines: [String] = []
    /// Whether a rule drops it, or no target can be made of it.
    public private(set) var isDropped = false

    /// What cannot be tested.
    public struct Fault: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Follows a target through `relabel_configs` of a job.
    ///
    /// - Parameters:
    ///   - file: the configuration file.
    ///   - job: the job's name; empty where the file has one job only.
    ///   - labels: what discovery would say of it, `__address__` among them, as `{a="b", …}` or `HOST:PORT`.
    public static func target(_ labels: String, job: String, file: String) throws(Fault) -> RelabelTest {
        let configuration = try self.job(job, in: file)
        let given = labels.hasPrefix("{") ? try read(labels, needsName: false) : ["__address__": labels]
        let rules = configuration.targetRules
        let resolution = rules.resolve(given, groupLabels: LabelSet())
        var test = RelabelTest()
        switch resolution {
        case .active(let target):
            test.follow(target.discoveredLabels, rules.relabeling)
            test.lines.append("scraped at \(target.endpoint.url), with the labels \(target.labels)")
        case .dropped(let discovered): test.follow(discovered, rules.relabeling)
        case .invalid(let discovered, let reason):
            test.follow(discovered, rules.relabeling)
            test.lines.append("no target can be made of it: \(reason)")
            test.isDropped = true
        }
        return test
    }

    /// Follows a sample through `metric_relabel_configs` of a job.
    ///
    /// - Parameter series: as a page shows it: `name{a="b"}`, with the labels of its target.
    public static func sample(_ series: String, job: String, file: String) throws(Fault) -> RelabelTest {
        let configuration = try self.job(job, in: file)
        var test = RelabelTest()
        if let result = test.follow(try read(series, needsName: true), configuration.job.metricRelabelRules) {
            test.lines.append(result.metricName == nil ? "without a metric name it makes the scrape fail" : "kept as \(result)")
            test.isDropped = result.metricName == nil
        }
        return test
    }

    @discardableResult
    private mutating func follow(_ start: LabelSet, _ rules: RelabelRules) -> LabelSet? {
        lines.append("labels before:")
        for label in start { lines.append("    \(label.name)=\(quoted(label.value))") }
        if rules.isEmpty { lines.append("there are no rules") }
        var labels = start
        for (index, rule) in rules.rules.enumerated() {
            lines.append("rule \(index + 1): \(rule.summary)")
            // Each was compiled when the file was read.
            guard let single = try? RelabelRules([rule]) else { preconditionFailure("BUG: a rule that was checked does not compile") }
            if !rule.sourceLabels.isEmpty {
                let text = rule.sourceLabels.map { labels[$0] ?? "" }.joined(separator: rule.separator)
                lines.append("    looks at \(quoted(text))")
            }
            guard let after = single.apply(to: labels) else {
                lines.append("    drops it")
                isDropped = true
                return nil
            }
            let changes = RelabelTest.changes(from: labels, to: after)
            lines += changes.isEmpty ? ["    changes nothing"] : changes
            labels = after
        }
        return labels
    }

    private static func changes(from before: LabelSet, to after: LabelSet) -> [String] {
        var changes: [String] = []
        for label in before where after[label.name] == nil { changes.append("    - \(label.name)=\(quoted(label.value))") }
        for label in after {
            switch before[label.name] {
            case label.value: continue
            case nil: changes.append("    + \(label.name)=\(quoted(label.value))")
            case let old?: changes.append("    ~ \(label.name)=\(quoted(label.value)), was \(quoted(old))")
            }
        }
        return changes
    }

    private static func job(_ name: String, in file: String) throws(Fault) -> ScrapeJobConfiguration {
        let configuration: CollectorConfiguration
        do throws(ConfigError) {
            configuration = try CollectorConfiguration.load(path: file)
        } catch {
            throw Fault(description: error.all.map(\.description).joined(separator: "\n"))
        }
        let jobs = configuration.scrapeJobs
        if name.isEmpty {
            guard let job = jobs.first, jobs.count == 1 else {
                throw Fault(
                    description: "\(file) has \(jobs.count) jobs; say which by --job: \(jobs.map(\.job.name).joined(separator: ", "))")
            }
            return job
        }
        guard let job = jobs.first(where: { $0.job.name == name }) else {
            throw Fault(description: "\(file) has no job \"\(name)\", but \(jobs.map(\.job.name).joined(separator: ", "))")
        }
        return job
    }

    private static func read(_ text: String, needsName: Bool) throws(Fault) -> LabelSet {
        // A series text needs a name; one is lent to labels that have none.
        let bytes = Array((needsName ? text : "x" + text).utf8)
        var decoder = SeriesTextDecoder()
        var packed: [UInt8] = []
        do throws(ExpositionError) {
            try decoder.decode(bytes, 0..<bytes.count, into: &packed)
        } catch {
            throw Fault(description: "\(quoted(text)) cannot be read: \(error)")
        }
        let labels = LabelSet(canonical: packed)
        return needsName ? labels : labels.removingMetricName()
    }
}

extension RelabelRule {
    /// The rule in one line, with what differs from the defaults.
    fileprivate var summary: String {
        var parts = [action.rawValue]
        if !sourceLabels.isEmpty { parts.append("source_labels: [\(sourceLabels.joined(separator: ", "))]") }
        if separator != RelabelRule.defaultSeparator { parts.append("separator: \(quoted(separator))") }
        if regex != RelabelRule.defaultRegex { parts.append("regex: \(quoted(regex))") }
        if modulus != 0 { parts.append("modulus: \(modulus)") }
        if !targetLabel.isEmpty { parts.append("target_label: \(targetLabel)") }
        if replacement != RelabelRule.defaultReplacement { parts.append("replacement: \(quoted(replacement))") }
        return parts.joined(separator: "  ")
    }
}
