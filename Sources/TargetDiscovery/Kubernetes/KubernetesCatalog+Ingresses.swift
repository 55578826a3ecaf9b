extension KubernetesCatalog {
    /// One target for each path of each host of an ingress, to be reached by a prober.
    func ingressGroup(_ ingress: Ingress) -> (labels: MetaLabels, targets: [MetaLabels]) {
        var labels = MetaLabels()
        labels.add(ingress.metadata, of: "ingress")
        labels["ingress_class_name"] = ingress.spec?.ingressClassName
        attachNamespace(ingress.namespace, to: &labels)
        let tlsHosts = (ingress.spec?.tls ?? []).flatMap { $0.hosts ?? [] }
        var targets: [MetaLabels] = []
        for rule in ingress.spec?.rules ?? [] {
            let host = rule.host ?? ""
            let scheme = tlsHosts.contains { Ingress.matches($0, host) } ? "https" : "http"
            for path in rule.http.map({ $0.paths ?? [] }) ?? [Ingress.Path()] {
                var target = MetaLabels(address: host)
                target["ingress_scheme"] = scheme
                target["ingress_host"] = host
                target["ingress_path"] = path.path.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
                targets.append(target)
            }
        }
        return (labels, targets)
    }
}

extension Ingress {
    /// Whether a host is the one of a pattern, or one name below the domain of a pattern that begins with `*.`.
    static func matches(_ pattern: String, _ host: String) -> Bool {
        if pattern == host { return true }
        let wanted = pattern.split(separator: ".", omittingEmptySubsequences: false)
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return wanted.first == "*" && wanted.count == parts.count && wanted.dropFirst().elementsEqual(parts.dropFirst())
    }
}
