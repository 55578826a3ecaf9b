internal import ConfigFile
internal import Ingestion
internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TraceQL

extension ConfigurationReader {
    /// Reads `storage`: Perch's own keys beside those of Prometheus.
    func readStorage(_ node: ConfigNode) throws(ConfigError) -> StorageSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = StorageSettings()
            if let retention = try mapping.optional("tsdb", reading: tsdbRetention(in:)) ?? nil { settings.metrics = retention }
            if let node = mapping.node("retention") { try readRetentions(node, into: &settings) }
            settings.journalSync = try mapping.optional("journal_sync", reading: journalSync(in:)) ?? settings.journalSync
            settings.scrub = try mapping.optional("scrub", reading: scrubPace(in:)) ?? settings.scrub
            settings.remoteWriteQueueBytesMax =
                try mapping.optional("remote_write_queue_size", reading: size(in:)) ?? settings.remoteWriteQueueBytesMax
            // Exemplars are kept with their series, so a count of slots for all of them is understood and not needed.
            _ = try mapping.optional("exemplars") { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in try mapping.optional("max_exemplars", as: Int.self) }
            }
            return settings
        }
    }

    private func readRetentions(_ node: ConfigNode, into settings: inout StorageSettings) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            if let node = mapping.node("metrics") {
                try readRetention(node, into: &settings.metrics, selector(in:)) { (mapping) throws(ConfigError) in
                    if let node = mapping.node("rollups") { settings.metricRollups = try readRollups(node, settings.metricRollups) }
                }
            }
            if let node = mapping.node("traces") { try readRetention(node, into: &settings.traces, condition(in:)) }
            if let node = mapping.node("logs") { try readRetention(node, into: &settings.logs, selector(in:)) }
            if mapping.contains("alerts") { settings.alertsMilliseconds = try mapping.required("alerts", reading: age(in:)) }
        }
    }

    /// A retention: an age, `forever`, a list of rules, or an object with `age`, `size`, `rules` and more.
    private func readRetention<Selector>(
        _ node: ConfigNode, into retention: inout StorageSettings.Retention<Selector>,
        _ selector: (ConfigNode) throws(ConfigError) -> Selector,
        more: (inout ConfigMapping) throws(ConfigError) -> Void = { (_: inout ConfigMapping) throws(ConfigError) in }
    ) throws(ConfigError) {
        func rules(in node: ConfigNode) throws(ConfigError) -> [StorageSettings.RetentionRule<Selector>] {
            try node.list { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in
                    let selector = try mapping.required("match", reading: selector)
                    return StorageSettings.RetentionRule(selector, keepMilliseconds: try mapping.required("keep", reading: age(in:)))
                }
            }
        }
        switch node.kind {
        case .list: retention.rules = try rules(in: node)
        case .mapping:
            try node.mapping { (mapping) throws(ConfigError) in
                retention.sizeMaxBytes = try mapping.optional("size", reading: size(in:))
                retention.diskShareMax = nil
                retention.rules = try mapping.optional("rules", reading: rules(in:)) ?? []
                try more(&mapping)
                if mapping.contains("age") { retention.ageMilliseconds = try mapping.required("age", reading: age(in:)) }
            }
        default: retention.ageMilliseconds = try age(in: node)
        }
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

    private func size(in node: ConfigNode) throws(ConfigError) -> Int64 {
        let size = try node.byteSize()
        if size.bytes < 16 << 20 { throw node.error("the size must be 16MB at least, found \(size)") }
        return size.bytes
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

    private func condition(in node: ConfigNode) throws(ConfigError) -> ResourceCondition {
        let text = try node.string()
        do throws(QueryError) { return try ResourceCondition(parsing: text) } catch {
            throw node.error("match is no condition on a resource: \(error.message)")
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
    private func tsdbRetention(in node: ConfigNode) throws(ConfigError) -> StorageSettings.Retention<LabelSelector>? {
        try node.mapping { (mapping) throws(ConfigError) in
            // Samples of any age within the retention are taken, so a window is always granted.
            _ = try mapping.optional("out_of_order_time_window", as: ConfigDuration.self)
            _ = try mapping.optional("stale_series_compaction_threshold", as: Double.self)
            _ = try mapping.optional("chunk_encoding") { (node) throws(ConfigError) in
                try node.mapping { (mapping) throws(ConfigError) in
                    try mapping.optional("floats") { (node) throws(ConfigError) in try node.word(of: ["": 0, "xor": 1, "xor2": 2]) }
                }
            }
            return try mapping.optional("retention") { (node) throws(ConfigError) -> StorageSettings.Retention<LabelSelector>? in
                try node.mapping { (mapping) throws(ConfigError) in
                    var retention = StorageSettings.Retention<LabelSelector>(ageMilliseconds: try milliseconds("time", &mapping))
                    if let size = try mapping.optional("size", as: ConfigByteSize.self), size.bytes > 0 {
                        retention.sizeMaxBytes = size.bytes
                    }
                    let percentage = try mapping.optional("percentage") { (node) throws(ConfigError) in
                        let percentage = try node.double()
                        guard (0...100).contains(percentage) else { throw node.mismatch(expected: "a number from 0 to 100") }
                        return percentage
                    }
                    if let percentage, percentage > 0 { retention.diskShareMax = percentage / 100 }
                    // As in Prometheus, a limit on the size alone leaves the age open, and no limit asks for nothing.
                    let asksForNothing =
                        retention.ageMilliseconds == nil && retention.sizeMaxBytes == nil && retention.diskShareMax == nil
                    return asksForNothing ? nil : retention
                }
            } ?? nil
        }
    }

    /// Reads `limits.clients`.
    private func readClientRates(_ node: ConfigNode) throws(ConfigError) -> ClientRates {
        try node.mapping { (mapping) throws(ConfigError) in
            var rates = ClientRates()
            func rate(_ key: String) throws(ConfigError) -> Double? {
                try mapping.optional(key) { (node) throws(ConfigError) in
                    let value = try Double(config: node)
                    guard value > 0, value.isFinite else { throw node.mismatch(expected: "a number above 0") }
                    return value
                }
            }
            rates.requests = try rate("requests_per_second")
            rates.items = try rate("items_per_second")
            rates.bytes = try mapping.optional("bytes_per_second") { (node) throws(ConfigError) in
                let size = try node.byteSize()
                if size.bytes <= 0 { throw node.mismatch(expected: "a size above 0") }
                return Double(size.bytes)
            }
            if let burst = try milliseconds("burst", &mapping) {
                guard burst > 0 else { throw mapping.error(atKey: "burst", "the burst must be above 0") }
                rates.burstSeconds = Double(burst) / 1000
            }
            return rates
        }
    }

    /// Reads `limits`.
    func readLimits(_ node: ConfigNode) throws(ConfigError) -> LimitSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var limits = LimitSettings()
            limits.activeSeriesMax = try mapping.optional("max_active_series") { (node) throws(ConfigError) in
                try node.int(in: 1...Int(UInt32.max))
            }
            limits.activeLabelBytesMax = try mapping.optional("max_active_label_bytes") { (node) throws(ConfigError) in
                let size = try node.byteSize()
                guard (1 << 20...1 << 36).contains(size.bytes) else {
                    throw node.error("max_active_label_bytes must lie between 1MB and 64GB, found \(size)")
                }
                return Int(size.bytes)
            }
            func number(_ key: String, _ range: ClosedRange<Int>) throws(ConfigError) -> Int? {
                try mapping.optional(key) { (node) throws(ConfigError) in try node.int(in: range) }
            }
            limits.labelsPerSeriesMax = try number("max_labels_per_series", 1...10_000)
            limits.labelNameBytesMax = try number("max_label_name_length", 1...1 << 20)
            limits.labelValueBytesMax = try number("max_label_value_length", 1...1 << 20)
            limits.timeAheadMaxMilliseconds = try mapping.optional("max_time_ahead", as: ConfigDuration.self)?.milliseconds
            if let node = mapping.node("clients") { limits.clients = try readClientRates(node) }
            if let node = mapping.node("logs") { limits.logs = try readLogLimits(node) }
            return limits
        }
    }
}
