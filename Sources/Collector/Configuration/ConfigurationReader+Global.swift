internal import ConfigFile
internal import Scraping
internal import TelemetryModel

/// What `global` says about scraping; jobs that do not say it themselves take it from here.
struct ScrapeDefaults {
    var intervalMilliseconds: Int64 = 60_000
    var timeoutMilliseconds: Int64 = 10_000
    var limits = ScrapeLimits()
    /// Nil where `global` names none.
    var protocols: [ScrapeProtocol]?
    var writesExtraScrapeMetrics = false
}

extension ConfigurationReader {
    /// Reads `global`.
    ///
    /// - Returns: what it says about scraping.
    func readGlobal(_ node: ConfigNode?, into settings: inout GlobalSettings) throws(ConfigError) -> ScrapeDefaults {
        guard let node else { return ScrapeDefaults() }
        return try node.mapping { (mapping) throws(ConfigError) in
            var defaults = ScrapeDefaults()
            if let interval = try milliseconds("scrape_interval", &mapping) { defaults.intervalMilliseconds = interval }
            let timeout = try milliseconds("scrape_timeout", &mapping)
            if let timeout, timeout > defaults.intervalMilliseconds {
                throw timeoutError(mapping, timeout: timeout, interval: defaults.intervalMilliseconds)
            }
            defaults.timeoutMilliseconds = timeout ?? min(defaults.timeoutMilliseconds, defaults.intervalMilliseconds)
            defaults.limits = try readLimits(&mapping, inheriting: ScrapeLimits())
            defaults.protocols = try readProtocols(&mapping)
            defaults.writesExtraScrapeMetrics = try mapping.optional("extra_scrape_metrics", default: false)
            if let interval = try milliseconds("evaluation_interval", &mapping) { settings.evaluationIntervalMilliseconds = interval }
            settings.ruleQueryOffsetMilliseconds = try milliseconds("rule_query_offset", &mapping) ?? 0
            settings.externalLabels = try mapping.optional("external_labels", reading: externalLabels(in:)) ?? LabelSet()
            if try mapping.isGiven("query_log_file") {
                settings.queryLogFile = try mapping.required("query_log_file", reading: path(in:))
                warnInactive("query_log_file", mapping)
            }
            try readNameSchemes(&mapping)
            try readHistogramSwitches(&mapping)
            try readFailureLog(&mapping)
            return defaults
        }
    }

    func timeoutError(_ mapping: ConfigMapping, timeout: Int64, interval: Int64) -> ConfigError {
        let (timeout, interval) = (ConfigDuration(milliseconds: timeout), ConfigDuration(milliseconds: interval))
        return mapping.error(atKey: "scrape_timeout", "the scrape timeout (\(timeout)) is longer than the scrape interval (\(interval))")
    }

    /// The limits of a job or of `global`; those that are not given or 0 are inherited.
    func readLimits(_ mapping: inout ConfigMapping, inheriting inherited: ScrapeLimits) throws(ConfigError) -> ScrapeLimits {
        var limits = inherited
        if let size = try mapping.optional("body_size_limit", as: ConfigByteSize.self), size.bytes > 0 {
            limits.bodyBytes = Int(size.bytes)
        }
        let counts: [(String, WritableKeyPath<ScrapeLimits, Int>)] = [
            ("sample_limit", \.samples), ("label_limit", \.labels), ("label_name_length_limit", \.labelNameBytes),
            ("label_value_length_limit", \.labelValueBytes), ("target_limit", \.targets), ("keep_dropped_targets", \.keptDroppedTargets),
        ]
        for (key, place) in counts {
            if let value = try count(key, &mapping), value > 0 { limits[keyPath: place] = value }
        }
        return limits
    }

