internal import ConfigFile
internal import OutboundHTTP
internal import Relabeling
internal import Scraping
internal import TargetDiscovery

extension ConfigurationReader {
    /// Reads `kubernetes_sd_configs`, with the checks of Prometheus.
    func readKubernetes(_ mapping: inout ConfigMapping) throws(ConfigError) -> [KubernetesDiscovery] {
        try mapping.optional("kubernetes_sd_configs") { (node) throws(ConfigError) in
            try node.list { (element) throws(ConfigError) in
                try element.mapping { (mapping) throws(ConfigError) in try readKubernetesDiscovery(&mapping) }
            }
        } ?? []
    }

    private func readKubernetesDiscovery(_ mapping: inout ConfigMapping) throws(ConfigError) -> KubernetesDiscovery {
        var discovery = KubernetesDiscovery(role: try mapping.required("role", reading: kubernetesRole(in:)))
        discovery.access = try readKubernetesAccess(&mapping)
        discovery.userAgent = "Perch/" + PerchVersion.current
        try mapping.optional("namespaces") { (node) throws(ConfigError) in
            try node.mapping { (mapping) throws(ConfigError) in
                discovery.includesOwnNamespace = try mapping.optional("own_namespace", default: false)
                if discovery.includesOwnNamespace && discovery.access != .inCluster {
                    throw mapping.error(atKey: "own_namespace", "own_namespace cannot be used together with api_server or kubeconfig_file")
                }
                let names = try mapping.optional("names") { (node) throws(ConfigError) in
                    try node.list { (name) throws(ConfigError) in
                        let text = try name.string()
                        if text.isEmpty { throw name.error("a namespace needs a name") }
                        return text
                    }
                }
                for name in names ?? [] where !discovery.namespaces.contains(name) { discovery.namespaces.append(name) }
            }
        }
        let role = discovery.role
        discovery.selectors =
            try mapping.optional("selectors") { (node) throws(ConfigError) in
                try readKubernetesSelectors(node, of: role)
            } ?? []
        try mapping.optional("attach_metadata") { (node) throws(ConfigError) in
            try node.mapping { (mapping) throws(ConfigError) in
                discovery.attachesNode = try mapping.optional("node", default: false)
                discovery.attachesNamespace = try mapping.optional("namespace", default: false)
                discovery.attachesDeployment = try mapping.optional("deployment", default: false)
                discovery.attachesJob = try mapping.optional("job", default: false)
                discovery.attachesCronJob = try mapping.optional("cronjob", default: false)
            }
        }
        return discovery
    }

