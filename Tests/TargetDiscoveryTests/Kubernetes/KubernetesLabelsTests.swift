internal import TelemetryModel
internal import Testing

@testable internal import TargetDiscovery

@Suite("Labels of Kubernetes targets")
struct KubernetesLabelsTests {
    private let podLabels = [
        "pod_name": "web-7d9", "pod_ip": "10.1.0.7", "pod_host_ip": "192.168.0.4", "pod_phase": "Running", "pod_ready": "true",
        "pod_node_name": "n1", "pod_uid": "7c1e", "pod_controller_kind": "ReplicaSet", "pod_controller_name": "web-7d9f",
        "pod_label_app_kubernetes_io_name": "web", "pod_labelpresent_app_kubernetes_io_name": "true", "pod_label_tier": "front",
        "pod_labelpresent_tier": "true", "pod_annotation_prometheus_io_scrape": "true",
        "pod_annotationpresent_prometheus_io_scrape": "true",
        "pod_annotation_prometheus_io_port": "9102", "pod_annotationpresent_prometheus_io_port": "true",
    ]
    private let serviceLabels = [
        "service_name": "web", "service_label_team": "a", "service_labelpresent_team": "true", "service_annotation_note_x": "y",
        "service_annotationpresent_note_x": "true",
    ]
    private let nodeLabels = [
        "node_name": "n1", "node_label_zone": "z1", "node_labelpresent_zone": "true", "node_annotation_a": "b",
        "node_annotationpresent_a": "true",
    ]
    private let namespaceLabels = [
        "namespace": "shop", "namespace_label_env": "prod", "namespace_labelpresent_env": "true", "namespace_annotation_owner": "me",
        "namespace_annotationpresent_owner": "true",
    ]

    private func groups(_ role: KubernetesRole, attaching: Bool = false, annotated: Bool = false) throws -> [TargetGroup] {
        var discovery = KubernetesDiscovery(role: role)
        discovery.attachesNode = attaching
        discovery.attachesNamespace = attaching
        discovery.picksAnnotatedPort = annotated
        var catalog = try fullCatalog(discovery)
        let groups = catalog.takeChangedGroups()
        return try #require(groups)
    }

    private func container(_ name: String, _ image: String, _ isInit: String, _ port: (String, String)?) -> [String: String] {
        var labels = ["pod_container_name": name, "pod_container_image": image, "pod_container_init": isInit]
        if let port {
            labels["pod_container_port_name"] = port.0
            labels["pod_container_port_number"] = port.1
            labels["pod_container_port_protocol"] = "TCP"
        }
        return labels
    }

    private func target(_ address: String, _ labels: [String: String]...) -> LabelSet {
        meta(labels.reduce(into: [:]) { $0.merge($1) { $1 } }, plain: ["__address__": address])
    }

