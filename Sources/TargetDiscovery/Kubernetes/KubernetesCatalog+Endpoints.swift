extension KubernetesCatalog {
    /// One target for each address and port of endpoints, and one for each further port of the pods behind them.
    func endpointsGroup(_ endpoints: Endpoints) -> (labels: MetaLabels, targets: [MetaLabels]) {
        var labels = endpoints.key.flatMap { services[$0] }?.labels ?? MetaLabels()
        attachNamespace(endpoints.namespace, to: &labels)
        labels.add(endpoints.metadata, of: "endpoints")
        var pods = EndpointPods()
        var targets: [MetaLabels] = []
        for subset in endpoints.subsets ?? [] {
            let addresses = (subset.addresses ?? []).map { ($0, "true") } + (subset.notReadyAddresses ?? []).map { ($0, "false") }
            for port in subset.ports ?? [] {
                for (address, ready) in addresses {
                    var target = MetaLabels(address: MetaLabels.address(address.ip ?? "", port: port.port ?? 0))
                    target["endpoint_port_name"] = port.name ?? ""
                    target["endpoint_port_protocol"] = port.protocol ?? ""
                    target["endpoint_ready"] = ready
                    target["endpoint_address_target_kind"] = address.targetRef.map { $0.kind ?? "" }
                    target["endpoint_address_target_name"] = address.targetRef.map { $0.name ?? "" }
                    target["endpoint_node_name"] = address.nodeName
                    target["endpoint_hostname"] = address.hostname
                    attachNode(nodeName(address.targetRef, address.nodeName), to: &target)
                    if let key = address.targetRef?.podKey, let pod = self.pods[key] {
                        pods.add(pod, key, self.labels(of: pod), port: port.port ?? 0, protocol: port.protocol, to: &target)
                    }
                    targets.append(target)
                }
            }
        }
        return (labels, targets + furtherTargets(pods))
    }

    /// One target for each address and port of a slice, and one for each further port of the pods behind them.
    func sliceGroup(_ slice: EndpointSlice) -> (labels: MetaLabels, targets: [MetaLabels]) {
        var labels = MetaLabels()
        labels.add(slice.metadata, of: "endpointslice")
        labels["endpointslice_address_type"] = slice.addressType ?? ""
        if let service = slice.serviceKey.flatMap({ services[$0] }) { labels.merge(service.labels) }
        attachNamespace(slice.namespace, to: &labels)
        var pods = EndpointPods()
        var targets: [MetaLabels] = []
        for endpoint in slice.endpoints ?? [] {
            for port in slice.ports ?? [] {
                for address in endpoint.addresses ?? [] {
                    var target = sliceTarget(address, endpoint, port)
                    attachNode(nodeName(endpoint.targetRef, endpoint.nodeName), to: &target)
                    if let key = endpoint.targetRef?.podKey, let pod = self.pods[key] {
                        pods.add(pod, key, self.labels(of: pod), port: port.port, protocol: nil, to: &target)
                    }
                    targets.append(target)
                }
            }
        }
        return (labels, targets + furtherTargets(pods))
    }

    private func sliceTarget(_ address: String, _ endpoint: EndpointSlice.Endpoint, _ port: EndpointSlice.Port) -> MetaLabels {
        func text(_ flag: Bool?) -> String? { flag.map { $0 ? "true" : "false" } }
        var target = MetaLabels(address: MetaLabels.address(address, port: port.port))
        target["endpointslice_port_name"] = port.name
        target["endpointslice_port_protocol"] = port.protocol
        target["endpointslice_port"] = port.port.map { String($0) }
        target["endpointslice_port_app_protocol"] = port.appProtocol
        target["endpointslice_endpoint_conditions_ready"] = text(endpoint.conditions?.ready)
        target["endpointslice_endpoint_conditions_serving"] = text(endpoint.conditions?.serving)
        target["endpointslice_endpoint_conditions_terminating"] = text(endpoint.conditions?.terminating)
        target["endpointslice_endpoint_hostname"] = endpoint.hostname
        target["endpointslice_endpoint_node_name"] = endpoint.nodeName
        target["endpointslice_endpoint_zone"] = endpoint.zone
        target["endpointslice_address_target_kind"] = endpoint.targetRef.map { $0.kind ?? "" }
        target["endpointslice_address_target_name"] = endpoint.targetRef.map { $0.name ?? "" }
        for (name, value) in (endpoint.deprecatedTopology ?? [:]).sorted(by: { $0.key < $1.key }) {
            target["endpointslice_endpoint_topology_\(MetaLabels.sanitized(name))"] = value
            target["endpointslice_endpoint_topology_present_\(MetaLabels.sanitized(name))"] = "true"
        }
        return target
    }

    /// Targets for the ports of pods that no endpoint has.
    private func furtherTargets(_ pods: EndpointPods) -> [MetaLabels] {
        pods.uncoveredPorts.map { pod, container, isInit, port in
            var target = MetaLabels(address: MetaLabels.address(pod.status?.podIP ?? "", port: port.containerPort ?? 0))
            target.add(container, isInit: isInit)
            target.add(port)
            target.merge(labels(of: pod))
            attachNode(pod.spec?.nodeName, to: &target)
            return target
        }
    }
}

/// The pods behind endpoints, and which of their ports have targets.
private struct EndpointPods {
    private struct Entry {
        let pod: Pod
        var ports: Set<Int> = []
    }

    private var order: [ObjectKey] = []
    private var entries: [ObjectKey: Entry] = [:]

    /// Adds the labels of a pod to a target at one of its ports.
    ///
    /// - Parameter protocol: what the endpoint says; nil for what the container says.
    mutating func add(
        _ pod: Pod, _ key: ObjectKey, _ labels: MetaLabels, port: Int?, protocol: String?, to target: inout MetaLabels
    ) {
        target.merge(labels)
        if entries[key] == nil {
            entries[key] = Entry(pod: pod)
            order.append(key)
        }
        guard let port else { return }
        entries[key]?.ports.insert(port)
        for (container, isInit) in pod.allContainers {
            guard let found = (container.ports ?? []).first(where: { ($0.containerPort ?? 0) == port }) else { continue }
            target.add(container, isInit: isInit)
            target.add(found)
            if let text = `protocol` { target["pod_container_port_protocol"] = text }
        }
    }

    /// Ports that containers have and endpoints have not, of pods with an address.
    var uncoveredPorts: [(pod: Pod, container: Pod.Container, isInit: Bool, port: Pod.Port)] {
        var found: [(pod: Pod, container: Pod.Container, isInit: Bool, port: Pod.Port)] = []
        for entry in order.compactMap({ entries[$0] }) where !(entry.pod.status?.podIP ?? "").isEmpty {
            for (container, isInit) in entry.pod.allContainers {
                for port in container.ports ?? [] where !entry.ports.contains(port.containerPort ?? 0) {
                    found.append((entry.pod, container, isInit, port))
                }
            }
        }
        return found
    }
}
