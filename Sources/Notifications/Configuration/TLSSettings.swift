internal import ConfigFile

/// `tls_config` of a receiver.
struct TLSSettings: Sendable, Hashable {
    enum Version: String, Sendable, Hashable, CaseIterable {
        case tls10 = "TLS10"
        case tls11 = "TLS11"
        case tls12 = "TLS12"
        case tls13 = "TLS13"
    }

    /// The certificates that are trusted; nil for those of the system.
    var certificateAuthority: SecretText?
    /// The client's own certificate and key.
    var certificate: SecretText?
    var key: SecretText?
    /// The name that the receiver's certificate has to bear, where it is not the host of the address.
    var serverName: String?
    var skipsVerification = false
    var minimumVersion: Version?
    var maximumVersion: Version?

    /// The files that take part; a client is made anew when one of them has changed.
    var files: [String] {
        [certificateAuthority, certificate, key].compactMap { material in
            if case .file(let path) = material { path } else { nil }
        }
    }
}

extension TLSSettings {
    init(_ node: ConfigNode, _ context: ReadingContext) throws(ConfigError) {
        self = try node.mapping { (mapping) throws(ConfigError) in
            var settings = TLSSettings()
            for key in ["ca_ref", "cert_ref", "key_ref"] {
                try mapping.refuse(key, because: "is not supported: there is no secret manager")
            }
            settings.certificateAuthority = try mapping.secret("ca", orFile: "ca_file", context)
            settings.certificate = try mapping.secret("cert", orFile: "cert_file", context)
            settings.key = try mapping.secret("key", orFile: "key_file", context)
            if settings.certificate != nil, settings.key == nil {
                throw mapping.node.error("exactly one of key or key_file must be configured when a client certificate is configured")
            }
            if settings.key != nil, settings.certificate == nil {
                throw mapping.node.error("exactly one of cert or cert_file must be configured when a client key is configured")
            }
            let name = try mapping.text("server_name")
            settings.serverName = name.isEmpty ? nil : name
            settings.skipsVerification = try mapping.flag("insecure_skip_verify")
            settings.minimumVersion = try mapping.optional("min_version", reading: TLSSettings.version(_:))
            settings.maximumVersion = try mapping.optional("max_version", reading: TLSSettings.version(_:))
            return settings
        }
    }

    private static func version(_ node: ConfigNode) throws(ConfigError) -> Version {
        guard let version = Version(rawValue: try node.string()) else {
            throw node.mismatch(expected: "one of \(Version.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return version
    }
}
