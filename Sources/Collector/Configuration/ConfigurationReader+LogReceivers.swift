internal import ConfigFile
internal import LinearRegex
internal import LogFormats

/// Reads what concerns log entries in `receivers` and `limits`. Keys that Loki has too are called as there.
extension ConfigurationReader {
    /// `receivers.loki`.
    func readLokiReceiver(_ node: ConfigNode, into settings: inout LogReceiverSettings) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            settings.serviceNameLabels =
                try mapping.optional("discover_service_name") { (node) throws(ConfigError) -> [String]? in
                    if node.kind == .list { return try node.list(labelName(in:)) }
                    return try node.bool() ? nil : []
                } ?? nil
            settings.discoversLevels = try mapping.optional("discover_log_levels", default: true)
            settings.levelFields = try mapping.optional("log_level_fields") { (node) throws(ConfigError) in try node.list(labelName(in:)) }
            settings.levelDepthMax = try mapping.optional("log_level_from_json_max_depth") { (node) throws(ConfigError) in
                try node.int(in: 0...64)
            }
        }
    }

    /// `receivers.otlp.logs`.
    func readOTLPLogs(_ node: ConfigNode, into settings: inout LogReceiverSettings) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            if let node = mapping.node("resource_attributes") {
                try node.mapping { (mapping) throws(ConfigError) in
                    settings.ignoresDefaultAttributes = try mapping.optional("ignore_defaults", default: false)
                    settings.resourceRules =
                        try mapping.optional("attributes_config") { (node) throws(ConfigError) in
                            try attributeRules(in: node, mayBeLabels: true)
                        }
                        ?? []
                }
            }
            for (key, path) in [
                ("scope_attributes", \LogReceiverSettings.scopeRules), ("log_attributes", \LogReceiverSettings.recordRules),
            ] {
                settings[keyPath: path] =
                    try mapping.optional(key) { (node) throws(ConfigError) in try attributeRules(in: node, mayBeLabels: false) } ?? []
            }
        }
    }

    private func attributeRules(in node: ConfigNode, mayBeLabels: Bool) throws(ConfigError) -> [LogReceiverSettings.AttributeRule] {
        try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                let action =
                    try mapping.optional("action") { (node) throws(ConfigError) in
                        let action: LogReceiverSettings.AttributeRule.Action = try node.word(of: [
                            "index_label": .indexLabel, "structured_metadata": .structuredMetadata, "drop": .drop,
                        ])
                        if action == .indexLabel, !mayBeLabels { throw node.error("only attributes of resources can be labels") }
                        return action
                    } ?? .structuredMetadata
                let names = try mapping.optional("attributes") { (node) throws(ConfigError) in try node.list(labelName(in:)) } ?? []
                let pattern = try mapping.optional("regex", reading: checkedPattern(in:))
                guard names.isEmpty != (pattern == nil) else { throw element.error("either attributes or regex must be given") }
                return .init(action: action, subject: pattern.map { .pattern($0) } ?? .names(names))
            }
        }
    }

    private func checkedPattern(in node: ConfigNode) throws(ConfigError) -> String {
        let source = try node.string()
        do throws(LinearPatternError) {
            _ = try LinearPattern(source, anchored: true)
            return source
        } catch {
            throw node.error("\(error)")
        }
    }

    /// `receivers.json`.
    func readJSONReceiver(_ node: ConfigNode, into settings: inout LogReceiverSettings) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            for (key, path) in [
                ("time_field", \JSONLineFields.time), ("message_field", \JSONLineFields.message), ("level_field", \JSONLineFields.level),
            ] {
                let names = try mapping.optional(key) { (node) throws(ConfigError) in
                    node.kind == .list ? try node.list(labelName(in:)) : [try labelName(in: node)]
                }
                if let names { settings.jsonFields[keyPath: path] = names }
            }
            if let names = try mapping.optional("stream_fields", reading: { (node) throws(ConfigError) in try node.list(labelName(in:)) }) {
                settings.jsonFields.stream = names
            }
            if let node = mapping.node("labels") {
                let labels = try node.entries { (_, value) throws(ConfigError) in try value.string() }
                settings.jsonFields.labels = labels.map { JSONLineFields.Label(name: $0.key, value: $0.value) }
            }
        }
    }

    private func labelName(in node: ConfigNode) throws(ConfigError) -> String {
        let name = try node.string()
        if name.isEmpty { throw node.error("a name must not be empty") }
        return name
    }

    /// `limits.logs`.
    func readLogLimits(_ node: ConfigNode) throws(ConfigError) -> LogLimitSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var limits = LogLimitSettings()
            limits.lineBytesMax = try mapping.optional("max_line_size") { (node) throws(ConfigError) in try bytes(in: node, 0...(4 << 20)) }
            limits.truncatesLines = try mapping.optional("max_line_size_truncate", default: false)
            limits.labelsPerStreamMax = try limit("max_label_names_per_series", 1...1000, &mapping)
            limits.labelNameBytesMax = try limit("max_label_name_length", 1...(64 << 10), &mapping)
            limits.labelValueBytesMax = try limit("max_label_value_length", 1...(64 << 10), &mapping)
            limits.metadataBytesMax = try mapping.optional("max_structured_metadata_size") { (node) throws(ConfigError) in
                try bytes(in: node, 1...(4 << 20))
            }
            limits.metadataFieldsMax = try limit("max_structured_metadata_entries_count", 1...10_000, &mapping)
            limits.ageMaxMilliseconds = try mapping.optional("reject_old_samples_max_age", as: ConfigDuration.self)?.milliseconds
            limits.activeStreamsMax = try limit("max_active_streams", 1...10_000_000, &mapping)
            limits.bytesPerSecondMax = try megabytes("ingestion_rate_mb", &mapping)
            limits.burstBytesMax = try megabytes("ingestion_burst_size_mb", &mapping)
            limits.deletionCancelMilliseconds =
                try mapping.optional("delete_request_cancel_period", as: ConfigDuration.self)?.milliseconds ?? 0
            return limits
        }
    }

    private func limit(_ key: String, _ range: ClosedRange<Int>, _ mapping: inout ConfigMapping) throws(ConfigError) -> Int? {
        try mapping.optional(key) { (node) throws(ConfigError) in try node.int(in: range) }
    }

    /// Bytes of a number of MiB, which may have a fraction.
    private func megabytes(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> Int? {
        try mapping.optional(key) { (node) throws(ConfigError) in
            let megabytes = try node.double()
            guard megabytes > 0, megabytes <= 1_000_000 else { throw node.error("the number must be above 0 and at most 1000000") }
            return max(1, Int(megabytes * 1_048_576))
        }
    }

    private func bytes(in node: ConfigNode, _ range: ClosedRange<Int>) throws(ConfigError) -> Int {
        let size = try node.byteSize()
        guard let bytes = Int(exactly: size.bytes), range.contains(bytes) else {
            throw node.error("the size must be from \(range.lowerBound) to \(range.upperBound) bytes, found \(size)")
        }
        return bytes
    }
}
