internal import ConfigFile
public import Relabeling
public import TelemetryModel

/// What a scrape job adds to every target before relabelling, and the relabelling itself.
public struct TargetRules: Sendable, Hashable {
    public var jobName: String
    public var scheme: String
    public var metricsPath: String
    public var intervalMilliseconds: Int64
    public var timeoutMilliseconds: Int64
    public var parameters: [TargetEndpoint.Parameter]
    public var relabeling: RelabelRules

    public init(
        jobName: String, scheme: String = "http", metricsPath: String = "/metrics", intervalMilliseconds: Int64 = 60_000,
        timeoutMilliseconds: Int64 = 10_000, parameters: [TargetEndpoint.Parameter] = [], relabeling: RelabelRules = RelabelRules()
    ) {
        self.jobName = jobName
        self.scheme = scheme
        self.metricsPath = metricsPath
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.parameters = parameters
        self.relabeling = relabeling
    }
}

/// What becomes of one discovered target.
public enum TargetResolution: Sendable, Hashable {
    /// It is scraped.
    case active(ResolvedTarget)
    /// A relabelling rule drops it.
    case dropped(discoveredLabels: LabelSet)
    /// Its labels make no target; the reason is one line for a person.
    case invalid(discoveredLabels: LabelSet, reason: String)
}

extension TargetRules {
    /// What becomes of every target of some groups, in order. Of targets with the same identity only the first is active and
    /// the others are left out.
    public func resolve(_ groups: [TargetGroup]) -> [TargetResolution] {
        var seen: Set<ResolvedTarget.Identity> = []
        var resolutions: [TargetResolution] = []
        for group in groups {
            for target in group.targets {
                let resolution = resolve(target, groupLabels: group.labels)
                if case .active(let resolved) = resolution, !seen.insert(resolved.identity).inserted { continue }
                resolutions.append(resolution)
            }
        }
        return resolutions
    }

    /// What becomes of one target, by the steps of Prometheus: the target's labels, then the group's, then the job's defaults
    /// (the earlier wins); relabelling; checks; `instance` where no rule has set it.
    public func resolve(_ target: LabelSet, groupLabels: LabelSet) -> TargetResolution {
        var builder = LabelSetBuilder(target)
        for label in groupLabels where builder[label.name].isEmpty { builder.set(label.name, label.value) }
        for (name, value) in defaults where builder[name].isEmpty { builder.set(name, value) }
        for parameter in parameters {
            if let first = parameter.values.first { builder.set(TargetLabelName.parameterPrefix + parameter.name, first) }
        }
        let discovered = builder.build()
        guard relabeling.apply(to: &builder) else { return .dropped(discoveredLabels: discovered) }
        do throws(TargetFault) {
            return .active(try finish(&builder, discovered: discovered))
        } catch {
            return .invalid(discoveredLabels: discovered, reason: error.reason)
        }
    }

    private var defaults: [(String, String)] {
        [
            (LabelName.job, jobName),
            (TargetLabelName.scrapeInterval, ConfigDuration(milliseconds: intervalMilliseconds).description),
            (TargetLabelName.scrapeTimeout, ConfigDuration(milliseconds: timeoutMilliseconds).description),
            (TargetLabelName.metricsPath, metricsPath),
            (TargetLabelName.scheme, scheme),
        ]
    }

    private func finish(_ builder: inout LabelSetBuilder, discovered: LabelSet) throws(TargetFault) -> ResolvedTarget {
        let address = builder[TargetLabelName.address]
        if address.isEmpty { throw TargetFault(reason: "no address") }
        // White space and control characters would end up in the request.
        if address.contains("/") || address.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) {
            throw TargetFault(reason: "\(quoted(address)) is not a valid address: HOST:PORT is expected")
        }
        let scheme = builder[TargetLabelName.scheme]
        if scheme != "http" && scheme != "https" {
            throw TargetFault(reason: "\(quoted(scheme)) is not a scheme that can be scraped: http or https is expected")
        }
        let interval = try duration("scrape interval", builder[TargetLabelName.scrapeInterval])
        let timeout = try duration("scrape timeout", builder[TargetLabelName.scrapeTimeout])
        if timeout > interval {
            throw TargetFault(reason: "the scrape timeout (\(timeout)) is longer than the scrape interval (\(interval))")
        }
        let endpoint = TargetEndpoint(
            scheme: scheme, address: address, path: builder[TargetLabelName.metricsPath], parameters: effectiveParameters(builder)
        )
        if builder[LabelName.instance].isEmpty { builder.set(LabelName.instance, address) }
        builder.removeAll { $0.name.hasPrefix(TargetLabelName.internalPrefix) }
        return ResolvedTarget(
            discoveredLabels: discovered, labels: builder.build(), endpoint: endpoint,
            intervalMilliseconds: interval.milliseconds, timeoutMilliseconds: timeout.milliseconds
        )
    }

    private func duration(_ name: String, _ text: String) throws(TargetFault) -> ConfigDuration {
        guard let duration = ConfigDuration(parsing: text) else { throw TargetFault(reason: "\(name): \(quoted(text)) is not a duration") }
        if duration.milliseconds == 0 { throw TargetFault(reason: "\(name) cannot be 0") }
        return duration
    }

    /// The configured parameters, with the first value of each replaced by its `__param_` label.
    private func effectiveParameters(_ builder: LabelSetBuilder) -> [TargetEndpoint.Parameter] {
        var effective = parameters
        for label in builder.current where label.name.hasPrefix(TargetLabelName.parameterPrefix) {
            let name = String(label.name.dropFirst(TargetLabelName.parameterPrefix.count))
            if let index = effective.firstIndex(where: { $0.name == name }) {
                if effective[index].values.isEmpty {
                    effective[index].values = [label.value]
                } else {
                    effective[index].values[0] = label.value
                }
            } else {
                effective.append(TargetEndpoint.Parameter(name: name, values: [label.value]))
            }
        }
        return effective
    }
}

/// Why labels make no target.
private struct TargetFault: Error {
    let reason: String
}
