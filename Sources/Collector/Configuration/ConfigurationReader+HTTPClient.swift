internal import ConfigFile
internal import OutboundHTTP

extension ConfigurationReader {
    /// Reads the keys by which jobs and other clients say how they speak HTTP.
    ///
    /// - Parameter authenticators: further keys that say who the client is, of which one at most may be used.
    func readHTTPClient(_ mapping: inout ConfigMapping, authenticators: [String] = []) throws(ConfigError) -> HTTPClientSettings {
        try HTTPClientReader(folder: folder).read(&mapping, authenticators: authenticators)
    }

    /// Reads a `tls_config`.
    func tlsSettings(in node: ConfigNode) throws(ConfigError) -> HTTPTLSSettings {
        try HTTPClientReader(folder: folder).tlsSettings(in: node)
    }
}
