internal import TelemetryModel

/// A container as `/containers/json` shows it.
struct DockerContainer: Decodable, Hashable {
    struct Port: Decodable, Hashable {
        var ip: String?
        var privatePort: Int?
        var publicPort: Int?
        var type: String?

        enum CodingKeys: String, CodingKey {
            case ip = "IP"
            case privatePort = "PrivatePort"
            case publicPort = "PublicPort"
            case type = "Type"
        }
    }

    struct HostConfig: Decodable, Hashable {
        var networkMode: String?

        enum CodingKeys: String, CodingKey { case networkMode = "NetworkMode" }
    }

    struct Endpoint: Decodable, Hashable {
        var networkID: String?
        var address: String?

        enum CodingKeys: String, CodingKey {
            case networkID = "NetworkID"
            case address = "IPAddress"
        }
    }

    struct NetworkSettings: Decodable, Hashable {
        var networks: [String: Endpoint?]?

        enum CodingKeys: String, CodingKey { case networks = "Networks" }
    }

    var id: String
    var names: [String]?
    var labels: [String: String]?
    var ports: [Port]?
    var hostConfig: HostConfig?
    var networkSettings: NetworkSettings?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case labels = "Labels"
        case ports = "Ports"
        case hostConfig = "HostConfig"
        case networkSettings = "NetworkSettings"
    }

    var networkMode: String { hostConfig?.networkMode ?? "" }
    /// The networks that the container is in itself, by name.
    var networks: [String: Endpoint?] { networkSettings?.networks ?? [:] }
}

/// A network as `/networks` shows it.
struct DockerNetwork: Decodable, Hashable {
    var id: String
    var name: String?
    var scope: String?
    var isInternal: Bool?
    var isIngress: Bool?
    var labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case scope = "Scope"
        case isInternal = "Internal"
        case isIngress = "Ingress"
        case labels = "Labels"
    }
}

/// Makes targets of containers: one for each port that a container publishes over TCP in each of its networks.
struct DockerTargets {
    let port: Int
    let hostNetworkingHost: String
    let matchFirstNetwork: Bool

    private typealias Labels = [(String, String)]

    func group(_ containers: [DockerContainer], _ networks: [DockerNetwork]) -> TargetGroup {
        let containersByID = Dictionary(containers.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let networkLabels = Dictionary(networks.map { ($0.id, Self.labels($0)) }, uniquingKeysWith: { $1 })
        var targets: [LabelSet] = []
        for container in containers where !(container.names ?? []).isEmpty {
            let common = Self.labels(container)
            for endpoint in endpoints(container, containersByID) {
                let shared = common + (endpoint.networkID.flatMap { networkLabels[$0] } ?? [])
                targets += self.targets(container, endpoint.address ?? "", shared)
            }
        }
        return TargetGroup(source: "Docker", targets: targets)
    }

    private func targets(_ container: DockerContainer, _ address: String, _ shared: Labels) -> [LabelSet] {
        let network = [("__meta_docker_network_ip", address)]
        let ports = (container.ports ?? []).filter { $0.type == "tcp" }
        guard !ports.isEmpty else {
            // Containers in the network of their host publish no ports.
            let target = container.networkMode == "host" ? hostNetworkingHost : DiscoveredLabel.address(address, port)
            return [LabelSet(network + shared + [(TargetLabelName.address, target)])]
        }
        return ports.map { port in
            let privatePort = port.privatePort ?? 0
            var labels = network + [("__meta_docker_port_private", "\(privatePort)")]
            if let publicPort = port.publicPort, publicPort > 0 {
                labels += [("__meta_docker_port_public", "\(publicPort)"), ("__meta_docker_port_public_ip", port.ip ?? "")]
            }
            return LabelSet(labels + shared + [(TargetLabelName.address, DiscoveredLabel.address(address, privatePort))])
        }
    }

    /// The networks of a container by name, or of the container whose network it shares.
    private func endpoints(
        _ container: DockerContainer, _ containers: [String: DockerContainer]
    ) -> [DockerContainer.Endpoint] {
        var networks = container.networks
        var mode = container.networkMode
        // Containers that share the network of one another must not be followed for ever.
        var visited: Set<String> = [container.id]
        while networks.isEmpty, mode.hasPrefix("container:"), let other = containers[String(mode.dropFirst("container:".count))],
            visited.insert(other.id).inserted
        {
            networks = other.networks
            mode = other.networkMode
        }
        let found = networks.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.compactMap(\.value)
        return matchFirstNetwork ? Array(found.prefix(1)) : found
    }

    private static func labels(_ container: DockerContainer) -> Labels {
        [
            ("__meta_docker_container_id", container.id),
            ("__meta_docker_container_name", container.names?.first ?? ""),
            ("__meta_docker_container_network_mode", container.networkMode),
        ] + DiscoveredLabel.pairs("__meta_docker_container_label_", container.labels ?? [:])
    }

    private static func labels(_ network: DockerNetwork) -> Labels {
        [
            ("__meta_docker_network_id", network.id),
            ("__meta_docker_network_name", network.name ?? ""),
            ("__meta_docker_network_scope", network.scope ?? ""),
            ("__meta_docker_network_internal", "\(network.isInternal ?? false)"),
            ("__meta_docker_network_ingress", "\(network.isIngress ?? false)"),
        ] + DiscoveredLabel.pairs("__meta_docker_network_label_", network.labels ?? [:])
    }
}
