internal import TelemetryModel

/// One instance of a service as `/v1/health/service/NAME` shows it.
struct ConsulInstance: Decodable, Hashable, Sendable {
    struct Node: Decodable, Hashable, Sendable {
        var name: String?
        var address: String?
        var meta: [String: String]?
        var taggedAddresses: [String: String]?

        enum CodingKeys: String, CodingKey {
            case name = "Node"
            case address = "Address"
            case meta = "Meta"
            case taggedAddresses = "TaggedAddresses"
        }
    }

    struct Service: Decodable, Hashable, Sendable {
        var id: String?
        var address: String?
        var port: Int?
        var tags: [String]?
        var meta: [String: String]?
        var namespace: String?
        var partition: String?

        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case address = "Address"
            case port = "Port"
            case tags = "Tags"
            case meta = "Meta"
            case namespace = "Namespace"
            case partition = "Partition"
        }
    }

    struct Check: Decodable, Hashable, Sendable {
        var id: String?
        var status: String?

        enum CodingKeys: String, CodingKey {
            case id = "CheckID"
            case status = "Status"
        }
    }

    var node: Node
    var service: Service
    var checks: [Check]?

    enum CodingKeys: String, CodingKey {
        case node = "Node"
        case service = "Service"
        case checks = "Checks"
    }

    /// The worst of all checks, where maintenance is worse than any; empty where a check has a status of no known meaning.
    var health: String {
        var worst = 0
        let order = ["passing", "warning", "critical", "maintenance"]
        for check in checks ?? [] {
            let id = check.id ?? ""
            let isMaintenance = id == "_node_maintenance" || id.hasPrefix("_service_maintenance:")
            guard let rank = order.firstIndex(of: isMaintenance ? "maintenance" : check.status ?? ""),
                isMaintenance || check.status != "maintenance"
            else { return "" }
            worst = max(worst, rank)
        }
        return order[worst]
    }
}

/// Makes targets of the instances of one service.
struct ConsulTargets {
    let service: String
    let datacenter: String
    let tagSeparator: String

    func group(_ instances: [ConsulInstance]) -> TargetGroup {
        TargetGroup(
            source: service, targets: instances.map(target),
            labels: ["__meta_consul_service": service, "__meta_consul_dc": datacenter])
    }

    private func target(_ instance: ConsulInstance) -> LabelSet {
        let (node, service) = (instance.node, instance.service)
        let nodeAddress = node.address ?? ""
        let serviceAddress = service.address ?? ""
        let port = service.port ?? 0
        // A service may be registered at another node than its own: its address is nearer then.
        let host = serviceAddress.isEmpty ? nodeAddress : serviceAddress
        // With separators around it a rule need not care where in the list a tag stands.
        let tags = tagSeparator + (service.tags ?? []).joined(separator: tagSeparator) + tagSeparator
        let fixed = [
            (TargetLabelName.address, DiscoveredLabel.address(host, port)),
            ("__meta_consul_address", nodeAddress),
            ("__meta_consul_node", node.name ?? ""),
            ("__meta_consul_namespace", service.namespace ?? ""),
            ("__meta_consul_partition", service.partition ?? ""),
            ("__meta_consul_tags", tags),
            ("__meta_consul_service_address", serviceAddress),
            ("__meta_consul_service_port", "\(port)"),
            ("__meta_consul_service_id", service.id ?? ""),
            ("__meta_consul_health", instance.health),
        ]
        return LabelSet(
            fixed + DiscoveredLabel.pairs("__meta_consul_metadata_", node.meta ?? [:])
                + DiscoveredLabel.pairs("__meta_consul_service_metadata_", service.meta ?? [:])
                + DiscoveredLabel.pairs("__meta_consul_tagged_address_", node.taggedAddresses ?? [:]))
    }
}
