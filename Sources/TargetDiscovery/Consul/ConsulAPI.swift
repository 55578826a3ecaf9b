internal import NIOHTTP1
internal import OutboundHTTP

/// The requests that discovery makes of Consul.
struct ConsulAPI: Sendable {
    /// What a blocking query answered.
    struct Answer<Value: Sendable>: Sendable {
        let value: Value
        let index: UInt64
    }

    let settings: ConsulSettings
    let http: ProviderClient

    /// How long Consul holds a query back where nothing has changed.
    private static let waitSeconds: Int64 = 120
    private static let answerBytesMax = 256 << 20

    /// The datacenter of the agent.
    func datacenter() async throws(ProviderFault) -> String {
        struct Agent: Decodable {
            struct Config: Decodable {
                var datacenter: String

                enum CodingKeys: String, CodingKey { case datacenter = "Datacenter" }
            }

            var config: Config

            enum CodingKeys: String, CodingKey { case config = "Config" }
        }
        let failing = "cannot find out the datacenter"
        let response = try await get(settings.url("/v1/agent/self") + query([]), failing)
        return try decodeJSON(Agent.self, response.body, failing).config.datacenter
    }

    /// The names of all services with their tags.
    func services(index: UInt64) async throws(ProviderFault) -> Answer<[String: [String]]> {
        let filter = settings.filter.isEmpty ? [] : [("filter", settings.filter)]
        let url = settings.url("/v1/catalog/services") + query(blocking(index) + filter)
        let failing = "cannot list services"
        let response = try await get(url, failing)
        let services = try decodeJSON([String: [String]?].self, response.body, failing)
        return Answer(value: services.mapValues { $0 ?? [] }, index: try Self.index(response, failing))
    }

    /// The instances of one service that have all tags.
    func instances(of service: String, index: UInt64) async throws(ProviderFault) -> Answer<[ConsulInstance]> {
        let tags = settings.tags.map { ("tag", $0) }
        let filter = settings.healthFilter.isEmpty ? [] : [("filter", settings.healthFilter)]
        let url = settings.url("/v1/health/service/\(URLPart.encoded(service))") + query(tags + blocking(index) + filter)
        let failing = "cannot list the instances of \(service)"
        let response = try await get(url, failing)
        return Answer(
            value: try decodeJSON([ConsulInstance].self, response.body, failing), index: try Self.index(response, failing))
    }

    private func blocking(_ index: UInt64) -> [(String, String)] {
        var parameters: [(String, String)] = []
        if settings.allowStale { parameters.append(("stale", "")) }
        if index > 0 { parameters += [("index", "\(index)"), ("wait", "\(Self.waitSeconds * 1000)ms")] }
        parameters += settings.nodeMeta.sorted { $0.key < $1.key }.map { ("node-meta", "\($0.key):\($0.value)") }
        return parameters
    }

    private func query(_ parameters: [(String, String)]) -> String {
        let places = [("dc", settings.datacenter), ("ns", settings.namespace), ("partition", settings.partition)].filter { !$0.1.isEmpty }
        let all = (places + parameters).map { "\($0.0)=\(URLPart.encoded($0.1))" }
        return all.isEmpty ? "" : "?" + all.joined(separator: "&")
    }

    private func get(_ url: String, _ failing: String) async throws(ProviderFault) -> OutboundResponse {
        do {
            var headers: HTTPHeaders = ["accept": "application/json"]
            if let token = settings.token { headers.add(name: "x-consul-token", value: try token.read()) }
            return try await http.send(
                OutboundRequest(.GET, url, headers: headers, responseBytesMax: Self.answerBytesMax),
                timeoutMilliseconds: (Self.waitSeconds + 15) * 1000)
        } catch {
            throw ProviderFault(failing, error)
        }
    }

    private static func index(_ response: OutboundResponse, _ failing: String) throws(ProviderFault) -> UInt64 {
        guard let index = response.headers.first(name: "x-consul-index").flatMap({ UInt64($0) }), index > 0 else {
            throw ProviderFault("\(failing): the answer has no X-Consul-Index")
        }
        return index
    }
}
