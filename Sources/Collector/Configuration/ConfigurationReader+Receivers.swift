internal import ConfigFile

extension ConfigurationReader {
    /// Reads `receivers`.
    func readReceivers(_ node: ConfigNode) throws(ConfigError) -> ReceiverSettings {
        var settings = ReceiverSettings()
        try node.mapping { (mapping) throws(ConfigError) in
            if let node = mapping.node("otlp") {
                try node.mapping { (mapping) throws(ConfigError) in
                    settings.otlpGRPC = try mapping.optional("grpc", reading: listening(in:)) ?? .unsaid
                    settings.otlpHTTP = try mapping.optional("http", reading: listening(in:)) ?? .unsaid
                    if let node = mapping.node("logs") { try readOTLPLogs(node, into: &settings.logs) }
                }
            }
            for endpoint in LogReceiverSettings.Endpoint.allCases {
                guard let node = mapping.node(endpoint.rawValue) else { continue }
                if node.isOff {
                    settings.logs.off.insert(endpoint)
                    continue
                }
                switch endpoint {
                case .loki: try readLokiReceiver(node, into: &settings.logs)
                case .json: try readJSONReceiver(node, into: &settings.logs)
                case .elasticsearch, .journalUpload: throw node.error("only off is meant here")
                }
            }
            if let node = mapping.node("jaeger_agent") {
                try node.mapping { (mapping) throws(ConfigError) in
                    settings.jaegerCompact = try mapping.optional("compact", reading: listening(in:)) ?? .unsaid
                    settings.jaegerBinary = try mapping.optional("binary", reading: listening(in:)) ?? .unsaid
                }
            }
            settings.jaegerHTTP = try mapping.optional("jaeger_http", reading: listening(in:)) ?? .unsaid
            settings.zipkin = try mapping.optional("zipkin", reading: listening(in:)) ?? .unsaid
            settings.agents = try readLogAgents(&mapping)
            settings.metricAgents = try readMetricAgents(&mapping)
        }
        return settings
    }

    /// `HOST:PORT`, or `off`.
    private func listening(in node: ConfigNode) throws(ConfigError) -> ReceiverSettings.Listening {
        let text = try node.string()
        if text == "off" { return .off }
        do throws(UsageError) { return .at(try ListenAddress(text)) } catch { throw node.error(error.message + "; or off") }
    }
}

extension ConfigNode {
    /// Whether it says `off`.
    fileprivate var isOff: Bool {
        guard kind == .scalar, case .success(false) = Result(catching: { () throws(ConfigError) in try bool() }) else { return false }
        return true
    }
}
