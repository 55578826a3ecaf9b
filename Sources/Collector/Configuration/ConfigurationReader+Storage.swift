internal import ConfigFile

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
            settings.metrics = try mapping.optional("metrics", reading: retention(in:)) ?? settings.metrics
            settings.logs = try mapping.optional("logs", reading: retention(in:)) ?? settings.logs
            settings.traces = try mapping.optional("traces", reading: retention(in:)) ?? settings.traces
        }
    }

    /// A retention: an age, `forever`, or an object with `time`.
    private func retention(in node: ConfigNode) throws(ConfigError) -> StorageSettings.Retention {
        guard node.kind == .mapping else { return StorageSettings.Retention(timeMilliseconds: try age(in: node)) }
        return try node.mapping { (mapping) throws(ConfigError) in
            try refuseIfUsed("size", &mapping)
            try refuseIfUsed("rules", &mapping)
            return StorageSettings.Retention(timeMilliseconds: try mapping.required("time", reading: age(in:)))
        }
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
                    return try milliseconds("time", &mapping).map { StorageSettings.Retention(timeMilliseconds: $0) }
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
