internal import ConfigFile
internal import OutboundHTTP
internal import RemoteWriteFormat
internal import RemoteWriteSending

extension ConfigurationReader {
    /// Reads `remote_write`, with the checks that Prometheus makes.
    func readRemoteWrite(_ node: ConfigNode) throws(ConfigError) -> [RemoteWriteSettings] {
        var names: Set<String> = []
        var addresses: [String: Int] = [:]
        return try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                var settings = try readRemoteWrite(&mapping, names: &names)
                if settings.name == nil {
                    settings.ordinal = addresses[settings.url, default: 0]
                    addresses[settings.url, default: 0] += 1
                }
                return settings
            }
        }
    }

    private func readRemoteWrite(_ mapping: inout ConfigMapping, names: inout Set<String>) throws(ConfigError) -> RemoteWriteSettings {
        var settings = RemoteWriteSettings(url: "")
        let remote = try readRemote(&mapping, names: &names, authenticators: HTTPClientReader.cloudAuthenticators)
        settings.url = remote.url
        settings.name = remote.name
        settings.client = remote.client
        // Other clients speak HTTP/2 where nobody says otherwise.
        settings.client.allowsHTTP2 = try mapping.optional("enable_http2", default: false)
        settings.client.spreadsOverAddresses = try mapping.optional("round_robin_dns", default: false)
        settings.timeoutMilliseconds = remote.timeoutMilliseconds ?? settings.timeoutMilliseconds
        settings.rules = try mapping.optional("write_relabel_configs", reading: relabelRules(in:)) ?? settings.rules
        settings.version =
            try mapping.optional("protobuf_message") { (node) throws(ConfigError) in
                try node.word(of: ["prometheus.WriteRequest": .v1, "io.prometheus.write.v2.Request": .v2])
            } ?? settings.version
        settings.sendsExemplars = try mapping.optional("send_exemplars", default: false)
        let sendsHistograms = try mapping.optional("send_native_histograms", default: false)
        settings.sendsHistograms = sendsHistograms || settings.version == .v2
        // What fails is logged in any case.
        _ = try mapping.optional("failed_request_logging", as: Bool.self)
        if let node = mapping.node("queue_config") { settings.queue = try readQueue(node) }
        if let node = mapping.node("metadata_config") { try readMetadata(node, into: &settings) }
        return settings
    }

    /// Prometheus' rules for the queue of a remote write, on top of its defaults.
    private func readQueue(_ node: ConfigNode) throws(ConfigError) -> QueueSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var queue = QueueSettings()
            func number(_ key: String, _ value: Int) throws(ConfigError) -> Int {
                try mapping.optional(key) { (node) throws(ConfigError) in try node.int(in: 1...Int(Int32.max)) } ?? value
            }
            queue.shardsMin = try number("min_shards", queue.shardsMin)
            queue.shardsMax = try number("max_shards", queue.shardsMax)
            if queue.shardsMin > queue.shardsMax { throw mapping.error(atKey: "min_shards", "min_shards is above max_shards") }
            queue.capacity = try number("capacity", queue.capacity)
            queue.batchItemsMax = try number("max_samples_per_send", queue.batchItemsMax)
            queue.batchDeadline = try milliseconds("batch_send_deadline", &mapping) ?? queue.batchDeadline
            queue.ageMax = try milliseconds("sample_age_limit", &mapping) ?? 0
            queue.backoffMin = try milliseconds("min_backoff", &mapping) ?? queue.backoffMin
            queue.backoffMax = try milliseconds("max_backoff", &mapping) ?? queue.backoffMax
            if queue.backoffMin > queue.backoffMax { throw mapping.error(atKey: "min_backoff", "min_backoff is above max_backoff") }
            queue.retriesOn429 = try mapping.optional("retry_on_http_429", default: false)
            return queue
        }
    }

    private func readMetadata(_ node: ConfigNode, into settings: inout RemoteWriteSettings) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in
            let interval = try milliseconds("send_interval", &mapping) ?? 60_000
            settings.metadataIntervalMilliseconds = try mapping.optional("send", default: true) ? interval : nil
            if let count = try count("max_samples_per_send", &mapping), count > 0 { settings.metadataFamiliesMax = count }
        }
    }

    /// What remote writes and remote reads have in common.
    func readRemote(
        _ mapping: inout ConfigMapping, names: inout Set<String>, authenticators: [String] = []
    ) throws(ConfigError) -> (url: String, name: String?, timeoutMilliseconds: Int64?, client: HTTPClientSettings) {
        let url = try mapping.required("url") { (node) throws(ConfigError) in
            let text = try node.string()
            // The text is left out of the message: it may hold a password.
            guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
                throw node.error("expected a URL that begins with http:// or https://")
            }
            return text
        }
        let timeout = try milliseconds("remote_timeout", &mapping)
        let name = try mapping.optional("name", default: "")
        if !name.isEmpty, !names.insert(name).inserted {
            throw mapping.error(atKey: "name", "the name \"\(name)\" is already taken by another entry")
        }
        let headers = try mapping.optional("headers", reading: remoteHeaders(in:)) ?? []
        var client = try readHTTPClient(&mapping, authenticators: authenticators)
        client.headers += headers
        return (url, name.isEmpty ? nil : name, timeout, client)
    }

    /// Headers that are set by the protocol and cannot be set to something else.
    static let protocolHeaders: Set<String> = [
        "content-encoding", "content-length", "content-type", "x-prometheus-remote-write-version", "x-prometheus-remote-read-version",
        "user-agent", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding",
        "host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ]

    private func remoteHeaders(in node: ConfigNode) throws(ConfigError) -> [HTTPHeaderSetting] {
        let headers = try node.entries { (name, value) throws(ConfigError) in
            if name.lowercased() == "authorization" {
                throw value.error("the header Authorization is set by basic_auth, authorization, oauth2, sigv4, azuread or google_iam")
            }
            if Self.protocolHeaders.contains(name.lowercased()) { throw value.error("the header \(name) cannot be set here") }
            guard value.kind == .scalar else { throw value.error("expected a string") }
            let text = try value.string()
            if text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) {
                throw value.error("a header must not hold line breaks or control characters")
            }
            return text
        }
        return headers.map { HTTPHeaderSetting(name: $0.key, values: [.literal($0.value)]) }
    }
}
