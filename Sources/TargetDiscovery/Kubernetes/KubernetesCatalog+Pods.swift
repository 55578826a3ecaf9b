extension KubernetesCatalog {
    /// One target for each port of each container, and one for each container without ports.
    func podGroup(_ pod: Pod) -> (labels: MetaLabels, targets: [MetaLabels]) {
        // A pod that starts or was evicted has no address.
        guard let address = pod.status?.podIP, !address.isEmpty else { return (MetaLabels(), []) }
        // A selector may have left the pod's node out, and with it the pod.
        if attachesNode, nodes[ObjectKey(namespace: "", name: pod.spec?.nodeName ?? "")] == nil { return (MetaLabels(), []) }
        var labels = labels(of: pod)
        attachNamespace(pod.namespace, to: &labels)
        attachNode(pod.spec?.nodeName, to: &labels)
        var targets: [MetaLabels] = []
        for (container, isInit) in pod.allContainers {
            let ports: [Pod.Port?] = (container.ports ?? []).isEmpty ? [nil] : (container.ports ?? [])
            for port in ports {
                var target = MetaLabels(address: MetaLabels.address(address, port: port.map { $0.containerPort ?? 0 }))
                target.add(container, isInit: isInit)
                target["pod_container_id"] = pod.containerID(container, isInit: isInit)
                if let port { target.add(port) }
                targets.append(target)
            }
        }
        return (labels, picksAnnotatedPort ? pod.annotatedTargets(targets) : targets)
    }

    /// Labels of a pod, and what `attach_metadata` asks for of what it belongs to.
    func labels(of pod: Pod) -> MetaLabels {
        var labels = pod.labels
        guard let owner = pod.metadata?.controller, let name = owner.name else { return labels }
        let key = ObjectKey(namespace: pod.namespace, name: name)
        switch owner.kind {
        case "ReplicaSet":
            if attachesDeployment, let deployment = replicaSets[key]?.metadata?.controller, deployment.kind == "Deployment" {
                labels["pod_deployment_name"] = deployment.name
            }
        case "Job":
            if attachesJob { labels["pod_job_name"] = name }
            if attachesCronJob, let cronJob = jobs[key]?.metadata?.controller, cronJob.kind == "CronJob" {
                labels["pod_cronjob_name"] = cronJob.name
            }
        default: break
        }
        return labels
    }
}

extension Pod {
    /// Labels of the pod itself.
    var labels: MetaLabels {
        var labels = MetaLabels()
        labels.add(metadata, of: "pod")
        labels["pod_ip"] = status?.podIP ?? ""
        labels["pod_host_ip"] = status?.hostIP ?? ""
        labels["pod_phase"] = status?.phase ?? ""
        labels["pod_ready"] = (status?.conditions?.first { $0.type == "Ready" }?.status ?? "unknown").lowercased()
        labels["pod_node_name"] = spec?.nodeName ?? ""
        labels["pod_uid"] = metadata?.uid ?? ""
        if let owner = metadata?.controller {
            labels["pod_controller_kind"] = owner.kind
            labels["pod_controller_name"] = owner.name
        }
        return labels
    }

    fileprivate func containerID(_ container: Container, isInit: Bool) -> String {
        let statuses = isInit ? status?.initContainerStatuses : status?.containerStatuses
        return statuses?.first { $0.name == container.name }?.containerID ?? ""
    }

    /// Of the pod's targets those that its annotations mean.
    ///
    /// With `prometheus.io/port` that is the target with this port, or the first where no container says that it has it; without, those with
    /// ports. So a pod is not scraped several times at the same port under different names.
    fileprivate func annotatedTargets(_ targets: [MetaLabels]) -> [MetaLabels] {
        if let port = metadata?.annotations?["prometheus.io/port"], !port.isEmpty {
            let named = targets.first { $0["pod_container_port_number"] == port }
            return Array((named ?? targets.first).map { [$0] } ?? [])
        }
        let withPorts = targets.filter { $0["pod_container_port_number"] != nil && $0["pod_container_init"] == "false" }
        return withPorts.isEmpty ? Array(targets.prefix(1)) : withPorts
    }
}

extension MetaLabels {
    mutating func add(_ container: Pod.Container, isInit: Bool) {
        self["pod_container_name"] = container.name ?? ""
        self["pod_container_image"] = container.image ?? ""
        self["pod_container_init"] = isInit ? "true" : "false"
    }

    mutating func add(_ port: Pod.Port) {
        self["pod_container_port_name"] = port.name ?? ""
        self["pod_container_port_number"] = String(port.containerPort ?? 0)
        self["pod_container_port_protocol"] = port.protocol ?? ""
    }
}