    /// The list of formats to ask for, without those that cannot be read yet; nil where none is given.
    func readProtocols(_ mapping: inout ConfigMapping) throws(ConfigError) -> [ScrapeProtocol]? {
        guard let node = mapping.node("scrape_protocols") else { return nil }
        var protocols: [ScrapeProtocol] = []
        for (element, name) in try node.list({ (element) throws(ConfigError) in (element, try scrapeProtocol(in: element)) }) {
            if protocols.contains(name) { throw element.error("\(name.rawValue) stands twice in scrape_protocols") }
            protocols.append(name)
        }
        if protocols.isEmpty { throw node.error("scrape_protocols must name at least one protocol") }
        if protocols.contains(.prometheusProtobuf) {
            if protocols.count == 1 { throw node.error("PrometheusProto is not supported yet; add a text format") }
            notes.warn(node.error("PrometheusProto is not supported yet; targets are asked for the other formats"))
            protocols.removeAll { $0 == .prometheusProtobuf }
        }
        return protocols
    }

    func scrapeProtocol(in node: ConfigNode) throws(ConfigError) -> ScrapeProtocol {
        let text = try node.string()
        guard let value = ScrapeProtocol(rawValue: text) else {
            throw node.mismatch(expected: "one of \(ScrapeProtocol.allCases.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        return value
    }

    /// Which names are valid, and how names are escaped: all of UTF-8, as it comes.
    func readNameSchemes(_ mapping: inout ConfigMapping) throws(ConfigError) {
        let validation = try mapping.optional("metric_name_validation_scheme") { (node) throws(ConfigError) in
            try node.word(of: ["": "", "utf8": "utf8", "legacy": "legacy"])
        }
        if validation == "legacy" {
            throw mapping.error(atKey: "metric_name_validation_scheme", "metric_name_validation_scheme: legacy is not supported yet")
        }
        let escaping = try mapping.optional("metric_name_escaping_scheme") { (node) throws(ConfigError) in
            try node.word(of: ["": "", "allow-utf-8": "", "underscores": "underscores", "dots": "dots", "values": "values"])
        }
        if let escaping, !escaping.isEmpty {
            throw mapping.error(atKey: "metric_name_escaping_scheme", "metric_name_escaping_scheme: \(escaping) is not supported yet")
        }
    }

    /// Switches about native histograms. They come over protobuf, which cannot be read yet, so turning one on is refused.
    func readHistogramSwitches(_ mapping: inout ConfigMapping) throws(ConfigError) {
        for key in ["scrape_native_histograms", "convert_classic_histograms_to_nhcb", "always_scrape_classic_histograms"]
        where try mapping.optional(key, default: false) {
            // Classic histograms are always scraped, so this one asks for nothing new.
            if key == "always_scrape_classic_histograms" { continue }
            throw mapping.error(atKey: key, "\(key) is not supported yet")
        }
    }

    func readFailureLog(_ mapping: inout ConfigMapping) throws(ConfigError) {
        guard try mapping.isGiven("scrape_failure_log_file") else { return }
        _ = try mapping.required("scrape_failure_log_file", reading: path(in:))
        warnInactive("scrape_failure_log_file", mapping)
    }

    /// Labels whose values may refer to environment variables as `$NAME` or `${NAME}`; `$$` stands for `$`.
    private func externalLabels(in node: ConfigNode) throws(ConfigError) -> LabelSet {
        let pairs = try node.entries { (name, value) throws(ConfigError) in
            if name.isEmpty { throw value.error("a label needs a name") }
            return value.kind == .nothing ? "" : expandingVariables(try value.string(), at: value)
        }
        return LabelSet(pairs.lazy.map { ($0.key, $0.value) })
    }

    private func expandingVariables(_ text: String, at node: ConfigNode) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("$") {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            let name: Substring
            if rest.hasPrefix("{"), let close = rest.firstIndex(of: "}") {
                name = rest[rest.index(after: rest.startIndex)..<close]
                rest = rest[rest.index(after: close)...]
            } else {
                name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest = rest.dropFirst(name.count)
            }
            guard !name.isEmpty else {
                result += "$"
                continue
            }
            if environment[String(name)] == nil { notes.warn(node.error("the environment variable \(name) is not set")) }
            result += environment[String(name)] ?? ""
        }
        return result + rest
    }
}
