internal import ConfigFile
internal import LabelMatching
internal import PromQL
internal import QueryModel

extension ConfigurationReader {
    /// Reads `storage`: Perch's own keys beside those of Prometheus.
    func readStorage(_ node: ConfigNode) throws(ConfigError) -> StorageSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = StorageSettings()
            if let retention = try mapping.optional("tsdb", reading: tsdbRetention(in:)) ?? nil { settings.metrics = retention }
            if let node = mapping.node("retention") { try readRetentions(node, into: &settings) }
            settings.journalSync = try mapping.optional("journal_sync", reading: journalSync(in:)) ?? settings.journalSync
            settings.scrub = try mapping.optional("scrub", reading: scrubPace(in:)) ?? settings.scrub
            // Exemplars are kept with their series, so a count of slots for all of them is understood and not needed.
            _ = try mapping.optional("exemplars") { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in try mapping.optional("max_exemplars", as: Int.self) }
            }
            return settings
        }
    }

    private func readRetentions(_ node: ConfigNode, into settings: inout StorageSettings) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            if let node = mapping.node("metrics") { try readMetricRetention(node, into: &settings) }
            for (key, path) in [("logs", \StorageSettings.logs), ("traces", \StorageSettings.traces)] {
                guard let node = mapping.node(key) else { continue }
                var size: Int64?
                try readRetention(node, into: &settings[keyPath: path]) { (mapping) throws(ConfigError) in
                    if key == "traces" {
                        size = try mapping.optional("size", reading: self.size(in:))
                    } else {
                        try refuseIfUsed("size", &mapping)
                    }
                    try refuseIfUsed("rules", &mapping)
                }
                settings[keyPath: path].sizeMaxBytes = size
            }
        }
    }

    /// A retention of metrics: an age, `forever`, a list of rules, or an object with `age`, `size`, `rules` and `rollups`.
    private func readMetricRetention(_ node: ConfigNode, into settings: inout StorageSettings) throws(ConfigError) {
        if node.kind == .list {
            settings.metrics.rules = try node.list(rule(in:))
            return
        }
        var size: Int64?
        var rules: [StorageSettings.Retention.Rule] = []
        var rollups = settings.metricRollups
        try readRetention(node, into: &settings.metrics) { (mapping) throws(ConfigError) in
            size = try mapping.optional("size", reading: size(in:))
            rules = try mapping.optional("rules") { (node) throws(ConfigError) in try node.list(rule(in:)) } ?? []
            if let node = mapping.node("rollups") { rollups = try readRollups(node, rollups) }
        }
        settings.metrics.sizeMaxBytes = size
        settings.metrics.rules = rules
        settings.metricRollups = rollups
    }

    /// `off`, or an object with the age of each kind of rollup, or `off` for it.
    private func readRollups(
        _ node: ConfigNode, _ defaults: [StorageSettings.Rollup]
    ) throws(ConfigError) -> [StorageSettings.Rollup] {
        if node.kind == .scalar, try node.string() == "off" { return [] }
        guard node.kind == .mapping else { throw node.mismatch(expected: "\"off\" or an object such as {5m: 90d, 1h: 2y}") }
        return try node.mapping { (mapping) throws(ConfigError) in
            var rollups: [StorageSettings.Rollup] = []
            for (key, rollup) in zip(["5m", "1h"], defaults) {
                guard let node = mapping.node(key) else {
                    rollups.append(rollup)
                    continue
                }
                if node.kind == .scalar, try node.string() == "off" { continue }
                rollups.append(.init(lengthMilliseconds: rollup.lengthMilliseconds, keepMilliseconds: try age(in: node)))
            }
            return rollups
        }
    }

    /// A retention: an age, `forever`, or an object with `age` and more.
    private func readRetention(
        _ node: ConfigNode, into retention: inout StorageSettings.Retention, more: (inout ConfigMapping) throws(ConfigError) -> Void
    ) throws(ConfigError) {
        guard node.kind == .mapping else {
            retention.ageMilliseconds = try age(in: node)
            return
        }
        retention.ageMilliseconds = try node.mapping { (mapping) throws(ConfigError) in
            try more(&mapping)
            return mapping.contains("age") ? try mapping.required("age", reading: age(in:)) : retention.ageMilliseconds
        }
    }

    private func size(in node: ConfigNode) throws(ConfigError) -> Int64 {
        let size = try node.byteSize()
        if size.bytes < 16 << 20 { throw node.error("the size must be 16MB at least, found \(size)") }
        return size.bytes
    }

    private func rule(in node: ConfigNode) throws(ConfigError) -> StorageSettings.Retention.Rule {
        try node.mapping { (mapping) throws(ConfigError) in
            let selector = try mapping.required("match", reading: selector(in:))
            return StorageSettings.Retention.Rule(selector, keepMilliseconds: try mapping.required("keep", reading: age(in:)))
        }
    }

    private func selector(in node: ConfigNode) throws(ConfigError) -> LabelSelector {
        let text = try node.string()
        let selector: LabelSelector
        do throws(QueryError) { selector = LabelSelector(try PromQLParser().parseSelector(text).matchers) } catch {
            throw node.error("match is no selector: \(error.message)")
        }
        if !selector.isBounded { throw node.error("match must have at least one matcher that does not match the empty value") }
        return selector
    }

    private func age(in node: ConfigNode) throws(ConfigError) -> Int64? {
        if node.kind == .scalar, try node.string() == "forever" { return nil }
        guard node.kind == .scalar, let duration = ConfigDuration(parsing: try node.string()) else {
            throw node.mismatch(expected: "an age such as \"30d\" or \"forever\"")
        }
        if duration.milliseconds < 3_600_000 { throw node.error("data must be kept for an hour at least, found \(duration)") }
        return duration.milliseconds
    }

    private func journalSync(in node: ConfigNode) throws(ConfigError) -> StorageSettings.JournalSync {
        if node.kind == .scalar, try node.string() == "always" { return .always }
        guard node.kind == .scalar, let duration = ConfigDuration(parsing: try node.string()) else {
            throw node.mismatch(expected: "\"always\" or a duration such as \"1s\"")
        }
        if duration.milliseconds == 0 { return .always }
        if duration.milliseconds > 3_600_000 { throw node.error("the journal must be synced once an hour at least, found \(duration)") }
        return .every(milliseconds: duration.milliseconds)
    }

    private func scrubPace(in node: ConfigNode) throws(ConfigError) -> StorageSettings.ScrubPace {
        if node.kind == .scalar {
            switch try node.string() {
            case "off": return .off
            case "weekly": return .weekly
            default: break
            }
        }
        guard node.kind == .scalar, let size = ConfigByteSize(parsing: try node.string()), size.bytes > 0 else {
            throw node.mismatch(expected: "\"weekly\", \"off\" or bytes per second such as \"1MiB\"")
        }
        return .bytesPerSecond(Int(clamping: size.bytes))
    }

    /// Reads `storage.tsdb`.
    ///
    /// - Returns: the retention that it asks for, or nil where it asks for none.
    private func tsdbRetention(in node: ConfigNode) throws(ConfigError) -> StorageSettings.Retention? {
        try node.mapping { (mapping) throws(ConfigError) in
            // Samples of any age within the retention are taken, so a window is always granted.
            _ = try mapping.optional("out_of_order_time_window", as: ConfigDuration.self)
            _ = try mapping.optional("stale_series_compaction_threshold", as: Double.self)
            _ = try mapping.optional("chunk_encoding") { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in
                    try mapping.optional("floats") { (node) throws(ConfigError) in try node.word(of: ["": 0, "xor": 1, "xor2": 2]) }
                }
            }
            return try mapping.optional("retention") { (node) throws(ConfigError) -> StorageSettings.Retention? in
                try node.mapping { (mapping) throws(ConfigError) in
                    try refuseIfUsed("size", &mapping)
                    try refuseIfUsed("percentage", &mapping)
                    return try milliseconds("time", &mapping).map { StorageSettings.Retention(ageMilliseconds: $0) }
                }
            } ?? nil
        }
    }

    /// Reads `limits`.
    func readLimits(_ node: ConfigNode) throws(ConfigError) -> LimitSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var limits = LimitSettings()
            limits.activeSeriesMax = try mapping.optional("max_active_series") { (node) throws(ConfigError) in
                try node.int(in: 1...Int(UInt32.max))
            }
            limits.timeAheadMaxMilliseconds = try mapping.optional("max_time_ahead", as: ConfigDuration.self)?.milliseconds
            return limits
        }
    }
}
