internal import ConfigFile
internal import Foundation
internal import OutboundHTTP
internal import Scraping
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

@testable internal import Collector

private func parse(_ text: String) throws -> CollectorConfiguration {
    try CollectorConfiguration.parse(text, file: "/etc/perch/perch.yml")
}

private func meta(_ labels: [String: String]) -> LabelSet { LabelSet(labels.map { ("__meta_kubernetes_" + $0.key, $0.value) }) }

@Suite("Configuration of Kubernetes discovery")
struct KubernetesSectionTests {
    @Test func `every key of kubernetes_sd_configs is read`() throws {
        let configuration = try parse(
            """
            scrape_configs:
              - job_name: a
                kubernetes_sd_configs:
                  - role: endpoints
                    api_server: https://k:6443
                    bearer_token_file: token
                    tls_config: {ca_file: /ca.pem}
                    namespaces: {names: [x, y, x]}
                    selectors: [{role: pod, label: a=b, field: spec.nodeName=n}, {role: service, label: c}]
                    attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}
                  - role: node
                    kubeconfig_file: kube.yml
                  - role: pod
                    namespaces: {own_namespace: true}
            """)
        let found = try #require(configuration.scrapeJobs.first).mechanisms.kubernetes
        #expect(found.map(\.role) == [.endpoints, .node, .pod])
        guard case .server("https://k:6443", let client) = found[0].access else {
            Issue.record("\(found[0].access)")
            return
        }
        #expect(client.authorization == .credentials(type: "Bearer", .file(path: "/etc/perch/token")))
        #expect(client.tls.certificateAuthority == .file(path: "/ca.pem"))
        #expect(found[0].namespaces == ["x", "y"])
        #expect(
            found[0].selectors == [
                KubernetesSelector(role: .pod, label: "a=b", field: "spec.nodeName=n"), KubernetesSelector(role: .service, label: "c"),
            ])
        #expect(found[0].attachesNode && found[0].attachesNamespace && !found[0].picksAnnotatedPort)
        #expect(found[0].attachesDeployment && found[0].attachesJob && found[0].attachesCronJob && !found[1].attachesDeployment)
        #expect(found[1].access == .kubeconfig(path: "/etc/perch/kube.yml"))
        #expect(found[2].access == .inCluster && found[2].includesOwnNamespace)
        #expect(found[2].userAgent == "Perch/" + PerchVersion.current)
        #expect(configuration.discoveryJobs.first?.providers.map(\.mechanism) == ["kubernetes", "kubernetes", "kubernetes"])
    }

    @Test func `files that discovery needs are checked`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "perch-kube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/kube.yml"
        let job = "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod, kubeconfig_file: \(path)}]}]"
        #expect(try parse(job).checkReferencedFiles() == ["\(path): needed by discovery of job \"a\" and cannot be read"])
        try Data("contexts: []\n".utf8).write(to: URL(filePath: path))
        #expect(try parse(job).checkReferencedFiles() == ["\(path):1:1: the key \"current-context\" is missing"])
    }

    // MARK: scrape_annotated_pods

    private func resolve(_ target: LabelSet, _ group: [String: String]) throws -> TargetResolution {
        let configuration = try parse("scrape_annotated_pods: true")
        let job = try #require(configuration.scrapeJobs.first)
        return job.targetRules.resolve(target, groupLabels: meta(group))
    }

    private let annotated = [
        "namespace": "shop", "pod_name": "web", "pod_ip": "10.1.0.7", "pod_phase": "Running", "pod_annotation_prometheus_io_scrape": "true",
    ]

    @Test func `the switch adds a job that takes its settings from global`() throws {
        let text = "global: {scrape_interval: 5s, sample_limit: 7}\nscrape_annotated_pods: true\nscrape_configs: [{job_name: a}]\n"
        let jobs = try parse(text).scrapeJobs
        #expect(jobs.map(\.job.name) == ["a", "annotated-pods"])
        #expect(jobs[1].job.intervalMilliseconds == 5_000 && jobs[1].job.timeoutMilliseconds == 5_000)
        #expect(jobs[1].job.limits.samples == 7)
        #expect(jobs[1].job.protocols == jobs[0].job.protocols)
        #expect(jobs[1].mechanisms.kubernetes.map(\.role) == [.pod] && jobs[1].mechanisms.kubernetes.allSatisfy(\.picksAnnotatedPort))
        #expect(try parse("scrape_annotated_pods: false") == CollectorConfiguration())
    }

    @Test func `an annotated pod is scraped as its annotations say`() throws {
        let more = [
            "pod_annotation_prometheus_io_port": "9102", "pod_annotation_prometheus_io_path": "/stats",
            "pod_annotation_prometheus_io_scheme": "https", "pod_annotation_prometheus_io_param_format": "text",
        ]
        let target = meta(["pod_container_name": "app"]).setting("__address__", "10.1.0.7:8080")
        guard case .active(let resolved) = try resolve(target, annotated.merging(more) { $1 }) else {
            Issue.record("not active")
            return
        }
        #expect(resolved.endpoint.url == "https://10.1.0.7:9102/stats?format=text")
        #expect(
            resolved.labels == [
                "job": "annotated-pods", "instance": "10.1.0.7:9102", "namespace": "shop", "pod": "web", "container": "app",
            ])
    }

    @Test func `a pod with an IPv6 address is scraped at its port`() throws {
        let group = annotated.merging(["pod_ip": "fd00::7", "pod_annotation_prometheus_io_port": "9102"]) { $1 }
        guard case .active(let resolved) = try resolve(["__address__": "fd00::7"], group) else {
            Issue.record("not active")
            return
        }
        #expect(resolved.endpoint.url == "http://[fd00::7]:9102/metrics")
    }

    @Test(arguments: [["pod_annotation_prometheus_io_scrape": "false"], ["pod_phase": "Succeeded"], ["pod_phase": "Pending"]])
    func `pods that are not annotated or do not run are left alone`(_ labels: [String: String]) throws {
        guard case .dropped = try resolve(["__address__": "10.1.0.7:80"], annotated.merging(labels) { $1 }) else {
            Issue.record("not dropped")
            return
        }
    }
}
