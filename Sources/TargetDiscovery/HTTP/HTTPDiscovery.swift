internal import NIOHTTP1
public import OutboundHTTP

/// Targets that a server lists in JSON (`http_sd_configs`).
public struct HTTPDiscovery: TargetProvider, Hashable {
    /// Where the list is, `http` or `https`.
    public let url: String
    public let client: HTTPClientSettings
    /// Time between two requests, and the time that one may take.
    public let refreshInterval: Duration
    /// What the client calls itself.
    public let userAgent: String

    /// Lists larger than this are refused.
    public static let listBytesMax = 64 << 20

    public init(
        url: String, client: HTTPClientSettings = HTTPClientSettings(), refreshInterval: Duration = .seconds(60),
        userAgent: String = "Perch"
    ) {
        self.url = url
        self.client = client
        self.refreshInterval = refreshInterval
        self.userAgent = userAgent
    }

    public var mechanism: String { "http" }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        let http = ProviderClient(client, userAgent: userAgent)
        var list = HTTPTargetList(url: url)
        await refresh(every: refreshInterval, report) {
            do {
                let response = try await http.send(request, timeoutMilliseconds: refreshInterval.milliseconds)
                let groups = try list.take(response.body, contentType: response.headers.first(name: "content-type") ?? "")
                return [.groups(groups)]
            } catch {
                return [.failure(ProviderFault(url, error).reason)]
            }
        }
        await http.shutdown()
    }

    private var request: OutboundRequest {
        let seconds = Double(refreshInterval.milliseconds) / 1000
        let text = seconds == seconds.rounded() ? "\(refreshInterval.milliseconds / 1000)" : "\(seconds)"
        return OutboundRequest(
            .GET, url, headers: ["accept": "application/json", "x-prometheus-refresh-interval-seconds": text],
            responseBytesMax: HTTPDiscovery.listBytesMax)
    }
}

extension Duration {
    /// Whole milliseconds, for durations that come from configuration.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
