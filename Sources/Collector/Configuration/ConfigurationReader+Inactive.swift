internal import ConfigFile

/// The sections that are understood and checked, and that nothing acts on yet.
extension ConfigurationReader {
    func readInactiveSections(_ mapping: inout ConfigMapping) {
        if let node = mapping.node("remote_read") {
            section(default: ()) { () throws(ConfigError) in try checkRemoteRead(node) }
            if node.kind != .nothing {
                notes.warn(
                    mapping.error(
                        atKey: "remote_read", "Perch answers from its own data alone and does not read from others; they can read from it"))
            }
        }
        if let node = mapping.node("runtime") {
            section(default: ()) { () throws(ConfigError) in try checkRuntime(node) }
            warnInactive("runtime", mapping)
        }
    }

    private func checkRemoteRead(_ node: ConfigNode) throws(ConfigError) {
        var names: Set<String> = []
        _ = try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                _ = try readRemote(&mapping, names: &names)
                _ = try count("chunked_read_limit", &mapping)
                for key in ["read_recent", "filter_external_labels"] { _ = try mapping.optional(key, as: Bool.self) }
                _ = try mapping.optional("required_matchers") { (node) throws(ConfigError) in
                    try node.entries { (_, value) throws(ConfigError) in try value.string() }
                }
            }
        }
    }

    private func checkRuntime(_ node: ConfigNode) throws(ConfigError) {
        try node.mapping { (mapping) throws(ConfigError) in _ = try mapping.optional("gogc", as: Int.self) }
    }
}
