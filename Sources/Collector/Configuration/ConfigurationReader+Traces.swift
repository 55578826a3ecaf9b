internal import ConfigFile
internal import LinearRegex
internal import SpanMetrics
internal import TelemetryModel

/// Reads `traces`. Keys that Tempo's metrics generator has too are called as there.
extension ConfigurationReader {
    func readTraces(_ node: ConfigNode) throws(ConfigError) -> TraceSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = TraceSettings()
            if let node = mapping.node("metrics") { settings.metrics = try readGeneration(node) }
            if let node = mapping.node("span_metrics") { settings.spanMetrics = try readSpanMetrics(node) }
            if let node = mapping.node("service_graphs") { settings.serviceGraphs = try readServiceGraphs(node) }
            if let node = mapping.node("sampling") { settings.sampling = try readSampling(node) }
            return settings
        }
    }

    private func readGeneration(_ node: ConfigNode) throws(ConfigError) -> MetricGenerationOptions {
        try node.mapping { (mapping) throws(ConfigError) in
            var options = MetricGenerationOptions()
            try read("collection_interval", 1000...300_000, into: &options.intervalMilliseconds, &mapping)
            try read("stale_duration", 60_000...86_400_000, into: &options.staleMilliseconds, &mapping)
            try read("ingestion_time_range_slack", 0...43_200_000, into: &options.slackMilliseconds, &mapping)
            options.activeSeriesMax =
                try mapping.optional("max_active_series") { (node) throws(ConfigError) in try node.int(in: 1...100_000_000) }
                ?? options.activeSeriesMax
            options.histograms =
                try mapping.optional("histograms") { (node) throws(ConfigError) in
                    try node.word(of: ["classic": .classic, "native": .native, "both": .both])
                } ?? options.histograms
            options.traceIDLabel =
                try mapping.optional("trace_id_label_name") { (node) throws(ConfigError) in
                    let name = try node.string()
                    guard !name.isEmpty, name == DimensionLabel.sanitized(name) else {
                        throw node.error("\(name) cannot be the name of a label")
                    }
                    return name
                } ?? options.traceIDLabel
            return options
        }
    }

    private func readSpanMetrics(_ node: ConfigNode) throws(ConfigError) -> SpanMetricsOptions {
        var options = SpanMetricsOptions()
        guard node.kind == .mapping else {
            options.isEnabled = try node.bool()
            return options
        }
        return try node.mapping { (mapping) throws(ConfigError) in
            options.bounds = try mapping.optional("histogram_buckets", reading: bounds(in:)) ?? options.bounds
            if let node = mapping.node("intrinsic_dimensions") { try readIntrinsicDimensions(node, into: &options) }
            options.dimensions = try mapping.optional("dimensions", reading: attributes(in:)) ?? []
            options.dimensionMappings =
                try mapping.optional("dimension_mappings") { (node) throws(ConfigError) in try node.list(dimensionMapping(in:)) } ?? []
            if let node = mapping.node("dimension_mappings") { try checkLabels(options, node) }
            options.hasTargetInfo = try mapping.optional("enable_target_info", default: options.hasTargetInfo)
            options.hasInstanceLabel = try mapping.optional("enable_instance_label", default: options.hasInstanceLabel)
            options.targetInfoExcluded = try mapping.optional("target_info_excluded_dimensions", reading: attributes(in:)) ?? []
            options.multiplier = try readMultiplier(&mapping)
            options.filters = try mapping.optional("filter_policies", reading: filterPolicies(in:)) ?? []
            return options
        }
    }

    private func readIntrinsicDimensions(_ node: ConfigNode, into options: inout SpanMetricsOptions) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            options.hasService = try mapping.optional("service", default: options.hasService)
            options.hasSpanName = try mapping.optional("span_name", default: options.hasSpanName)
            options.hasSpanKind = try mapping.optional("span_kind", default: options.hasSpanKind)
            options.hasStatusCode = try mapping.optional("status_code", default: options.hasStatusCode)
            options.hasStatusMessage = try mapping.optional("status_message", default: options.hasStatusMessage)
        }
    }

    private func dimensionMapping(in node: ConfigNode) throws(ConfigError) -> SpanMetricsOptions.DimensionMapping {
        try node.mapping { (mapping) throws(ConfigError) in
            let name = try mapping.required("name", reading: attribute(in:))
            let sources = try mapping.required("source_labels", reading: attributes(in:))
            return .init(name: name, sourceLabels: sources, join: try mapping.optional("join", default: ""))
        }
    }

    /// Two mappings, or a mapping and a dimension, may not fill the same label.
    private func checkLabels(_ options: SpanMetricsOptions, _ node: ConfigNode) throws(ConfigError) {
        var labels = Set(options.dimensions.map { DimensionLabel.distinct($0) })
        for mapping in options.dimensionMappings where !labels.insert(DimensionLabel.distinct(mapping.name)).inserted {
            throw node.error(
                "\(mapping.name) becomes the label \(DimensionLabel.distinct(mapping.name)), which another dimension has already")
        }
    }

    private func readServiceGraphs(_ node: ConfigNode) throws(ConfigError) -> ServiceGraphOptions {
        var options = ServiceGraphOptions()
        guard node.kind == .mapping else {
            options.isEnabled = try node.bool()
            return options
        }
        return try node.mapping { (mapping) throws(ConfigError) in
            options.bounds = try mapping.optional("histogram_buckets", reading: bounds(in:)) ?? options.bounds
            try read("wait", 100...600_000, into: &options.waitMilliseconds, &mapping)
            options.waitingMax =
                try mapping.optional("max_items") { (node) throws(ConfigError) in try node.int(in: 1...10_000_000) } ?? options.waitingMax
            options.dimensions = try mapping.optional("dimensions", reading: attributes(in:)) ?? []
            options.prefixesDimensions = try mapping.optional("enable_client_server_prefix", default: false)
            options.hasMessagingLatency = try mapping.optional("enable_messaging_system_latency_histogram", default: false)
            options.hasVirtualNodeLabel = try mapping.optional("enable_virtual_node_label", default: false)
            options.hasUserNode = try mapping.optional("enable_user_node", default: options.hasUserNode)
            options.peerAttributes = try mapping.optional("peer_attributes", reading: attributes(in:)) ?? options.peerAttributes
            options.databaseNameAttributes =
                try mapping.optional("database_name_attributes", reading: attributes(in:)) ?? options.databaseNameAttributes
            options.multiplier = try readMultiplier(&mapping)
            options.filters = try mapping.optional("filter_policies", reading: filterPolicies(in:)) ?? []
            return options
        }
    }

    private func readMultiplier(_ mapping: inout ConfigMapping) throws(ConfigError) -> SpanMultiplier {
        var multiplier = SpanMultiplier()
        multiplier.attribute = try mapping.optional("span_multiplier_key", reading: attribute(in:))
        multiplier.usesTraceState = try mapping.optional("enable_tracestate_span_multiplier", default: false)
        return multiplier
    }

    private func readSampling(_ node: ConfigNode) throws(ConfigError) -> SamplingOptions {
        var options = SamplingOptions()
        if node.kind == .scalar, try !node.bool() { return options }
        return try node.mapping { (mapping) throws(ConfigError) in
            options.isEnabled = true
            options.probability = try mapping.required("probability") { (node) throws(ConfigError) in
                try number(in: node, 0...1, "the part of all traces to keep, from 0 to 1")
            }
            try read("window", 100...600_000, into: &options.windowMilliseconds, &mapping)
            options.keepsErrors = try mapping.optional("keep_errors", default: options.keepsErrors)
            options.slowMilliseconds = try mapping.optional("keep_slower_than", as: ConfigDuration.self)?.milliseconds
            options.tracesPerSecond = try mapping.optional("traces_per_second", reading: rate(in:)) ?? 0
            let rates = try mapping.optional("traces_per_second_by_service") { (node) throws(ConfigError) in
                try node.entries { (_, node) throws(ConfigError) in try rate(in: node) }
            }
            for (service, rate) in rates ?? [] { options.tracesPerSecondByService[service] = rate }
            options.heldBytesMax =
                try mapping.optional("max_held_bytes") { (node) throws(ConfigError) in
                    let size = try node.byteSize()
                    guard size.bytes >= 1 << 20 else { throw node.error("the size must be 1MiB at least, found \(size)") }
                    return Int(size.bytes)
                } ?? options.heldBytesMax
            options.heldTracesMax =
                try mapping.optional("max_held_traces") { (node) throws(ConfigError) in try node.int(in: 1...100_000_000) }
                ?? options.heldTracesMax
            options.decisionsMax =
                try mapping.optional("max_decisions") { (node) throws(ConfigError) in try node.int(in: 1...100_000_000) }
                ?? options.decisionsMax
            return options
        }
    }

    // MARK: Values

    private func read(
        _ key: String, _ range: ClosedRange<Int64>, into value: inout Int64, _ mapping: inout ConfigMapping
    ) throws(ConfigError) {
        value =
            try mapping.optional(key) { (node) throws(ConfigError) in
                let duration = try node.duration()
                if !range.contains(duration.milliseconds) {
                    let (least, most) = (ConfigDuration(milliseconds: range.lowerBound), ConfigDuration(milliseconds: range.upperBound))
                    throw node.error("\(key) must be from \(least) to \(most), found \(duration)")
                }
                return duration.milliseconds
            } ?? value
    }

    private func number(in node: ConfigNode, _ range: ClosedRange<Double>, _ meaning: String) throws(ConfigError) -> Double {
        let number = try node.double()
        if !range.contains(number) { throw node.mismatch(expected: meaning) }
        return number
    }

    private func rate(in node: ConfigNode) throws(ConfigError) -> Double {
        try number(in: node, 0...1_000_000, "traces per second, from 0 to 1000000")
    }

    private func attribute(in node: ConfigNode) throws(ConfigError) -> String {
        let name = try node.string()
        if name.isEmpty { throw node.error("the name of an attribute must not be empty") }
        return name
    }

    private func attributes(in node: ConfigNode) throws(ConfigError) -> [String] { try node.list(attribute(in:)) }

    /// Upper bounds of buckets: finite, above 0 and rising.
    private func bounds(in node: ConfigNode) throws(ConfigError) -> [Double] {
        var previous = 0.0
        let bounds = try node.list { (element) throws(ConfigError) in
            let bound = try element.double()
            guard bound.isFinite, bound > previous else {
                throw element.error("bounds of buckets must be above 0 and rise, found \(bound)")
            }
            previous = bound
            return bound
        }
        if bounds.isEmpty || bounds.count > 200 { throw node.error("there must be 1 to 200 bounds of buckets") }
        return bounds
    }
}