    private func kubernetesRole(in node: ConfigNode) throws(ConfigError) -> KubernetesRole {
        guard let role = KubernetesRole(rawValue: try node.string()) else {
            throw node.mismatch(expected: "one of \(KubernetesRole.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return role
    }

    private func readKubernetesAccess(_ mapping: inout ConfigMapping) throws(ConfigError) -> KubernetesAccess {
        let client = try readHTTPClient(&mapping)
        let hasServer = try mapping.isGiven("api_server")
        let hasFile = try mapping.isGiven("kubeconfig_file")
        if hasServer {
            if hasFile { throw mapping.error(atKey: "kubeconfig_file", "kubeconfig_file cannot be used together with api_server") }
            let url = try mapping.required("api_server") { (node) throws(ConfigError) in
                let text = try node.string()
                guard ["http://", "https://"].contains(where: { text.hasPrefix($0) && text.count > $0.count }) else {
                    throw node.error("expected a URL that begins with http:// or https://")
                }
                return text
            }
            return .server(url: url, client)
        }
        if client != HTTPClientSettings() {
            throw mapping.node.error(
                hasFile
                    ? "settings of the HTTP client cannot be used together with kubeconfig_file, which has its own"
                    : "settings of the HTTP client need api_server: within a cluster the service account says how the server is reached")
        }
        return hasFile ? .kubeconfig(path: try mapping.required("kubeconfig_file", reading: path(in:))) : .inCluster
    }

    private func readKubernetesSelectors(_ node: ConfigNode, of role: KubernetesRole) throws(ConfigError) -> [KubernetesSelector] {
        let allowed: [KubernetesRole] =
            switch role {
            case .pod: [.pod, .node]
            case .endpoints, .endpointslice: [.pod, .service, role]
            case .service, .node, .ingress: [role]
            }
        var seen: Set<KubernetesRole> = []
        return try node.list { (element) throws(ConfigError) in
            try element.mapping { (mapping) throws(ConfigError) in
                let selected = try mapping.required("role", reading: kubernetesRole(in:))
                guard allowed.contains(selected) else {
                    throw mapping.error(
                        atKey: "role",
                        "the role \(role.rawValue) takes selectors for \(allowed.map(\.rawValue).joined(separator: ", ")) only")
                }
                if !seen.insert(selected).inserted {
                    throw mapping.error(atKey: "role", "there are two selectors for the role \(selected.rawValue)")
                }
                return KubernetesSelector(
                    role: selected, label: try mapping.optional("label", default: ""), field: try mapping.optional("field", default: ""))
            }
        }
    }

    /// The job that `scrape_annotated_pods` adds.
    static let annotatedPodsJob = "annotated-pods"

    /// Reads `scrape_annotated_pods`, which stands for a job with role pod and the rules that most clusters have.
    func readAnnotatedPods(
        _ mapping: inout ConfigMapping, others: [ScrapeJobConfiguration], defaults: ScrapeDefaults
    ) throws(ConfigError) -> ScrapeJobConfiguration? {
        guard try mapping.optional("scrape_annotated_pods", default: false) else { return nil }
        if others.contains(where: { $0.job.name == Self.annotatedPodsJob }) {
            throw mapping.error(
                atKey: "scrape_annotated_pods", "scrape_annotated_pods adds a job \"\(Self.annotatedPodsJob)\", and there is one already")
        }
        var job = ScrapeJob(name: Self.annotatedPodsJob)
        job.intervalMilliseconds = defaults.intervalMilliseconds
        job.timeoutMilliseconds = min(defaults.timeoutMilliseconds, job.intervalMilliseconds)
        job.limits = defaults.limits
        job.histograms = defaults.histograms
        job.names = defaults.names
        job.protocols = defaults.protocols ?? (job.histograms.takesNative ? ScrapeProtocol.protobufFirst : ScrapeProtocol.defaultOrder)
        job.writesExtraScrapeMetrics = defaults.writesExtraScrapeMetrics
        job.failureLogFile = defaults.failureLogFile
        do throws(RelabelRuleError) {
            job.relabelRules = try RelabelRules(Self.annotatedPodsRules)
        } catch {
            throw mapping.error(atKey: "scrape_annotated_pods", "\(error)")
        }
        var discovery = KubernetesDiscovery(role: .pod)
        discovery.userAgent = "Perch/" + PerchVersion.current
        discovery.picksAnnotatedPort = true
        var configuration = ScrapeJobConfiguration(job: job)
        configuration.mechanisms.kubernetes = [discovery]
        return configuration
    }

    private static let annotatedPodsRules: [RelabelRule] = {
        let pod = "__meta_kubernetes_pod_"
        let annotation = pod + "annotation_prometheus_io_"
        return [
            RelabelRule(action: .keep, sourceLabels: [annotation + "scrape"], regex: "true"),
            RelabelRule(action: .drop, sourceLabels: [pod + "phase"], regex: "Pending|Succeeded|Failed"),
            RelabelRule(sourceLabels: [annotation + "scheme"], regex: "(https?)", targetLabel: TargetLabelName.scheme),
            RelabelRule(sourceLabels: [annotation + "path"], regex: "(.+)", targetLabel: TargetLabelName.metricsPath),
            RelabelRule(
                sourceLabels: [pod + "ip", annotation + "port"], regex: "([^:]+);(\\d+)", targetLabel: TargetLabelName.address,
                replacement: "$1:$2"),
            RelabelRule(
                sourceLabels: [pod + "ip", annotation + "port"], regex: "(.*:.*);(\\d+)", targetLabel: TargetLabelName.address,
                replacement: "[$1]:$2"),
            RelabelRule(action: .labelmap, regex: annotation + "param_(.+)", replacement: TargetLabelName.parameterPrefix + "$1"),
            RelabelRule(sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: "namespace"),
            RelabelRule(sourceLabels: [pod + "name"], targetLabel: "pod"),
            RelabelRule(sourceLabels: [pod + "container_name"], targetLabel: "container"),
        ]
    }()
}
