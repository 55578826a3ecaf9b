extension KubernetesCatalog {
    /// One target for each port of a service.
    func serviceGroup(_ service: Service) -> (labels: MetaLabels, targets: [MetaLabels]) {
        var labels = service.labels
        attachNamespace(service.namespace, to: &labels)
        let type = service.spec?.type ?? ""
        let targets = (service.spec?.ports ?? []).map { port in
            let host = "\(service.name).\(service.namespace).svc"
            var target = MetaLabels(address: MetaLabels.address(host, port: port.port ?? 0))
            target["service_port_name"] = port.name ?? ""
            target["service_port_number"] = String(port.port ?? 0)
            target["service_port_protocol"] = port.protocol ?? ""
            target["service_type"] = type
            if type == "ExternalName" {
                target["service_external_name"] = service.spec?.externalName ?? ""
            } else {
                target["service_cluster_ip"] = service.spec?.clusterIP ?? ""
            }
            if type == "LoadBalancer" { target["service_loadbalancer_ip"] = service.loadBalancerAddresses }
            return target
        }
        return (labels, targets)
    }
}

extension Service {
    var labels: MetaLabels {
        var labels = MetaLabels()
        labels.add(metadata, of: "service")
        return labels
    }
}
