import Foundation
import GoTemplate
import Testing

/// The chart, rendered by the project's own templates and held against the schemas of Kubernetes.
@Suite struct HelmChartTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let chart = repository.appending(path: "deploy/helm/perch")
    private static let validator = repository.appending(path: ".venv-deploy/bin/kubernetes-validate").path

    private static let everything = """
        nameOverride: watch
        image: {tag: "1.2"}
        imagePullSecrets: [{name: registry}]
        ruleFiles: {perch.yml: "groups: []", shop.yaml: "groups:\\n  - name: a\\n"}
        alertmanager: {route: {receiver: a}, receivers: [{name: a}]}
        extraArgs: ["--query.timeout=1m"]
        extraEnv: [{name: A, value: "b"}]
        extraVolumes: [{name: secrets, secret: {secretName: s}}]
        extraVolumeMounts: [{name: secrets, mountPath: /secrets}]
        persistence: {storageClass: fast, size: 10Gi}
        nodeSelector: {disk: ssd}
        tolerations: [{key: a, operator: Exists}]
        affinity: {nodeAffinity: {}}
        priorityClassName: high
        podAnnotations: {a: "1"}
        podLabels: {team: x}
        service: {type: NodePort, annotations: {b: c}}
        serviceAccount: {annotations: {d: e}}
        networkPolicy: {from: [{podSelector: {}}]}
        serviceMonitor: {enabled: true, labels: {release: prometheus}}
        shop: {enabled: true, load: 0.5, jwtSecret: abc, autoscaling: {enabled: true}}
        """

    /// The documents of all files, as text.
    private func documents(_ values: String = "") throws -> [String] {
        try HelmRenderer(chart: Self.chart).render(values: values).filter { $0.name.hasSuffix(".yaml") }
            .flatMap { "\n\($0.text)\n".components(separatedBy: "\n---\n") }
            .filter { $0.contains("kind:") }
    }

    private func kinds(_ documents: [String]) -> [String: Int] {
        Dictionary(documents.compactMap { $0.firstMatch(of: /(?m)^kind: (\w+)$/).map { (String($0.1), 1) } }, uniquingKeysWith: +)
    }

    private static let variants = [
        "", everything,
        "serviceAccount: {create: false}\nrbac: {create: false}\npersistence: {enabled: false}\nnetworkPolicy: {enabled: false}\npodDisruptionBudget: {enabled: false}",
        "shop: {enabled: true, load: 0}",
    ]

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: validator), "kubernetes-validate is not installed"), arguments: variants)
    func `what the chart renders fits the schemas of Kubernetes, with no field too many`(values: String) async throws {
        let folder = try TemporaryFolder()
        var files: [String] = []
        for (index, document) in try documents(values).enumerated() where !document.contains("monitoring.coreos.com") {
            files.append(try folder.write(document, to: "\(index).yaml"))
        }
        try #require(files.count >= 3)
        let validated = try await run(Self.validator, ["--strict", "--no-warn"] + files)
        #expect(validated.status == 0, "\(validated.output)\(validated.error)")
    }

    @Test func `values switch things on and off`() throws {
        #expect(
            kinds(try documents()) == [
                "ClusterRole": 1, "ClusterRoleBinding": 1, "ConfigMap": 1, "NetworkPolicy": 1, "PodDisruptionBudget": 1, "Service": 1,
                "ServiceAccount": 1, "StatefulSet": 1,
            ])
        let all = kinds(try documents(Self.everything))
        #expect(all["Deployment"] == 9)
        #expect(all["Service"] == 9)
        #expect(all["HorizontalPodAutoscaler"] == 1)
        #expect(all["ServiceMonitor"] == 1)
        #expect(kinds(try documents(Self.variants[2])) == ["ConfigMap": 1, "Service": 1, "StatefulSet": 1])
        #expect(kinds(try documents(Self.variants[3]))["Deployment"] == 8)
    }

    @Test(arguments: ["", everything]) func `the configuration in the chart is one that Perch takes`(values: String) async throws {
        let map = try #require(try documents(values).first { $0.contains("kind: ConfigMap") })
        let folder = try TemporaryFolder()
        guard case .map(let document) = try HelmRenderer.value(ofYAML: map), case .map(let data) = document["data".utf8] else {
            throw HelmRenderer.Failure("no map: \(map)")
        }
        var entries: [String: String] = [:]
        for (key, value) in zip(data.keys, data.values) {
            if case .string(let bytes) = value { entries[String(decoding: key, as: UTF8.self)] = String(decoding: bytes, as: UTF8.self) }
        }
        for (name, text) in entries { _ = try folder.write(text, to: name) }
        let text = try #require(entries["perch.yml"])
        #expect(text.contains("rules-*.yml") == !values.isEmpty)
        let file = try folder.write(text.replacing("/etc/perch", with: folder.path), to: "perch.yml")
        let checked = try await run(PerchProcess.executable, ["config", "check", file])
        #expect(checked.status == 0, "\(checked.output)\(checked.error)")
    }

    @Test func `every value is in the schema, and nothing else is`() throws {
        let schema = try JSONSerialization.jsonObject(with: try Data(contentsOf: Self.chart.appending(path: "values.schema.json")))
        let known = try #require((schema as? [String: Any])?["properties"] as? [String: Any])
        let values = try String(contentsOf: Self.chart.appending(path: "values.yaml"), encoding: .utf8)
        let names = Set(values.matches(of: /(?m)^(\w+):/).map { String($0.1) })
        #expect(names.union(["global"]) == Set(known.keys))
    }
}
