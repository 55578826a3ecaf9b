internal import ConfigFile
internal import Relabeling
internal import Scraping
internal import TargetDiscovery

extension ConfigurationReader {
    /// Reads `scrape_configs` and the files of `scrape_config_files`.
    func readScrapeJobs(
        _ node: ConfigNode?,
        files: ConfigNode?,
        defaults: ScrapeDefaults
    ) throws(ConfigError) -> [ScrapeJobConfiguration] {
        var places: [String: String] = [:]
        var jobs = try readScrapeJobs(node, defaults: defaults, places: &places)
        guard let files else { return jobs }
        for path in try patterns(in: files).flatMap({ $0.matchingPaths() }) {
            let document = try ConfigDocument(parsing: try CollectorConfiguration.readText(path), file: path)
            let reader = ConfigurationReader(file: path, environment: environment, notes: notes)
            jobs += try document.root.mapping { (mapping) throws(ConfigError) in
                try reader.readScrapeJobs(mapping.node("scrape_configs"), defaults: defaults, places: &places)
            }
        }
        return jobs
    }

    /// Reads one list of jobs. `places` holds where each job name was first seen.
    private func readScrapeJobs(
        _ node: ConfigNode?,
        defaults: ScrapeDefaults,
        places: inout [String: String]
    ) throws(ConfigError) -> [ScrapeJobConfiguration] {
        guard let node else { return [] }
        return try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                let job = try readScrapeJob(&mapping, defaults: defaults)
                if let nameNode = mapping.node("job_name") {
                    if let place = places[job.job.name] {
                        throw nameNode.error("the job name \"\(job.job.name)\" is already taken at \(place)")
                    }
                    places[job.job.name] = "\(nameNode.file):\(nameNode.line)"
                }
                return job
            }
        }
    }

    private func readScrapeJob(_ mapping: inout ConfigMapping, defaults: ScrapeDefaults) throws(ConfigError) -> ScrapeJobConfiguration {
        let name = try mapping.required("job_name") { (node) throws(ConfigError) in
            let text = try node.string()
            if text.isEmpty { throw node.error("job_name must not be empty") }
            return text
        }
        var job = ScrapeJob(name: name)
        try readTiming(&mapping, defaults: defaults, into: &job)
        try readRequest(&mapping, into: &job)
        job.honorLabels = try mapping.optional("honor_labels", default: false)
        job.honorTimestamps = try mapping.optional("honor_timestamps", default: true)
        job.trackTimestampsStaleness = try mapping.optional("track_timestamps_staleness", default: false)
        job.limits = try readLimits(&mapping, inheriting: defaults.limits)
        job.histograms = try readHistogramSwitches(&mapping, inheriting: defaults.histograms)
        job.histograms.bucketsMax = try count("native_histogram_bucket_limit", &mapping) ?? 0
        if let factor = try mapping.optional("native_histogram_min_bucket_factor", as: Double.self) {
            job.histograms.schemaMax = HistogramScraping.schema(minBucketFactor: factor)
        }
        job.names = try readNameSchemes(&mapping, inheriting: defaults.names)
        job.protocols =
            try readProtocols(&mapping) ?? defaults.protocols
            ?? (job.histograms.takesNative ? ScrapeProtocol.protobufFirst : ScrapeProtocol.defaultOrder)
        job.fallbackProtocol = try readFallback(&mapping)
        job.writesExtraScrapeMetrics = try mapping.optional("extra_scrape_metrics", default: defaults.writesExtraScrapeMetrics)
        job.client = try readHTTPClient(&mapping)
        job.relabelRules = try mapping.optional("relabel_configs", reading: relabelRules(in:)) ?? RelabelRules()
        job.metricRelabelRules = try mapping.optional("metric_relabel_configs", reading: relabelRules(in:)) ?? RelabelRules()
        job.failureLogFile = try readFailureLog(&mapping) ?? defaults.failureLogFile
        for mechanism in Self.unsupportedMechanisms { try mapping.refuseIfUsed("\(mechanism)_sd_configs") }
        return ScrapeJobConfiguration(job: job, mechanisms: try readMechanisms(&mapping, refusingURLs: job.relabelRules.isEmpty))
    }

    private func readTiming(_ mapping: inout ConfigMapping, defaults: ScrapeDefaults, into job: inout ScrapeJob) throws(ConfigError) {
        job.intervalMilliseconds = try milliseconds("scrape_interval", &mapping) ?? defaults.intervalMilliseconds
        let timeout = try milliseconds("scrape_timeout", &mapping)
        if let timeout, timeout > job.intervalMilliseconds {
            throw timeoutError(mapping, timeout: timeout, interval: job.intervalMilliseconds)
        }
        job.timeoutMilliseconds = timeout ?? min(defaults.timeoutMilliseconds, job.intervalMilliseconds)
    }

    private func readRequest(_ mapping: inout ConfigMapping, into job: inout ScrapeJob) throws(ConfigError) {
        job.metricsPath = try mapping.optional("metrics_path", default: job.metricsPath)
        job.scheme =
            try mapping.optional("scheme") { (node) throws(ConfigError) in try node.word(of: ["http": "http", "https": "https"]) }
            ?? job.scheme
        let parameters = try mapping.optional("params") { (node) throws(ConfigError) in
            try node.entries { (_, values) throws(ConfigError) in try [String](config: values) }
        }
        for (name, values) in parameters ?? [] { job.parameters[name] = values }
        job.enableCompression = try mapping.optional("enable_compression", default: true)
    }

    private func readFallback(_ mapping: inout ConfigMapping) throws(ConfigError) -> ScrapeProtocol? {
        guard try mapping.isGiven("fallback_scrape_protocol") else { return nil }
        return try mapping.required("fallback_scrape_protocol", reading: scrapeProtocol(in:))
    }

    /// Reads `static_configs`.
    ///
    /// - Parameter refusingURLs: whether a target that is a URL is a slip. With relabelling rules it need not be: targets of a
    ///   prober are URLs that a rule moves into a parameter.
    func readStaticTargets(_ mapping: inout ConfigMapping, refusingURLs: Bool) throws(ConfigError) -> [StaticDiscovery.Entry] {
        let entries = try mapping.optional("static_configs") { (node) throws(ConfigError) in
            try node.list { (element) throws(ConfigError) in
                guard element.kind == .mapping else { throw element.mismatch(expected: "a target group with targets and labels") }
                let entry = try StaticDiscovery.Entry(config: element)
                if refusingURLs { try refuseURLs(element) }
                return entry
            }
        }
        return entries ?? []
    }

    private func refuseURLs(_ group: ConfigNode) throws(ConfigError) {
        try group.mapping { (mapping) throws(ConfigError) in
            try mapping.optional("targets") { (node) throws(ConfigError) in
                _ = try node.list { (target) throws(ConfigError) in
                    let text = try target.string()
                    if text.contains("/") {
                        throw target.error("a target is HOST:PORT without scheme and path, found \"\(text)\"; see scheme and metrics_path")
                    }
                }
            }
            _ = mapping.remaining()
        }
    }

    /// Reads `file_sd_configs`.
    func readTargetFiles(_ mapping: inout ConfigMapping) throws(ConfigError) -> [FileDiscovery] {
        let discoveries = try mapping.optional("file_sd_configs") { (node) throws(ConfigError) in
            try node.list { (element) throws(ConfigError) in
                try element.mapping { (mapping) throws(ConfigError) in
                    let files = try mapping.required("files") { (node) throws(ConfigError) in
                        let files = try node.list { (file) throws(ConfigError) in
                            let text = try file.string()
                            guard TargetFile.isAcceptable(pattern: text) else {
                                throw file.error(
                                    "a target file ends in .json, .yml or .yaml and has a * in its name only, found \"\(text)\"")
                            }
                            return try path(in: file)
                        }
                        if files.isEmpty { throw node.error("files must name at least one file") }
                        return files
                    }
                    let refresh = try milliseconds("refresh_interval", &mapping) ?? 300_000
                    return FileDiscovery(patterns: files, refreshInterval: .milliseconds(refresh))
                }
            }
        }
        return discoveries ?? []
    }

    /// Mechanisms of discovery that Prometheus knows and this version does not.
    static let unsupportedMechanisms = [
        "aws", "azure", "digitalocean", "dockerswarm", "ec2", "ecs", "elasticache", "eureka", "gce", "hetzner",
        "ionos", "kuma", "lightsail", "linode", "marathon", "msk", "nerve", "nomad", "oci", "openstack", "outscale",
        "ovhcloud", "puppetdb", "rds", "scaleway", "serverset", "stackit", "triton", "uyuni", "vultr",
    ]
}
