internal import ConfigFile
internal import OutboundHTTP

extension ConfigurationReader {
    /// Reads `tracing`.
    func readTracing(_ node: ConfigNode) throws(ConfigError) -> TracingSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = TracingSettings(endpoint: try mapping.required("endpoint", reading: endpoint(in:)))
            settings.usesGRPC =
                try mapping.optional("client_type") { (node) throws(ConfigError) in try node.word(of: ["http": false, "grpc": true]) }
                ?? true
            // As in Prometheus, 1 and more are all traces, and less than 0 none.
            let share = try mapping.optional("sampling_fraction", as: Double.self) ?? 0
            settings.samplingFraction = share > 0 ? min(share, 1) : 0
            settings.isInsecure = try mapping.optional("insecure", default: false)
            settings.compresses =
                try mapping.optional("compression") { (node) throws(ConfigError) in try node.word(of: ["": false, "gzip": true]) } ?? false
            settings.timeoutMilliseconds = try milliseconds("timeout", &mapping) ?? settings.timeoutMilliseconds
            settings.headers = try mapping.optional("headers", reading: headers(in:)) ?? [:]
            settings.tls = try mapping.optional("tls_config", reading: tlsSettings(in:)) ?? HTTPTLSSettings()
            if settings.usesGRPC { try refuseUnusable(settings.tls, mapping) }
            return settings
        }
    }

    private func endpoint(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        if text.isEmpty { throw node.error("the endpoint must not be empty") }
        if text.contains("://") || text.contains(where: \.isWhitespace) { throw node.mismatch(expected: "HOST:PORT") }
        return text
    }

    private func headers(in node: ConfigNode) throws(ConfigError) -> [String: String] {
        let pairs = try node.entries { (name, value) throws(ConfigError) in
            if name.lowercased() == "authorization" || Self.protocolHeaders.contains(name.lowercased()) {
                throw value.error("the header \(name) cannot be set here")
            }
            guard value.kind == .scalar else { throw value.error("expected a string") }
            return try value.string()
        }
        return Dictionary(pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// The library for gRPC takes certificates from files, and checks the name of the host.
    private func refuseUnusable(_ tls: HTTPTLSSettings, _ mapping: ConfigMapping) throws(ConfigError) {
        let isInline = [tls.certificateAuthority, tls.certificate, tls.key].contains { if case .pem = $0 { true } else { false } }
        if isInline || tls.serverName != nil || tls.skipsVerification {
            notes.warn(
                mapping.error(
                    atKey: "tls_config",
                    "server_name, insecure_skip_verify and certificates in the text have no effect with client_type: grpc"))
        }
    }
}
