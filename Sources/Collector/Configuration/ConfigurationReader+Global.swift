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
    var failureLogFile: String?
    var histograms = HistogramScraping()
    var names = NameScraping()
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
            }
            defaults.names = try readNameSchemes(&mapping, inheriting: NameScraping())
            defaults.histograms = try readHistogramSwitches(&mapping, inheriting: HistogramScraping())
            defaults.failureLogFile = try readFailureLog(&mapping)
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
            ("sample_limit", \.samples), ("series_limit", \.series), ("label_limit", \.labels),
            ("label_name_length_limit", \.labelNameBytes),
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
        return protocols
    }

    func scrapeProtocol(in node: ConfigNode) throws(ConfigError) -> ScrapeProtocol {
        let text = try node.string()
        guard let value = ScrapeProtocol(rawValue: text) else {
            throw node.mismatch(expected: "one of \(ScrapeProtocol.allCases.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        return value
    }

    /// Which names are taken, and how targets are asked to write others.
    func readNameSchemes(_ mapping: inout ConfigMapping, inheriting inherited: NameScraping) throws(ConfigError) -> NameScraping {
        var names = inherited
        var isSaid = false
        if try mapping.isGiven("metric_name_validation_scheme") {
            isSaid = true
            names.areClassic = try mapping.required("metric_name_validation_scheme") { (node) throws(ConfigError) in
                try node.word(of: ["utf8": false, "legacy": true])
            }
        }
        if try mapping.isGiven("metric_name_escaping_scheme") {
            names.escaping = try mapping.required("metric_name_escaping_scheme") { (node) throws(ConfigError) in
                try node.word(of: [
                    "allow-utf-8": NameScraping.Escaping.allowUTF8, "underscores": .underscores, "dots": .dots, "values": .values,
                ])
            }
        } else if isSaid {
            names.escaping = names.areClassic ? .underscores : .allowUTF8
        }
        if names.areClassic, names.escaping == .allowUTF8 {
            throw mapping.error(
                atKey: "metric_name_escaping_scheme",
                "metric_name_escaping_scheme: allow-utf-8 asks for names that metric_name_validation_scheme: legacy refuses")
        }
        return names
    }

    /// Switches about native histograms, which come over protobuf only.
    func readHistogramSwitches(
        _ mapping: inout ConfigMapping, inheriting inherited: HistogramScraping
    ) throws(ConfigError) -> HistogramScraping {
        var histograms = inherited
        histograms.takesNative = try mapping.optional("scrape_native_histograms", default: inherited.takesNative)
        histograms.convertsClassic = try mapping.optional("convert_classic_histograms_to_nhcb", default: inherited.convertsClassic)
        histograms.takesClassicToo = try mapping.optional("always_scrape_classic_histograms", default: inherited.takesClassicToo)
        return histograms
    }

    /// The file that failed scrapes are logged to; nil where none is given.
    func readFailureLog(_ mapping: inout ConfigMapping) throws(ConfigError) -> String? {
        guard try mapping.isGiven("scrape_failure_log_file") else { return nil }
        return try mapping.required("scrape_failure_log_file", reading: path(in:))
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
