/// Holds series against the metrics of a contract.
public struct MetricCheck: Sendable {
    public struct Options: Sendable, Hashable {
        /// Metrics whose names begin so are not the service's own to declare.
        public var ignoredPrefixes: [String]
        /// Labels that come from scraping, or from whoever runs the service.
        public var ignoredLabels: Set<String>
        /// So many values make an undeclared label one without bound.
        public var valuesMax = 50

        /// What comes with every scrape.
        public static let scraping = ["up", "scrape_", "target_info"]
        /// What the libraries make by themselves.
        public static let libraries = ["process_", "swift_", "perch_", "http_server_", "http_client_", "rpc_", "db_client_"]

        /// - Parameter isStrict: whether what the libraries make by themselves has to be declared, too.
        public init(isStrict: Bool = false, ignoredPrefixes: [String] = [], ignoredLabels: Set<String> = []) {
            self.ignoredPrefixes = Options.scraping + (isStrict ? [] : Options.libraries) + ignoredPrefixes
            self.ignoredLabels = ignoredLabels.union(["job", "instance"])
        }

        func ignores(label: String) -> Bool {
            ignoredLabels.contains(label) || label.hasPrefix("otel_scope_") || label.hasPrefix("exported_")
        }
    }

    private let contract: Contract
    private let options: Options

    public init(_ contract: Contract, options: Options = Options()) {
        self.contract = contract
        self.options = options
    }

    /// What differs: metric by metric in the order of the contract, then what is not declared.
    public func findings(_ arrived: ArrivedMetrics) -> [ContractFinding] {
        var all = contract.metrics.flatMap { findings($0, arrived) }
        for name in undeclared(arrived) { all.append(.init(.undeclaredMetric, name, "arrives, and is not declared")) }
        return all
    }

    private func findings(_ metric: Contract.Metric, _ arrived: ArrivedMetrics) -> [ContractFinding] {
        let samples = metric.sampleNames.compactMap { name in arrived.metrics[name].map { (name, $0) } }
        if samples.isEmpty {
            // A metric with an open label has no series before something is counted.
            return metric.isClosed ? [.init(.missingMetric, metric.name, "is declared, and did not arrive")] : []
        }
        var findings = description(metric, arrived)
        // All samples of a series have the same labels, but for those of buckets and quantiles.
        let labels = samples.last.map { $0.1 } ?? ArrivedMetrics.Metric()
        findings += buckets(metric, arrived)
        for label in metric.labels { findings += self.findings(label, metric, labels) }
        let declared = Set(metric.labels.map(\.name) + ["le", "quantile"])
        for (name, values) in labels.labels.sorted(by: { $0.key < $1.key }) where !declared.contains(name) && !options.ignores(label: name)
        {
            findings.append(undeclared(name, values, metric))
        }
        return findings
    }

    private func description(_ metric: Contract.Metric, _ arrived: ArrivedMetrics) -> [ContractFinding] {
        let known = (arrived.descriptions[metric.name] ?? []) + (metric.base == metric.name ? [] : arrived.descriptions[metric.base] ?? [])
        guard !known.isEmpty else { return [] }
        var findings: [ContractFinding] = []
        // Another service may have a metric of the same name, so one that agrees is enough.
        let types = Set(known.map(\.type)).subtracting(["unknown", ""])
        if !types.isEmpty && !types.contains(metric.type.rawValue) {
            findings.append(
                .init(.wrongType, metric.name, "is declared as \(metric.type.rawValue), and is \(types.sorted().joined(separator: ", "))"))
        }
        let helps = Set(known.map(\.help)).subtracting([""])
        if !helps.isEmpty && !helps.contains(metric.help) {
            findings.append(.init(.wrongHelp, metric.name, "is declared with the help “\(metric.help)”, and has \(shown(helps))"))
        }
        let units = Set(known.map { MetricCheck.unit($0.unit) }).subtracting([""])
        if !units.isEmpty && !units.contains(metric.unit) {
            findings.append(.init(.wrongUnit, metric.name, "is declared with the unit “\(metric.unit)”, and has \(shown(units))"))
        }
        return findings
    }

    /// Units as words, also where they come as UCUM writes them.
    private static func unit(_ unit: String) -> String {
        ["s": "seconds", "ms": "milliseconds", "By": "bytes", "1": "ratio", "Cel": "celsius"][unit] ?? unit
    }

