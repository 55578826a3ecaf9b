public import OutboundHTTP

/// What one entry of `consul_sd_configs` says.
public struct ConsulSettings: Sendable, Hashable {
    /// `HOST:PORT`, or the same behind `http://` or `https://`, which goes before ``scheme``.
    public var server = "localhost:8500"
    /// `http` or `https`.
    public var scheme = "http"
    /// In front of all paths of the API.
    public var pathPrefix = ""
    /// Sent as `X-Consul-Token`.
    public var token: HTTPSecret?
    /// Empty for that of the agent.
    public var datacenter = ""
    public var namespace = ""
    public var partition = ""
    /// Between the tags of `__meta_consul_tags`, and around them.
    public var tagSeparator = ","
    /// Whether servers may answer that are not the leader, with what may be out of date.
    public var allowStale = true
    /// Time between two queries at least.
    public var refreshInterval = Duration.seconds(30)
    /// The services that are looked for; none for all.
    public var services: [String] = []
    /// The tags that instances must have, all of them.
    public var tags: [String] = []
    /// What the metadata of nodes must hold.
    public var nodeMeta: [String: String] = [:]
    /// An expression that services of the catalog must fulfil.
    public var filter = ""
    /// An expression that instances must fulfil, of which the health API knows more than the catalog.
    public var healthFilter = ""
    public var client = HTTPClientSettings()
    /// What the client calls itself.
    public var userAgent = "Perch"

    public init() {}

    /// Whether a service of the catalog is to be watched.
    func wants(_ name: String, tags found: [String]) -> Bool {
        (services.isEmpty || services.contains(name)) && tags.allSatisfy(found.contains)
    }

    /// The URL of a path of the API, without a query.
    func url(_ path: String) -> String {
        var (scheme, address) = (scheme, server[...])
        for given in ["http", "https"] where address.hasPrefix("\(given)://") {
            // Who asks for https does not fall back to http.
            if scheme != "https" { scheme = given }
            address = address.dropFirst(given.count + 3)
        }
        while address.last == "/" { address.removeLast() }
        let prefix = pathPrefix.split(separator: "/").map { "/\($0)" }.joined()
        return "\(scheme)://\(address)\(prefix)\(path)"
    }
}
