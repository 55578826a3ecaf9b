internal import Foundation
internal import NIOHTTP1
public import OutboundHTTP

/// The containers of a Docker daemon (`docker_sd_configs`).
public struct DockerDiscovery: TargetProvider, Hashable {
    /// What the API calls a filter: a name and the values of which one has to hold.
    public struct Filter: Sendable, Hashable {
        public var name: String
        public var values: [String]

        public init(name: String, values: [String]) {
            self.name = name
            self.values = values
        }
    }

    /// Where the daemon listens.
    public enum Host: Sendable, Hashable {
        /// A URL with `http` or `https`, without a slash at its end.
        case url(String)
        /// The path of a socket.
        case socket(path: String)

        /// Reads `unix:///PATH`, `tcp://HOST:PORT`, `http://HOST:PORT` or `https://HOST:PORT`; nil for anything else.
        public init?(parsing text: String) {
            guard let mark = text.range(of: "://") else { return nil }
            var rest = text[mark.upperBound...]
            switch text[..<mark.lowerBound] {
            case "unix":
                guard rest.hasPrefix("/") else { return nil }
                self = .socket(path: String(rest))
            case let scheme where ["tcp", "http", "https"].contains(scheme):
                while rest.last == "/" { rest.removeLast() }
                if rest.isEmpty { return nil }
                self = .url("\(scheme == "tcp" ? "http" : scheme)://\(rest)")
            default: return nil
            }
        }

        /// What requests bear beside what the client adds: a daemon wants to hear a host's name, and a socket has none.
        var headers: HTTPHeaders {
            switch self {
            case .url: [:]
            case .socket: ["host": "localhost"]
            }
        }

        /// The URL of a path of the API.
        func url(_ path: String) -> String {
            switch self {
            case .url(let base): base + path
            case .socket(let socket): "http+unix://\(URLPart.encoded(socket))\(path)"
            }
        }
    }

    public let host: Host
    /// How the daemon is spoken to where it is not at a socket.
    public let client: HTTPClientSettings
    /// The port of containers that publish none.
    public let port: Int
    public let filters: [Filter]
    /// The address of containers that share the network of their host.
    public let hostNetworkingHost: String
    /// Whether of a container in several networks only the first by name counts.
    public let matchFirstNetwork: Bool
    /// Time between two requests, and the time that one may take.
    public let refreshInterval: Duration
    /// What the client calls itself.
    public let userAgent: String

    /// Answers larger than this are refused.
    private static let answerBytesMax = 64 << 20

    public init(
        host: Host, client: HTTPClientSettings = HTTPClientSettings(), port: Int = 80, filters: [Filter] = [],
        hostNetworkingHost: String = "localhost", matchFirstNetwork: Bool = true, refreshInterval: Duration = .seconds(60),
        userAgent: String = "Perch"
    ) {
        self.host = host
        self.client = client
        self.port = port
        self.filters = filters
        self.hostNetworkingHost = hostNetworkingHost
        self.matchFirstNetwork = matchFirstNetwork
        self.refreshInterval = refreshInterval
        self.userAgent = userAgent
    }

    public var mechanism: String { "docker" }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        let http = ProviderClient(effectiveClient, userAgent: userAgent)
        let targets = DockerTargets(port: port, hostNetworkingHost: hostNetworkingHost, matchFirstNetwork: matchFirstNetwork)
        await refresh(every: refreshInterval, report) {
            do throws(ProviderFault) {
                // The daemon is asked each time: it may have been replaced by another version.
                let version = DockerDiscovery.version(try await get("/_ping", "cannot reach the daemon", http))
                let containers = try await get(
                    "\(version)/containers/json\(filterQuery)", "cannot list containers", http)
                let networks = try await get("\(version)/networks", "cannot list networks", http)
                return [
                    .groups([
                        targets.group(
                            try decodeJSON([DockerContainer].self, containers.body, "cannot list containers"),
                            try decodeJSON([DockerNetwork].self, networks.body, "cannot list networks"))
                    ])
                ]
            } catch {
                return [.failure(error.reason)]
            }
        }
        await http.shutdown()
    }

    /// A socket of this machine is spoken to without proxies and TLS.
    private var effectiveClient: HTTPClientSettings {
        switch host {
        case .url: client
        case .socket: HTTPClientSettings()
        }
    }

    private func get(_ path: String, _ failing: String, _ http: ProviderClient) async throws(ProviderFault) -> OutboundResponse {
        do {
            return try await http.send(
                OutboundRequest(.GET, host.url(path), headers: host.headers, responseBytesMax: DockerDiscovery.answerBytesMax),
                timeoutMilliseconds: refreshInterval.milliseconds)
        } catch {
            throw ProviderFault(failing, error)
        }
    }

    /// The newest version of the API that the daemon speaks, as the start of a path; nothing where it does not say.
    private static func version(_ response: OutboundResponse) -> String {
        guard let version = response.headers.first(name: "api-version") else { return "" }
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy({ UInt16($0) != nil }) ? "/v\(version)" : ""
    }

    /// The query with the filters, in JSON; nothing where there are none.
    var filterQuery: String {
        var values: [String: [String]] = [:]
        for filter in filters { values[filter.name, default: []] += filter.values }
        let members = values.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        if members.isEmpty { return "" }
        let text = members.map { "\(jsonText($0.key)):[\($0.value.map(jsonText).joined(separator: ","))]" }.joined(separator: ",")
        return "?filters=\(URLPart.encoded("{\(text)}"))"
    }

    private func jsonText(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1f}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