    @Test func `a pod has a target for each port and for each container without ports`() throws {
        let group = try #require(try groups(.pod).first)
        #expect(group.source == "pod/shop/web-7d9")
        #expect(group.labels == meta(podLabels.merging(["namespace": "shop"]) { $1 }))
        let id = ["pod_container_id": "containerd://aa"]
        #expect(
            group.targets == [
                target("10.1.0.7:8080", container("app", "web:2", "false", ("http", "8080")), id),
                target("10.1.0.7:9102", container("app", "web:2", "false", ("metrics", "9102")), id),
                target("10.1.0.7", container("log", "log:3", "false", nil)),
                target(
                    "10.1.0.7:15090", container("mesh", "mesh:1", "true", ("stats", "15090")), ["pod_container_id": "containerd://bb"]),
            ])
    }

    @Test func `a pod carries its node and its namespace where they are attached`() throws {
        let group = try #require(try groups(.pod, attaching: true).first)
        #expect(group.labels == meta(podLabels.merging(nodeLabels) { $1 }.merging(namespaceLabels) { $1 }))
    }

    @Test(arguments: [KubernetesRole.pod, .endpoints, .endpointslice])
    func `pods carry the deployment, the job and the cron job that they belong to, where these are attached`(role: KubernetesRole) throws {
        func names(_ pod: String, deployment: Bool = false, job: Bool = false, cronJob: Bool = false) throws -> [[String: String]] {
            var discovery = KubernetesDiscovery(role: role)
            (discovery.attachesDeployment, discovery.attachesJob, discovery.attachesCronJob) = (deployment, job, cronJob)
            var catalog = try fullCatalog(discovery)
            catalog.replace(\.pods, with: [try Recorded.object(pod.replacing("\"101\"", with: "\"102\""))], namespace: nil, isFirst: false)
            let changed = catalog.takeChangedGroups()
            return try #require(changed).flatMap { group in
                group.targets.filter { ($0["__address__"] ?? "").hasPrefix("10.1.0.7") }.map { target in
                    var found: [String: String] = [:]
                    for kind in ["deployment", "job", "cronjob"] {
                        let name = "__meta_kubernetes_pod_\(kind)_name"
                        found[kind] = target[name] ?? group.labels[name]
                    }
                    return found
                }
            }
        }
        #expect(Set(try names(Recorded.pod)) == [[:]])
        #expect(Set(try names(Recorded.pod, deployment: true, job: true, cronJob: true)) == [["deployment": "web"]])
        #expect(Set(try names(Recorded.jobPod, deployment: true)) == [[:]])
        #expect(Set(try names(Recorded.jobPod, job: true)) == [["job": "nightly-289"]])
        #expect(Set(try names(Recorded.jobPod, cronJob: true)) == [["cronjob": "nightly"]])
        #expect(
            Set(try names(Recorded.jobPod, deployment: true, job: true, cronJob: true)) == [["job": "nightly-289", "cronjob": "nightly"]])
    }

    @Test func `owners that are gone, or are no deployment and no cron job, name nothing`() throws {
        var discovery = KubernetesDiscovery(role: .pod)
        (discovery.attachesDeployment, discovery.attachesCronJob) = (true, true)
        var catalog = KubernetesCatalog(discovery, listCount: 1)
        catalog.replace(\.pods, with: [try Recorded.object(Recorded.pod)], namespace: nil, isFirst: true)
        #expect(catalog.takeChangedGroups()?.first?.labels["__meta_kubernetes_pod_deployment_name"] == nil)
        let rollout = Recorded.replicaSet.replacing("\"Deployment\"", with: "\"Rollout\"")
        _ = catalog.take(WatchEvent<ReplicaSet>.put(try Recorded.object(rollout)), \.replicaSets)
        #expect(catalog.takeChangedGroups()?.first?.labels["__meta_kubernetes_pod_deployment_name"] == nil)
        // The same name in another namespace is another object.
        let elsewhere = Recorded.replicaSet.replacing("\"shop\"", with: "\"other\"")
        _ = catalog.take(WatchEvent<ReplicaSet>.put(try Recorded.object(elsewhere)), \.replicaSets)
        #expect(catalog.takeChangedGroups() == [])
    }

    @Test func `a pod on a node that a selector left out has no targets where nodes are attached`() throws {
        var discovery = KubernetesDiscovery(role: .pod)
        discovery.attachesNode = true
        var catalog = KubernetesCatalog(discovery, listCount: 2)
        catalog.replace(\.pods, with: [try Recorded.object(Recorded.pod)], namespace: nil, isFirst: true)
        catalog.replace(\.nodes, with: [Node](), namespace: nil, isFirst: true)
        #expect(catalog.takeChangedGroups()?.first?.targets == [])
        catalog.replace(\.nodes, with: [try Recorded.object(Recorded.node)], namespace: nil, isFirst: false)
        #expect(catalog.takeChangedGroups()?.first?.targets.count == 4)
    }

    @Test func `the addresses that a load balancer has count before the one that was asked for`() throws {
        var service: Service = try Recorded.object(Recorded.service)
        #expect(service.loadBalancerAddresses == "203.0.113.4")
        service.status = try Recorded.object(#"{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"},{"hostname":"h"},{"ip":""},{"ip":"::5"}]}}"#)
        #expect(service.loadBalancerAddresses == "1.2.3.4,::5")
    }

    @Test func `of an annotated pod one target is left for its port`() throws {
        let group = try #require(try groups(.pod, annotated: true).first)
        #expect(group.targets.map { $0["__address__"] } == ["10.1.0.7:9102"])
    }

    @Test func `an annotated port that no container names leaves the first target, and none leaves those with ports`() throws {
        var discovery = KubernetesDiscovery(role: .pod)
        discovery.picksAnnotatedPort = true
        func addresses(_ json: String) throws -> [String?] {
            var catalog = KubernetesCatalog(discovery, listCount: 1)
            catalog.replace(\.pods, with: [try Recorded.object(json)], namespace: nil, isFirst: true)
            return (catalog.takeChangedGroups() ?? []).flatMap(\.targets).map { $0["__address__"] }
        }
        #expect(try addresses(Recorded.pod.replacing("\"9102\"", with: "\"7777\"")) == ["10.1.0.7:8080"])
        let without = Recorded.pod.replacing(",\"prometheus.io/port\":\"9102\"", with: "")
        #expect(try addresses(without) == ["10.1.0.7:8080", "10.1.0.7:9102"])
    }

    @Test func `a pod without an address has no targets`() throws {
        var catalog = KubernetesCatalog(KubernetesDiscovery(role: .pod), listCount: 1)
        let pod = Recorded.pod.replacing("\"podIP\":\"10.1.0.7\"", with: "\"podIP\":\"\"")
        catalog.replace(\.pods, with: [try Recorded.object(pod)], namespace: nil, isFirst: true)
        #expect(catalog.takeChangedGroups() == [TargetGroup(source: "pod/shop/web-7d9", targets: [])])
    }

    @Test func `a service has a target for each port`() throws {
        let group = try #require(try groups(.service, attaching: true).first)
        #expect(group.source == "svc/shop/web")
        #expect(group.labels == meta(serviceLabels.merging(namespaceLabels) { $1 }))
        #expect(
            group.targets == [
                target(
                    "web.shop.svc:80",
                    [
                        "service_port_name": "http", "service_port_number": "80", "service_port_protocol": "TCP",
                        "service_type": "LoadBalancer", "service_cluster_ip": "10.96.0.9", "service_loadbalancer_ip": "203.0.113.4",
                    ])
            ])
    }

    @Test func `endpoints carry their service, their pods and nodes, and further ports of pods`() throws {
        let group = try #require(try groups(.endpoints, attaching: true).first)
        #expect(group.source == "endpoints/shop/web")
        let own = ["endpoints_name": "web", "endpoints_label_e": "1", "endpoints_labelpresent_e": "true"]
        #expect(group.labels == meta(own.merging(serviceLabels) { $1 }.merging(namespaceLabels) { $1 }))
        let port = ["endpoint_port_name": "http", "endpoint_port_protocol": "TCP"]
        #expect(
            group.targets == [
                target(
                    "10.1.0.7:8080", port, podLabels, nodeLabels, container("app", "web:2", "false", ("http", "8080")),
                    [
                        "endpoint_ready": "true", "endpoint_node_name": "n1", "endpoint_address_target_kind": "Pod",
                        "endpoint_address_target_name": "web-7d9",
                    ]),
                target("10.1.0.8:8080", port, ["endpoint_ready": "false", "endpoint_hostname": "h8"]),
                target("10.1.0.7:9102", podLabels, nodeLabels, container("app", "web:2", "false", ("metrics", "9102"))),
                target("10.1.0.7:15090", podLabels, nodeLabels, container("mesh", "mesh:1", "true", ("stats", "15090"))),
            ])
    }

    @Test func `slices carry conditions, zone and topology`() throws {
        let group = try #require(try groups(.endpointslice).first)
        #expect(group.source == "endpointslice/shop/web-x1")
        let own = [
            "endpointslice_name": "web-x1", "endpointslice_address_type": "IPv4", "namespace": "shop",
            "endpointslice_label_kubernetes_io_service_name": "web", "endpointslice_labelpresent_kubernetes_io_service_name": "true",
        ]
        #expect(group.labels == meta(own.merging(serviceLabels) { $1 }))
        let port = [
            "endpointslice_port_name": "http", "endpointslice_port": "8080", "endpointslice_port_protocol": "TCP",
            "endpointslice_port_app_protocol": "http",
        ]
        #expect(
            group.targets == [
                target(
                    "10.1.0.7:8080", port, podLabels, container("app", "web:2", "false", ("http", "8080")),
                    [
                        "endpointslice_endpoint_conditions_ready": "true", "endpointslice_endpoint_conditions_serving": "true",
                        "endpointslice_endpoint_conditions_terminating": "false", "endpointslice_endpoint_hostname": "h",
                        "endpointslice_endpoint_node_name": "n1", "endpointslice_endpoint_zone": "z1",
                        "endpointslice_address_target_kind": "Pod", "endpointslice_address_target_name": "web-7d9",
                        "endpointslice_endpoint_topology_topology_kubernetes_io_region": "r1",
                        "endpointslice_endpoint_topology_present_topology_kubernetes_io_region": "true",
                    ]),
                target("10.9.9.9:8080", port),
                target("10.1.0.7:9102", podLabels, container("app", "web:2", "false", ("metrics", "9102"))),
                target("10.1.0.7:15090", podLabels, container("mesh", "mesh:1", "true", ("stats", "15090"))),
            ])
    }

    @Test func `a node is its kubelet at the preferred address`() throws {
        let group = try #require(try groups(.node).first)
        #expect(group.source == "node/n1")
        #expect(
            group.labels
                == meta(
                    nodeLabels.merging([
                        "node_provider_id": "aws:///i-1", "node_condition_ready": "true", "node_condition_diskpressure": "unknown",
                    ]) { $1 }))
        #expect(
            group.targets == [
                meta(
                    ["node_address_InternalIP": "fd00::4", "node_address_Hostname": "n1.local"],
                    plain: ["__address__": "[fd00::4]:10250", "instance": "n1"])
            ])
    }

    @Test func `an ingress has a target for each path, with https where its host has a certificate`() throws {
        let group = try #require(try groups(.ingress).first)
        #expect(group.source == "ingress/shop/front")
        #expect(
            group.labels
                == meta([
                    "namespace": "shop", "ingress_name": "front", "ingress_class_name": "nginx", "ingress_label_l": "1",
                    "ingress_labelpresent_l": "true", "ingress_annotation_a": "2", "ingress_annotationpresent_a": "true",
                ]))
        func path(_ host: String, _ path: String, _ scheme: String) -> LabelSet {
            target(host, ["ingress_scheme": scheme, "ingress_host": host, "ingress_path": path])
        }
        #expect(
            group.targets == [
                path("a.example.com", "/x", "https"), path("a.example.com", "/", "https"), path("b.test", "/", "http"),
                path("a.b.example.com", "/", "http"),
            ])
    }
}
