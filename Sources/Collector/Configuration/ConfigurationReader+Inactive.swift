internal import ConfigFile
internal import Relabeling

/// The sections that are understood and checked, and that nothing acts on yet.
extension ConfigurationReader {
    func readInactiveSections(_ mapping: inout ConfigMapping) {
        let sections: [(String, (ConfigNode) throws(ConfigError) -> Void)] = [
            ("remote_write", checkRemoteWrite), ("remote_read", checkRemoteRead),
            ("tracing", checkTracing), ("runtime", checkRuntime),
        ]
        for (key, check) in sections {
            guard let node = mapping.node(key) else { continue }
            section(default: ()) { () throws(ConfigError) in try check(node) }
            warnInactive(key, mapping)
        }
    }

    private func checkRemoteWrite(_ node: ConfigNode) throws(ConfigError) {
        var names: Set<String> = []
        _ = try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                try checkRemote(&mapping, names: &names, authenticators: ["sigv4", "azuread", "google_iam"])
                _ = try mapping.optional("write_relabel_configs", reading: relabelRules(in:))
                for key in ["send_exemplars", "send_native_histograms", "round_robin_dns", "failed_request_logging"] {
                    _ = try mapping.optional(key, as: Bool.self)
                }
                _ = try mapping.optional("protobuf_message") { (node) throws(ConfigError) in
                    try node.word(of: ["prometheus.WriteRequest": 1, "io.prometheus.write.v2.Request": 2])
                }
                _ = try mapping.optional("queue_config", reading: checkQueue)
                _ = try mapping.optional("metadata_config") { (node) throws(ConfigError) in
                    try node.mapping { (mapping) throws(ConfigError) in
                        _ = try mapping.optional("send", as: Bool.self)
                        _ = try mapping.optional("send_interval", as: ConfigDuration.self)
                        _ = try count("max_samples_per_send", &mapping)
                    }
                }
            }
        }
    }

    /// Prometheus' rules for the queue of a remote write, on top of its defaults.
    private func checkQueue(_ node: ConfigNode) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            let positive = 1...Int.max
            func number(_ key: String, _ value: Int) throws(ConfigError) -> Int {
                try mapping.optional(key) { (node) throws(ConfigError) in try node.int(in: positive) } ?? value
            }
            let shardsMin = try number("min_shards", 1)
            if shardsMin > (try number("max_shards", 50)) { throw mapping.error(atKey: "min_shards", "min_shards is above max_shards") }
            _ = try number("capacity", 10_000)
            _ = try number("max_samples_per_send", 2_000)
            for key in ["batch_send_deadline", "sample_age_limit"] { _ = try mapping.optional(key, as: ConfigDuration.self) }
            let backoffMin = try mapping.optional("min_backoff", default: ConfigDuration(milliseconds: 30))
            if backoffMin > (try mapping.optional("max_backoff", default: ConfigDuration(milliseconds: 5_000))) {
                throw mapping.error(atKey: "min_backoff", "min_backoff is above max_backoff")
            }
            _ = try mapping.optional("retry_on_http_429", as: Bool.self)
        }
    }

    private func checkRemoteRead(_ node: ConfigNode) throws(ConfigError) {
        var names: Set<String> = []
        _ = try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                try checkRemote(&mapping, names: &names, authenticators: [])
                _ = try count("chunked_read_limit", &mapping)
                for key in ["read_recent", "filter_external_labels"] { _ = try mapping.optional(key, as: Bool.self) }
                _ = try mapping.optional("required_matchers") { (node) throws(ConfigError) in
                    try node.entries { (_, value) throws(ConfigError) in try value.string() }
                }
            }
        }
    }

    /// What remote writes and remote reads have in common.
    private func checkRemote(_ mapping: inout ConfigMapping, names: inout Set<String>, authenticators: [String]) throws(ConfigError) {
        _ = try mapping.required("url") { (node) throws(ConfigError) in
            let text = try node.string()
            // The text is left out of the message: it may hold a password.
            guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
                throw node.error("expected a URL that begins with http:// or https://")
            }
        }
        _ = try mapping.optional("remote_timeout", as: ConfigDuration.self)
        let name = try mapping.optional("name", default: "")
        if !name.isEmpty, !names.insert(name).inserted {
            throw mapping.error(atKey: "name", "the name \"\(name)\" is already taken by another entry")
        }
        _ = try mapping.optional("headers") { (node) throws(ConfigError) in
            try node.entries { (name, value) throws(ConfigError) in
                if name.lowercased() == "authorization" {
                    throw value.error("the header Authorization is set by basic_auth or authorization")
                }
                guard value.kind == .scalar else { throw value.error("expected a string") }
            }
        }
        _ = try readHTTPClient(&mapping, authenticators: authenticators)
    }

    private func checkTracing(_ node: ConfigNode) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            _ = try mapping.required("endpoint", as: String.self)
            _ = try mapping.optional("client_type") { (node) throws(ConfigError) in try node.word(of: ["http": 0, "grpc": 1]) }
            _ = try mapping.optional("sampling_fraction", as: Double.self)
            _ = try mapping.optional("insecure", as: Bool.self)
            _ = try mapping.optional("compression") { (node) throws(ConfigError) in try node.word(of: ["": 0, "gzip": 1]) }
            _ = try mapping.optional("timeout", as: ConfigDuration.self)
            _ = try mapping.optional("headers") { (node) throws(ConfigError) in
                try node.entries { (_, value) throws(ConfigError) in
                    guard value.kind == .scalar else { throw value.error("expected a string") }
                }
            }
            _ = try mapping.optional("tls_config", reading: tlsSettings(in:))
        }
    }

    private func checkRuntime(_ node: ConfigNode) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in _ = try mapping.optional("gogc", as: Int.self) }
    }
}
