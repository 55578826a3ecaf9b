internal import PerchExport

extension EnvironmentVariables {
    private static let prefix = "OTEL_EXPORTER_OTLP_"

    /// Where and how OTLP is sent: `OTEL_EXPORTER_OTLP_…`, and for one signal `OTEL_EXPORTER_OTLP_TRACES_…` and so on, which wins.
    mutating func applyExport(_ configuration: inout Telemetry.Configuration) {
        let prefix = EnvironmentVariables.prefix
        applyProtocols(&configuration)
        applyEndpoints(&configuration)
        if let headers = headers(prefix) { configuration.endpoint.headers = headers }
        if let compresses = compresses(prefix) { configuration.endpoint.compresses = compresses }
        if let timeout = timeout(prefix + "TIMEOUT") { configuration.endpoint.timeout = timeout }
        if let files = certificates(prefix, configuration.endpoint.certificates) { configuration.endpoint.certificates = files }
        for signal in OTLPSignal.allCases {
            let prefix = EnvironmentVariables.prefix(of: signal)
            if let headers = headers(prefix) { configuration.endpoint.signalHeaders[signal] = headers }
            if let compresses = compresses(prefix) { configuration.endpoint.signalCompresses[signal] = compresses }
            if let timeout = timeout(prefix + "TIMEOUT") { configuration.endpoint.signalTimeouts[signal] = timeout }
            let files = configuration.endpoint.signalCertificates[signal] ?? OTLPHTTPTransport.CertificateFiles()
            if let files = certificates(prefix, files) { configuration.endpoint.signalCertificates[signal] = files }
        }
    }

    private static func prefix(of signal: OTLPSignal) -> String { prefix + signal.rawValue.uppercased() + "_" }
}

/// The transport protocol of each signal.
extension EnvironmentVariables {
    private enum Choice {
        case grpc
        case http(OTLPHTTPTransport.Encoding)
    }

    private mutating func applyProtocols(_ configuration: inout Telemetry.Configuration) {
        var custom = configuration.customSignals
        switch chosenProtocol(EnvironmentVariables.prefix, configuration) {
        case .grpc?: custom = Set(OTLPSignal.allCases)
        case .http(let encoding)?:
            custom = []
            configuration.endpoint.encoding = encoding
        case nil: break
        }
        for signal in OTLPSignal.allCases {
            switch chosenProtocol(EnvironmentVariables.prefix(of: signal), configuration) {
            case .grpc?: custom.insert(signal)
            case .http(let encoding)?:
                custom.remove(signal)
                configuration.endpoint.signalEncodings[signal] = encoding
            case nil: break
            }
        }
        configuration.customTransportSignals = custom
    }

    private mutating func chosenProtocol(_ prefix: String, _ configuration: Telemetry.Configuration) -> Choice? {
        let name = prefix + "PROTOCOL"
        let chosen = choice(name, "grpc, http/protobuf or http/json") { text -> Choice? in
            text == "grpc" ? .grpc : OTLPHTTPTransport.Encoding(rawValue: text).map { .http($0) }
        }
        if case .grpc? = chosen, configuration.customTransport == nil {
            warn("\(name) is grpc, but the program has no such transport (see PerchGRPC); it is passed over")
            return nil
        }
        return chosen
    }
}

/// Where each signal goes.
extension EnvironmentVariables {
    private mutating func applyEndpoints(_ configuration: inout Telemetry.Configuration) {
        let custom = configuration.customSignals
        let isInsecure = flag(EnvironmentVariables.prefix + "INSECURE")
        let base = url(EnvironmentVariables.prefix, isGRPC: custom.count == OTLPSignal.allCases.count, isInsecure: isInsecure)
        let standard = OTLPHTTPTransport.Configuration(endpoint: "http://localhost:4318").endpoints
        let general = base.map { OTLPHTTPTransport.Configuration(endpoint: $0).endpoints }
        for signal in OTLPSignal.allCases {
            let prefix = EnvironmentVariables.prefix(of: signal)
            let isGRPC = custom.contains(signal)
            // The URL of one signal is taken as it is.
            if let url = url(prefix, isGRPC: isGRPC, isInsecure: flag(prefix + "INSECURE") ?? isInsecure) {
                configuration.endpoint.endpoints[signal] = url
            } else if let general {
                configuration.endpoint.endpoints[signal] = general[signal]
            } else if isGRPC && configuration.endpoint.endpoints[signal] == standard[signal] {
                configuration.endpoint.endpoints[signal] = "http://localhost:4317"
            }
        }
    }

    /// The URL that a variable has. For gRPC, `HOST:PORT` will do, with TLS unless that is declined.
    private mutating func url(_ prefix: String, isGRPC: Bool, isInsecure: Bool?) -> String? {
        read(prefix + "ENDPOINT", "a URL with http or https\(isGRPC ? ", or HOST:PORT" : "")") { text in
            if isGRPC && !text.contains("/") { return (isInsecure == true ? "http://" : "https://") + text }
            let rest = text.hasPrefix("http://") ? text.dropFirst(7) : text.hasPrefix("https://") ? text.dropFirst(8) : ""
            return rest.isEmpty || rest.hasPrefix("/") ? nil : text
        }
    }
}

extension EnvironmentVariables {
    private mutating func headers(_ prefix: String) -> [(name: String, value: String)]? {
        pairs(prefix + "HEADERS").map { $0.map { (name: $0.0, value: $0.1) } }
    }

    private mutating func compresses(_ prefix: String) -> Bool? {
        choice(prefix + "COMPRESSION", "gzip or none") { text -> Bool? in ["gzip": true, "none": false][text] }
    }

    /// The files, where the environment names any.
    private func certificates(_ prefix: String, _ before: OTLPHTTPTransport.CertificateFiles) -> OTLPHTTPTransport.CertificateFiles? {
        let (trusted, own, key) = (text(prefix + "CERTIFICATE"), text(prefix + "CLIENT_CERTIFICATE"), text(prefix + "CLIENT_KEY"))
        if trusted == nil && own == nil && key == nil { return nil }
        return OTLPHTTPTransport.CertificateFiles(trusted: trusted ?? before.trusted, own: own ?? before.own, key: key ?? before.key)
    }
}
