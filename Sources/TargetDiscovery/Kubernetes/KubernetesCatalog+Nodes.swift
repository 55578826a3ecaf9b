internal import TelemetryModel

extension KubernetesCatalog {
    /// One target for the kubelet of a node.
    func nodeGroup(_ node: Node) -> (labels: MetaLabels, targets: [MetaLabels]) {
        var labels = MetaLabels()
        labels.add(node.metadata, of: "node")
        labels["node_provider_id"] = node.spec?.providerID ?? ""
        for condition in node.status?.conditions ?? [] {
            labels["node_condition_\(MetaLabels.sanitized((condition.type ?? "").lowercased()))"] = (condition.status ?? "").lowercased()
        }
        guard let host = node.address else { return (labels, []) }
        let port = node.status?.daemonEndpoints?.kubeletEndpoint?.port ?? 0
        var target = MetaLabels(address: MetaLabels.address(host, port: port))
        target.setPlain(LabelName.instance, node.name)
        // Of several addresses of a type the first counts.
        for address in (node.status?.addresses ?? []).reversed() {
            target["node_address_\(MetaLabels.sanitized(address.type ?? ""))"] = address.address ?? ""
        }
        return (labels, [target])
    }
}

extension Node {
    private static let preferredTypes = ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"]

    fileprivate var address: String? {
        let addresses = status?.addresses ?? []
        for type in Node.preferredTypes {
            if let found = addresses.first(where: { $0.type == type })?.address { return found }
        }
        return nil
    }
}
