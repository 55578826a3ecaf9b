internal import PerchExport

extension EnvironmentVariables {
    /// Where and how OTLP is sent: `OTEL_EXPORTER_OTLP_…`, and for one signal `OTEL_EXPORTER_OTLP_TRACES_…` and so on.
    mutating func applyExport(_ configuration: inout Telemetry.Configuration) {
        let prefix = "OTEL_EXPORTER_OTLP_"
        if let base = url(prefix + "ENDPOINT") {
            configuration.endpoint.endpoints = OTLPHTTPTransport.Configuration(endpoint: base).endpoints
        }
        if let headers = pairs(prefix + "HEADERS") { configuration.endpoint.headers = headers.map { (name: $0.0, value: $0.1) } }
        for signal in OTLPSignal.allCases { applyExport(of: signal, prefix + signal.rawValue.uppercased() + "_", &configuration.endpoint) }
        if let compresses = compresses(prefix) { configuration.endpoint.compresses = compresses }
        if let timeout = milliseconds(prefix + "TIMEOUT"), timeout > .zero { configuration.endpoint.timeout = timeout }
        if let file = text(prefix + "CERTIFICATE") { configuration.endpoint.trustedCertificatesFile = file }
        if let file = text(prefix + "CLIENT_CERTIFICATE") { configuration.endpoint.certificateFile = file }
        if let file = text(prefix + "CLIENT_KEY") { configuration.endpoint.keyFile = file }
        switch text(prefix + "PROTOCOL") {
        case nil: break
        case "grpc":
            if configuration.customTransport == nil {
                warn("\(prefix)PROTOCOL is grpc, but the program has no such transport (see PerchGRPC); http/protobuf is taken")
            }
        case let name?:
            guard let encoding = OTLPHTTPTransport.Encoding(rawValue: name) else {
                warn("\(prefix)PROTOCOL is \(name), which there is not; it is passed over")
                break
            }
            configuration.customTransport = nil
            configuration.endpoint.encoding = encoding
        }
    }

    /// What is said of one signal wins over what is said of all.
    private mutating func applyExport(of signal: OTLPSignal, _ prefix: String, _ endpoint: inout OTLPHTTPTransport.Configuration) {
        // The URL of one signal is taken as it is.
        if let url = url(prefix + "ENDPOINT") { endpoint.endpoints[signal] = url }
        if let headers = pairs(prefix + "HEADERS") { endpoint.signalHeaders[signal] = headers.map { (name: $0.0, value: $0.1) } }
        if let compresses = compresses(prefix) { endpoint.signalCompresses[signal] = compresses }
        if let timeout = milliseconds(prefix + "TIMEOUT"), timeout > .zero { endpoint.signalTimeouts[signal] = timeout }
        let encoding = read(prefix + "PROTOCOL", "http/protobuf or http/json, as grpc is chosen for all signals together") {
            OTLPHTTPTransport.Encoding(rawValue: $0)
        }
        if let encoding { endpoint.signalEncodings[signal] = encoding }
        for name in ["CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"] where text(prefix + name) != nil {
            warn("\(prefix)\(name) is passed over, as there is one connection for all signals; OTEL_EXPORTER_OTLP_\(name) is for it")
        }
    }

    private mutating func compresses(_ prefix: String) -> Bool? {
        read(prefix + "COMPRESSION", "gzip or none") { text -> Bool? in ["gzip": true, "none": false][text] }
    }

    private mutating func url(_ name: String) -> String? {
        read(name, "a URL with http or https") { text in
            let rest = text.hasPrefix("http://") ? text.dropFirst(7) : text.hasPrefix("https://") ? text.dropFirst(8) : ""
            return rest.isEmpty || rest.hasPrefix("/") ? nil : text
        }
    }
}
