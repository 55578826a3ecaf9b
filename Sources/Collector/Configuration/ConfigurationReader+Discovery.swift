internal import ConfigFile
internal import Foundation
internal import OutboundHTTP
internal import TargetDiscovery

/// The mechanisms of discovery over the network, by the keys of Prometheus.
extension ConfigurationReader {
    private static let userAgent = "Perch/" + PerchVersion.current

    /// Reads everything that says where targets come from.
    ///
    /// - Parameter refusingURLs: whether a static target must be no more than an address, since no rule makes one of it.
    func readMechanisms(_ mapping: inout ConfigMapping, refusingURLs: Bool) throws(ConfigError) -> DiscoveryMechanisms {
        var mechanisms = DiscoveryMechanisms()
        mechanisms.staticTargets = try readStaticTargets(&mapping, refusingURLs: refusingURLs)
        mechanisms.targetFiles = try readTargetFiles(&mapping)
        mechanisms.httpLists = try readHTTPDiscoveries(&mapping)
        mechanisms.domainNames = try readDNSDiscoveries(&mapping)
        mechanisms.dockerHosts = try readDockerDiscoveries(&mapping)
        mechanisms.consulCatalogs = try readConsulDiscoveries(&mapping)
        mechanisms.kubernetes = try readKubernetes(&mapping)
        return mechanisms
    }