    private func buckets(_ metric: Contract.Metric, _ arrived: ArrivedMetrics) -> [ContractFinding] {
        guard let bounds = metric.bounds, let values = arrived.metrics[metric.name + "_bucket"]?.labels["le"] else { return [] }
        let found = Set(values.all.compactMap { Double($0) }.filter { $0.isFinite })
        if found == Set(bounds) { return [] }
        let (missing, further) = (Set(bounds).subtracting(found), found.subtracting(bounds))
        var parts: [String] = []
        if !missing.isEmpty { parts.append("lacks the buckets \(shown(missing.map { "\($0)" }))") }
        if !further.isEmpty { parts.append("has the buckets \(shown(further.map { "\($0)" })), which are not declared") }
        return [.init(.wrongBuckets, metric.name, parts.joined(separator: " and "))]
    }

    private func findings(_ label: Contract.Label, _ metric: Contract.Metric, _ arrived: ArrivedMetrics.Metric) -> [ContractFinding] {
        guard let values = arrived.labels[label.name] else {
            return [.init(.missingLabel, metric.name, label: label.name, "is declared, and no series has it")]
        }
        var findings: [ContractFinding] = []
        if values.seriesCount < arrived.seriesCount {
            let count = arrived.seriesCount - values.seriesCount
            findings.append(.init(.missingLabel, metric.name, label: label.name, "is missing in \(count) of \(arrived.seriesCount) series"))
        }
        if let declared = label.values {
            let further = values.all.subtracting(declared)
            if !further.isEmpty {
                let kind: ContractFinding.Kind = further.count > options.valuesMax || values.isGrowing ? .unboundedLabel : .undeclaredValue
                findings.append(.init(kind, metric.name, label: label.name, "has values that are not declared: \(shown(further))"))
            }
            let missing = Set(declared).subtracting(values.all)
            if metric.isClosed && !missing.isEmpty {
                findings.append(.init(.missingValue, metric.name, label: label.name, "has no series with \(shown(missing))"))
            }
        }
        if let valuesMax = label.valuesMax {
            let count = values.all.subtracting([Contract.otherValue]).count
            if count > valuesMax {
                findings.append(
                    .init(.unboundedLabel, metric.name, label: label.name, "has \(count) values, more than the \(valuesMax) declared"))
            }
            if values.all.contains(Contract.otherValue) {
                findings.append(
                    .init(
                        .limitReached, metric.name, label: label.name,
                        "has more than \(valuesMax) values; some are counted as \(Contract.otherValue)"))
            }
        }
        return findings
    }

    private func undeclared(_ name: String, _ values: ArrivedMetrics.Values, _ metric: Contract.Metric) -> ContractFinding {
        if name == Contract.overflowLabel {
            return .init(
                .limitReached, metric.name, label: name, "the metric has more series than it may; what is beyond is counted in one")
        }
        if values.all.count > options.valuesMax || values.isGrowing {
            let growth = values.isGrowing ? ", and ever more of them" : ""
            return .init(
                .unboundedLabel, metric.name, label: name,
                "is not declared, and has \(values.all.count) values\(growth): \(shown(values.all))")
        }
        return .init(.undeclaredLabel, metric.name, label: name, "is not declared; it has the values \(shown(values.all))")
    }

    /// Names of families that arrived and are not declared.
    private func undeclared(_ arrived: ArrivedMetrics) -> [String] {
        let declared = Set(contract.metrics.flatMap { $0.sampleNames + [$0.base + "_created"] })
        var families: Set<String> = []
        for name in arrived.metrics.keys where !declared.contains(name) {
            let family = MetricCheck.family(of: name, arrived)
            if !declared.contains(family)
                && !options.ignoredPrefixes.contains(where: { family == $0 || $0.last == "_" && family.hasPrefix($0) })
            {
                families.insert(family)
            }
        }
        return families.sorted()
    }

    /// The histogram or summary that a sample belongs to, as far as names tell.
    private static func family(of name: String, _ arrived: ArrivedMetrics) -> String {
        for suffix in ["_bucket", "_sum", "_count", "_created"] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.count))
            if suffix == "_bucket"
                || ["_bucket", "_sum", "_count", "_total", ""].contains(where: { $0 != suffix && arrived.metrics[base + $0] != nil })
            {
                return suffix == "_created" && arrived.metrics[base + "_total"] != nil ? base + "_total" : base
            }
        }
        return name
    }
}
