internal import ConfigFile
internal import OutboundHTTP

/// What receivers take over from the rest of the file.
struct ReceiverContext: Sendable {
    var global: GlobalSettings
    var reading: ReadingContext

    /// `http_config` of a receiver, or the global one.
    func http(_ mapping: inout ConfigMapping) throws(ConfigError) -> HTTPClientSettings {
        try mapping.optional("http_config") { (node) throws(ConfigError) in try reading.http.settings(in: node) } ?? global.http
    }

    /// An address of a receiver, or the global one.
    func address(_ own: HTTPAddress?, orGlobal text: String, _ node: ConfigNode) throws(ConfigError) -> HTTPAddress {
        if let own { return own }
        do throws(HTTPAddress.Fault) { return try HTTPAddress(text) } catch { throw node.error(error.message) }
    }
}