    /// Reads `http_sd_configs`.
    func readHTTPDiscoveries(_ mapping: inout ConfigMapping) throws(ConfigError) -> [HTTPDiscovery] {
        try discoveries("http_sd_configs", &mapping) { (mapping) throws(ConfigError) in
            let url = try mapping.required("url") { (node) throws(ConfigError) in
                let text = try node.string()
                guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), !(url.host() ?? "").isEmpty else {
                    throw node.error("expected a URL with a host that begins with http:// or https://")
                }
                return text
            }
            return HTTPDiscovery(
                url: url, client: try readHTTPClient(&mapping), refreshInterval: try refreshInterval(&mapping, seconds: 60),
                userAgent: Self.userAgent)
        }
    }

    /// Reads `dns_sd_configs`.
    func readDNSDiscoveries(_ mapping: inout ConfigMapping) throws(ConfigError) -> [DNSDiscovery] {
        try discoveries("dns_sd_configs", &mapping) { (mapping) throws(ConfigError) in
            let names = try mapping.required("names") { (node) throws(ConfigError) in
                let names = try [String](config: node)
                if names.isEmpty { throw node.error("names must hold at least one name") }
                return names
            }
            let type =
                try mapping.optional("type") { (node) throws(ConfigError) in
                    let types: [String: DNSRecordType] = ["SRV": .srv, "A": .a, "AAAA": .aaaa, "MX": .mx, "NS": .ns]
                    guard let type = types[try node.string().uppercased()] else {
                        throw node.mismatch(expected: "one of SRV, A, AAAA, MX, NS")
                    }
                    return type
                } ?? .srv
            let port = try portNumber(&mapping) ?? 0
            if type != .srv, port == 0 { throw mapping.node.error("port must be given for all types of records but SRV") }
            return DNSDiscovery(names: names, type: type, port: port, refreshInterval: try refreshInterval(&mapping, seconds: 30))
        }
    }

    /// Reads `docker_sd_configs`.
    func readDockerDiscoveries(_ mapping: inout ConfigMapping) throws(ConfigError) -> [DockerDiscovery] {
        try discoveries("docker_sd_configs", &mapping) { (mapping) throws(ConfigError) in
            let host = try mapping.required("host") { (node) throws(ConfigError) in
                guard let host = DockerDiscovery.Host(parsing: try node.string()) else {
                    throw node.mismatch(expected: "an address that begins with unix:///, tcp://, http:// or https://")
                }
                return host
            }
            let filters = try mapping.optional("filters") { (node) throws(ConfigError) in
                try node.list { (element) throws(ConfigError) in
                    try element.mapping { (mapping) throws(ConfigError) in
                        DockerDiscovery.Filter(
                            name: try mapping.optional("name", default: ""),
                            values: try mapping.optional("values", reading: { (node) throws(ConfigError) in try [String](config: node) })
                                ?? [])
                    }
                }
            }
            return DockerDiscovery(
                host: host, client: try readHTTPClient(&mapping), port: try portNumber(&mapping) ?? 80, filters: filters ?? [],
                hostNetworkingHost: try mapping.optional("host_networking_host", default: "localhost"),
                matchFirstNetwork: try mapping.optional("match_first_network", default: true),
                refreshInterval: try refreshInterval(&mapping, seconds: 60), userAgent: Self.userAgent)
        }
    }

    /// Reads `consul_sd_configs`.
    func readConsulDiscoveries(_ mapping: inout ConfigMapping) throws(ConfigError) -> [ConsulDiscovery] {
        try discoveries("consul_sd_configs", &mapping) { (mapping) throws(ConfigError) in
            var settings = ConsulSettings()
            settings.server =
                try mapping.optional("server") { (node) throws(ConfigError) in
                    let text = try node.string()
                    let address = ["http://", "https://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) } ?? text[...]
                    if address.allSatisfy(\.isWhitespace) { throw node.error("server must not be empty") }
                    if address.contains("://") || address.contains(where: \.isWhitespace) {
                        throw node.mismatch(expected: "HOST:PORT, or a URL that begins with http:// or https://")
                    }
                    return text
                } ?? settings.server
            settings.scheme =
                try mapping.optional("scheme") { (node) throws(ConfigError) in try node.word(of: ["http": "http", "https": "https"]) }
                ?? settings.scheme
            settings.pathPrefix = try mapping.optional("path_prefix", default: "")
            settings.datacenter = try mapping.optional("datacenter", default: "")
            settings.namespace = try mapping.optional("namespace", default: "")
            settings.partition = try mapping.optional("partition", default: "")
            settings.tagSeparator = try mapping.optional("tag_separator", default: settings.tagSeparator)
            settings.allowStale = try mapping.optional("allow_stale", default: true)
            settings.refreshInterval = try refreshInterval(&mapping, seconds: 30)
            settings.services = try texts("services", &mapping)
            settings.tags = try texts("tags", &mapping)
            settings.nodeMeta = try mapping.optional("node_meta", reading: nodeMetadata(in:)) ?? [:]
            settings.filter = try mapping.optional("filter", default: "")
            settings.healthFilter = try mapping.optional("health_filter", default: "")
            settings.userAgent = Self.userAgent
            try readConsulClient(&mapping, into: &settings)
            return settings
        }.map { ConsulDiscovery($0) }
    }

    /// Who the client is: Consul's own `token`, `username` and `password` beside what every HTTP client knows.
    private func readConsulClient(_ mapping: inout ConfigMapping, into settings: inout ConsulSettings) throws(ConfigError) {
        settings.client = try readHTTPClient(&mapping)
        if try mapping.isGiven("token") {
            for key in ["authorization", "oauth2"] where try mapping.isGiven(key) {
                throw mapping.error(atKey: "token", "token cannot be used together with \(key)")
            }
            settings.token = .literal(try mapping.required("token", reading: plainSecret(in:)))
        }
        let hasUser = try mapping.isGiven("username")
        let hasPassword = try mapping.isGiven("password")
        guard hasUser || hasPassword else { return }
        let key = hasUser ? "username" : "password"
        guard settings.client.authorization == .none else {
            throw mapping.error(atKey: key, "\(key) cannot be used together with another authorization")
        }
        settings.client.authorization = .basic(
            username: .literal(try mapping.optional("username", reading: plainSecret(in:)) ?? ""),
            password: .literal(try mapping.optional("password", reading: plainSecret(in:)) ?? ""))
    }

    /// What is wrong with a secret is said without showing it.
    private func plainSecret(in node: ConfigNode) throws(ConfigError) -> String {
        guard node.kind == .scalar else { throw node.error("expected a string") }
        let text = try node.string()
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw node.error("this value is sent as a header and must not hold line breaks or control characters")
        }
        return text
    }

    private func nodeMetadata(in node: ConfigNode) throws(ConfigError) -> [String: String] {
        let pairs = try node.entries { (_, value) throws(ConfigError) in try value.string() }
        return Dictionary(pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Reads the list under a key, each element of it a mapping.
    private func discoveries<Discovery>(
        _ key: String, _ mapping: inout ConfigMapping, _ read: (inout ConfigMapping) throws(ConfigError) -> Discovery
    ) throws(ConfigError) -> [Discovery] {
        let found = try mapping.optional(key) { (node) throws(ConfigError) in
            try node.list { (element) throws(ConfigError) in try element.mapping(read) }
        }
        return found ?? []
    }

    private func texts(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> [String] {
        try mapping.optional(key, reading: { (node) throws(ConfigError) in try [String](config: node) }) ?? []
    }

    private func portNumber(_ mapping: inout ConfigMapping) throws(ConfigError) -> Int? {
        try mapping.optional("port") { (node) throws(ConfigError) in try node.int(in: 0...65_535) }
    }

    private func refreshInterval(_ mapping: inout ConfigMapping, seconds: Int64) throws(ConfigError) -> Duration {
        .milliseconds(try milliseconds("refresh_interval", &mapping) ?? seconds * 1000)
    }
}
