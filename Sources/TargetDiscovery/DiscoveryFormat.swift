internal import ConfigFile
internal import TelemetryModel

/// What discovery reads of what others send, each by itself and without a network: for whoever wants to know how it bears any bytes.
public enum DiscoveryFormat: String, Sendable, CaseIterable {
    /// A message of a name server.
    case dns
    /// Lines of a watch of the Kubernetes API.
    case kubernetes
    /// A kubeconfig file.
    case kubeconfig
    /// A list of Docker's containers.
    case docker
    /// A list of the instances of a Consul service.
    case consul
    /// What `http_sd_configs` reads.
    case http
    /// What `file_sd_configs` reads.
    case file

    /// Reads bytes and makes of them what discovery makes.
    ///
    /// - Returns: how many records or groups of targets it came to; nil where the bytes are refused.
    public func count(in bytes: [UInt8]) -> Int? {
        switch self {
        case .dns: DNSResponse(bytes)?.records.count
        case .kubernetes: DiscoveryFormat.kubernetesGroups(bytes)
        case .kubeconfig: (try? Kubeconfig.connection(String(decoding: bytes, as: UTF8.self), path: "f")).map { _ in 1 }
        case .docker:
            (try? decodeJSON([DockerContainer].self, bytes)).map {
                DockerTargets(port: 80, hostNetworkingHost: "localhost", matchFirstNetwork: false).group($0, []).targets.count
            }
        case .consul:
            (try? decodeJSON([ConsulInstance].self, bytes)).map {
                ConsulTargets(service: "s", datacenter: "d", tagSeparator: ",").group($0).targets.count
            }
        case .http:
            {
                var list = HTTPTargetList(url: "http://u")
                return try? list.take(bytes, contentType: "application/json").count
            }()
        case .file: try? TargetFile.parse(String(decoding: bytes, as: UTF8.self), path: "f.yml").count
        }
    }

    /// Takes the lines of a watch as events of objects of each kind, and makes groups of them for each role.
    private static func kubernetesGroups(_ bytes: [UInt8]) -> Int? {
        var lines = WatchLines()
        guard let whole = try? lines.append(bytes) else { return nil }
        var count: Int?
        for role in KubernetesRole.allCases {
            var discovery = KubernetesDiscovery(role: role)
            discovery.attachesNode = true
            discovery.attachesNamespace = true
            discovery.picksAnnotatedPort = true
            var catalog = KubernetesCatalog(discovery, listCount: 0)
            for line in whole {
                take(line, \.namespaces, &catalog)
                take(line, \.pods, &catalog)
                take(line, \.nodes, &catalog)
                switch role {
                case .pod, .node: break
                case .service: take(line, \.services, &catalog)
                case .endpoints:
                    take(line, \.services, &catalog)
                    take(line, \.endpoints, &catalog)
                case .endpointslice:
                    take(line, \.services, &catalog)
                    take(line, \.slices, &catalog)
                case .ingress: take(line, \.ingresses, &catalog)
                }
            }
            if let groups = catalog.takeChangedGroups() { count = (count ?? 0) + groups.count }
        }
        return count
    }

    private static func take<Object: KubernetesObject>(
        _ line: [UInt8], _ store: WritableKeyPath<KubernetesCatalog, ObjectStore<Object>>, _ catalog: inout KubernetesCatalog
    ) {
        guard let event = try? WatchEvent<Object>(line: line) else { return }
        _ = catalog.take(event, store)
    }
}
