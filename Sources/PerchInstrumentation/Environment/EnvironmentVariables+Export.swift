internal import PerchExport

extension EnvironmentVariables {
    /// Where and how OTLP is sent: `OTEL_EXPORTER_OTLP_…`, and for one signal `OTEL_EXPORTER_OTLP_TRACES_…` and so on.
    mutating func applyExport(_ configuration: inout Telemetry.Configuration) {
        let prefix = "OTEL_EXPORTER_OTLP_"
        if let base = url(prefix + "ENDPOINT") {
            configuration.endpoint.endpoints = OTLPHTTPTransport.Configuration(endpoint: base).endpoints
        }
        if let headers = pairs(prefix + "HEADERS") { configuration.endpoint.headers = headers.map { (name: $0.0, value: $0.1) } }
        for signal in OTLPSignal.allCases {
            let prefix = prefix + signal.rawValue.uppercased() + "_"
            // The URL of one signal is taken as it is.
            if let endpoint = url(prefix + "ENDPOINT") { configuration.endpoint.endpoints[signal] = endpoint }
            if let headers = pairs(prefix + "HEADERS") {
                configuration.endpoint.signalHeaders[signal] = headers.map { (name: $0.0, value: $0.1) }
            }
        }
        let compression = read(prefix + "COMPRESSION", "gzip or none") { text -> Bool? in ["gzip": true, "none": false][text] }
        if let compression { configuration.endpoint.compresses = compression }
        if let timeout = milliseconds(prefix + "TIMEOUT"), timeout > .zero { configuration.endpoint.timeout = timeout }
        if let file = text(prefix + "CERTIFICATE") { configuration.endpoint.trustedCertificatesFile = file }
        if let file = text(prefix + "CLIENT_CERTIFICATE") { configuration.endpoint.certificateFile = file }
        if let file = text(prefix + "CLIENT_KEY") { configuration.endpoint.keyFile = file }
        switch text(prefix + "PROTOCOL") {
        case nil: break
        case "http/protobuf": configuration.customTransport = nil
        case "grpc":
            if configuration.customTransport == nil {
                warn("\(prefix)PROTOCOL is grpc, but the program has no such transport (see PerchGRPC); http/protobuf is taken")
            }
        case let other?: warn("\(prefix)PROTOCOL is \(other), which there is not; it is passed over")
        }
    }

    private mutating func url(_ name: String) -> String? {
        read(name, "a URL with http or https") { text in
            let rest = text.hasPrefix("http://") ? text.dropFirst(7) : text.hasPrefix("https://") ? text.dropFirst(8) : ""
            return rest.isEmpty || rest.hasPrefix("/") ? nil : text
        }
    }
}
