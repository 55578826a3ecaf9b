internal import Foundation
internal import NIOCore
internal import TelemetryModel

/// Targets that stand in the domain name system (`dns_sd_configs`).
public struct DNSDiscovery: TargetProvider, Hashable {
    /// The names that are asked for.
    public let names: [String]
    /// The records that are asked for.
    public let type: DNSRecordType
    /// The port of all targets; that of an SRV record stands in the record.
    public let port: Int
    public let refreshInterval: Duration
    /// Where servers and search domains are found; read for every lookup.
    let resolver: Resolver

    /// How servers are found and asked.
    struct Resolver: Sendable, Hashable {
        var configurationFile = "/etc/resolv.conf"
        var port = 53
        /// How long one server has to answer.
        var timeoutMilliseconds: Int64 = 2_000
    }

    public init(names: [String], type: DNSRecordType = .srv, port: Int = 0, refreshInterval: Duration = .seconds(30)) {
        self.init(names: names, type: type, port: port, refreshInterval: refreshInterval, resolver: Resolver())
    }

    init(names: [String], type: DNSRecordType, port: Int, refreshInterval: Duration, resolver: Resolver) {
        self.names = names
        self.type = type
        self.port = port
        self.refreshInterval = refreshInterval
        self.resolver = resolver
    }

    public var mechanism: String { "dns" }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        await refresh(every: refreshInterval, report) { await find() }
    }

    /// What became of one name.
    private struct Finding: Sendable {
        let index: Int
        let result: Result<TargetGroup, ProviderFault>
    }

    /// Asks for all names at once. Names that cannot be found out keep their targets.
    private func find() async -> [DiscoveryEvent] {
        let results = await withTaskGroup(of: Finding.self) { group in
            for (index, name) in names.enumerated() { group.addTask { Finding(index: index, result: await self.find(name)) } }
            var results: [Int: Result<TargetGroup, ProviderFault>] = [:]
            for await finding in group { results[finding.index] = finding.result }
            return results
        }
        var groups: [TargetGroup] = []
        var failures: [DiscoveryEvent] = []
        for index in names.indices {
            switch results[index] {
            case .success(let group): groups.append(group)
            case .failure(let fault): failures.append(.failure(fault.reason))
            case nil: break
            }
        }
        return (groups.isEmpty ? [] : [.groups(groups)]) + failures
    }

    private func find(_ name: String) async -> Result<TargetGroup, ProviderFault> {
        do throws(ProviderFault) {
            let lookup = DNSLookup(configuration: try resolver.configuration()) { name, server, transport in
                try await ask(name, server, transport)
            }
            return .success(group(name, try await lookup.records(name)))
        } catch {
            return .failure(ProviderFault("\(quoted(name)) cannot be looked up: \(error.reason)"))
        }
    }

    private func ask(_ name: String, _ server: String, _ transport: DNSLookup.Transport) async throws -> DNSResponse {
        let query = DNSQuery(id: .random(in: 0 ... .max), name: name, type: type, answerBytesMax: transport == .udp ? 4096 : nil)
        guard let message = query.encoded() else { throw ProviderFault("not a domain name") }
        let address = try SocketAddress(ipAddress: server, port: resolver.port)
        return try await DNSExchange.run(
            message, id: query.id, to: address, over: transport, timeoutMilliseconds: resolver.timeoutMilliseconds)
    }

    /// The targets that the records of a name are.
    func group(_ name: String, _ records: [DNSRecord]) -> TargetGroup {
        let targets = records.compactMap { record -> LabelSet? in
            var labels = [("__meta_dns_name", name)]
            switch record {
            case .a(let address), .aaaa(let address): labels.append((TargetLabelName.address, DiscoveredLabel.address(address, port)))
            case .srv(let target, let port):
                labels += [
                    (TargetLabelName.address, DiscoveredLabel.address(Self.withoutDots(target), port)),
                    ("__meta_dns_srv_record_target", target), ("__meta_dns_srv_record_port", "\(port)"),
                ]
            case .mx(let target):
                labels += [
                    (TargetLabelName.address, DiscoveredLabel.address(Self.withoutDots(target), port)),
                    ("__meta_dns_mx_record_target", target),
                ]
            case .ns(let target):
                labels += [
                    (TargetLabelName.address, DiscoveredLabel.address(Self.withoutDots(target), port)),
                    ("__meta_dns_ns_record_target", target),
                ]
            // Aliases come in front of the addresses that they lead to.
            case .other: return nil
            }
            return LabelSet(labels)
        }
        return TargetGroup(source: name, targets: targets)
    }

    private static func withoutDots(_ name: String) -> String {
        var name = name[...]
        while name.last == "." { name.removeLast() }
        return String(name)
    }
}

extension DNSDiscovery.Resolver {
    func configuration() throws(ProviderFault) -> ResolverConfiguration {
        do {
            return ResolverConfiguration(parsing: String(decoding: try Data(contentsOf: URL(filePath: configurationFile)), as: UTF8.self))
        } catch {
            throw ProviderFault("\(configurationFile) cannot be read")
        }
    }
}
