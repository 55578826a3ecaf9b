internal import Foundation
internal import OutboundHTTP
internal import ScriptedHTTP
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import TargetDiscovery

/// An API server that answers by what is asked and how often it was asked before.
private final class ClusterServer: Sendable {
    /// One request as the server sees it.
    struct Request: Sendable {
        var path: String
        var query: [String: String]
        var head: String
        /// Requests for the same path and of the same kind before this one.
        var previous: Int

        var isWatch: Bool { query["watch"] == "1" }
    }

    private let server: ScriptedServer
    private let log: Log

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    init(_ answer: @escaping @Sendable (Request) -> [ScriptedServer.Step]) async throws {
        let log = Log()
        self.log = log
        server = try await ScriptedServer { head in
            let target = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            let parts = URLComponents(string: "http://x" + target)
            var request = Request(path: parts?.path ?? "", query: [:], head: head, previous: 0)
            for item in parts?.queryItems ?? [] { request.query[item.name] = item.value }
            let asked = request
            request.previous = log.requests.withLock { requests in
                requests.filter { $0.path == asked.path && $0.isWatch == asked.isWatch }.count
            }
            let complete = request
            log.requests.withLock { $0.append(complete) }
            return answer(complete)
        }
    }

    var url: String { "http://127.0.0.1:\(server.port)" }
    var requests: [Request] { log.requests.withLock { $0 } }
    func stop() async throws { try await server.stop() }

    static func list(_ objects: [String], version: String, next: String = "") -> [ScriptedServer.Step] {
        ScriptedServer.page(
            "{\"metadata\":{\"resourceVersion\":\"\(version)\",\"continue\":\"\(next)\"},\"items\":[\(objects.joined(separator: ","))]}",
            contentType: "application/json")
    }

    static func refusal(_ code: Int, _ message: String) -> [ScriptedServer.Step] {
        let body = "{\"kind\":\"Status\",\"code\":\(code),\"message\":\"\(message)\"}"
        return [.send("HTTP/1.1 \(code) No\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }

    static let watchHead = ScriptedServer.Step.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    static let quietWatch: [ScriptedServer.Step] = [watchHead]

    static func chunk(_ text: String) -> ScriptedServer.Step { .send(String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n") }
    static func event(_ type: String, _ object: String) -> String {
        "{\"type\":\"\(type)\",\"object\":\(object.replacing("\n", with: " "))}\n"
    }
}

private func pod(_ name: String, version: Int) -> String {
    Recorded.pod.replacing("\"web-7d9\"", with: "\"\(name)\"").replacing("\"101\"", with: "\"\(version)\"")
}

/// Watches and gives every event to a closure until it answers true, then cancels and waits for the end.
private func events(
    of discovery: KubernetesDiscovery, until isDone: @escaping @Sendable (DiscoveryEvent) throws -> Bool
) async throws -> Bool {
    let (stream, continuation) = AsyncStream<DiscoveryEvent>.makeStream(bufferingPolicy: .unbounded)
    let watching = Task {
        await discovery.watch { continuation.yield($0) }
    }
    let timeout = Task {
        try await Task.sleep(for: .seconds(120))
        continuation.finish()
    }
    var isFound = false
    for await event in stream where try isDone(event) {
        isFound = true
        break
    }
    watching.cancel()
    timeout.cancel()
    await watching.value
    return isFound
}

private func impatient(_ discovery: KubernetesDiscovery) -> KubernetesDiscovery {
    var discovery = discovery
    discovery.surroundings.retryDelay = .milliseconds(20)
    discovery.surroundings.batchInterval = .milliseconds(5)
    return discovery
}

@Suite("Discovery from a Kubernetes API server", .serialized)
struct KubernetesServerTests {
    @Test func `a watch goes on where it broke off, and after 410 all is listed anew`() async throws {
        let server = try await ClusterServer { request in
            guard request.path == "/api/v1/pods" else { return ClusterServer.refusal(404, "no such path") }
            if !request.isWatch {
                switch request.previous {
                case 0: return ClusterServer.refusal(500, "etcd is away")
                case 1: return ClusterServer.list([pod("a", version: 1)], version: "", next: "more")
                case 2: return ClusterServer.list([pod("b", version: 2)], version: "10")
                default: return ClusterServer.list([pod("a", version: 1), pod("c", version: 11)], version: "20")
                }
            }
            switch request.previous {
            case 0:
                let cut = ClusterServer.event("MODIFIED", pod("a", version: 12)).prefix(60)
                return [
                    ClusterServer.watchHead, ClusterServer.chunk(ClusterServer.event("ADDED", pod("c", version: 11)) + cut), .hangUp,
                ]
            case 1: return ClusterServer.refusal(503, "overload")
            case 2:
                let bookmark = ClusterServer.event("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"15\"}}")
                return [ClusterServer.watchHead, ClusterServer.chunk(bookmark), .wait(milliseconds: 40), .send("0\r\n\r\n")]
            case 3: return ClusterServer.refusal(410, "too old")
            default: return ClusterServer.quietWatch
            }
        }
        let discovery = impatient(KubernetesDiscovery(role: .pod, access: .server(url: server.url + "/", HTTPClientSettings())))
        let seen = Mutex<(sources: Set<String>, failures: [String])>(([], []))
        let isFound = try await events(of: discovery) { event in
            seen.withLock { seen in
                switch event {
                case .failure(let reason): seen.failures.append(reason)
                case .groups(let groups):
                    for group in groups {
                        if group.targets.isEmpty { seen.sources.remove(group.source) } else { seen.sources.insert(group.source) }
                    }
                }
                return seen.sources == ["pod/shop/a", "pod/shop/c"]
            }
        }
        #expect(isFound)
        let failures = seen.withLock { $0.failures }
        #expect(failures.first == "\(server.url) does not tell of pods: HTTP 500: etcd is away")
        let watches = server.requests.filter(\.isWatch)
        #expect(Array(watches.prefix(4).map { $0.query["resourceVersion"] }) == ["10", "11", "11", "15"])
        #expect(watches.allSatisfy { $0.query["allowWatchBookmarks"] == "1" || $0.query["allowWatchBookmarks"] == "true" })
        #expect(server.requests.filter { !$0.isWatch }.map { $0.query["continue"] } == [nil, nil, "more", nil])
        try await server.stop()
    }

    @Test func `endpoints of some namespaces come with what is attached, by the selectors`() async throws {
        let server = try await ClusterServer { request in
            if request.isWatch { return ClusterServer.quietWatch }
            return switch request.path {
            case "/api/v1/namespaces/shop/endpoints": ClusterServer.list([Recorded.endpoints], version: "1")
            case "/api/v1/namespaces/shop/pods": ClusterServer.list([Recorded.pod], version: "1")
            case "/api/v1/namespaces/shop/services": ClusterServer.list([Recorded.service], version: "1")
            case "/api/v1/nodes": ClusterServer.list([Recorded.node], version: "1")
            case "/api/v1/namespaces": ClusterServer.list([Recorded.namespace], version: "1")
            case let path where path.hasPrefix("/api/v1/namespaces/empty/"): ClusterServer.list([], version: "1")
            default: ClusterServer.refusal(404, "no such path")
            }
        }
        var client = HTTPClientSettings()
        client.authorization = .credentials(type: "Bearer", .literal("hush"))
        var discovery = impatient(KubernetesDiscovery(role: .endpoints, access: .server(url: server.url, client)))
        discovery.namespaces = ["shop", "empty"]
        discovery.attachesNode = true
        discovery.attachesNamespace = true
        discovery.selectors = [KubernetesSelector(role: .pod, label: "app in (a, b),x!=y", field: "spec.nodeName=n1")]
        let isFound = try await events(of: discovery) { event in
            guard case .groups(let groups) = event else {
                Issue.record("\(event)")
                return false
            }
            #expect(groups.map(\.source) == ["endpoints/shop/web"])
            #expect(groups[0].targets.count == 4)
            #expect(groups[0].labels["__meta_kubernetes_namespace_label_env"] == "prod")
            #expect(groups[0].targets[0]["__meta_kubernetes_node_label_zone"] == "z1")
            return true
        }
        #expect(isFound)
        #expect(server.requests.allSatisfy { $0.head.lowercased().contains("authorization: bearer hush") })
        for request in server.requests {
            let isSelected = request.path.hasSuffix("/pods")
            #expect(request.query["labelSelector"] == (isSelected ? "app in (a, b),x!=y" : nil))
            #expect(request.query["fieldSelector"] == (isSelected ? "spec.nodeName=n1" : nil))
        }
        try await server.stop()
    }

    @Test func `what makes pods is followed where it is attached, and nothing else`() async throws {
        let server = try await ClusterServer { request in
            if request.isWatch {
                return request.path.hasSuffix("/replicasets") && request.previous == 0
                    ? [
                        ClusterServer.watchHead,
                        ClusterServer.chunk(ClusterServer.event("DELETED", Recorded.replicaSet)),
                    ] : ClusterServer.quietWatch
            }
            return switch request.path {
            case "/api/v1/namespaces/shop/pods":
                ClusterServer.list([Recorded.pod, Recorded.jobPod.replacing("\"web-7d9\"", with: "\"run\"")], version: "1")
            case "/apis/apps/v1/namespaces/shop/replicasets": ClusterServer.list([Recorded.replicaSet], version: "1")
            case "/apis/batch/v1/namespaces/shop/jobs": ClusterServer.list([Recorded.job], version: "1")
            default: ClusterServer.refusal(404, "no such path")
            }
        }
        var discovery = impatient(KubernetesDiscovery(role: .pod, access: .server(url: server.url, HTTPClientSettings())))
        discovery.namespaces = ["shop"]
        (discovery.attachesDeployment, discovery.attachesJob, discovery.attachesCronJob) = (true, true, true)
        let isFound = try await events(of: discovery) { event in
            guard case .groups(let groups) = event else {
                Issue.record("\(event)")
                return false
            }
            if let job = groups.first(where: { $0.source == "pod/shop/run" }) {
                #expect(job.labels["__meta_kubernetes_pod_job_name"] == "nightly-289")
                #expect(job.labels["__meta_kubernetes_pod_cronjob_name"] == "nightly")
            }
            guard let web = groups.first(where: { $0.source == "pod/shop/web-7d9" }) else { return false }
            // The replica set is listed, and then goes.
            return web.labels["__meta_kubernetes_pod_deployment_name"] == nil
        }
        #expect(isFound)
        try await server.stop()
        let paths = Set(server.requests.map(\.path))
        #expect(paths.count == 3)
    }

    @Test func `what may not be listed is said, with the server's reason`() async throws {
        let server = try await ClusterServer { _ in ClusterServer.refusal(403, "pods is forbidden") }
        let discovery = impatient(KubernetesDiscovery(role: .pod, access: .server(url: server.url, HTTPClientSettings())))
        let url = server.url
        let isFound = try await events(of: discovery) { event in
            #expect(event == .failure("\(url) does not tell of pods: HTTP 403: pods is forbidden"))
            return true
        }
        #expect(isFound)
        try await server.stop()
    }

    @Test(.timeLimit(.minutes(10))) func `a server that ends every watch at once is not asked without pause`() async throws {
        let server = try await ClusterServer { request in
            request.isWatch ? [ClusterServer.watchHead, .send("0\r\n\r\n")] : ClusterServer.list([], version: "1")
        }
        var discovery = KubernetesDiscovery(role: .node, access: .server(url: server.url, HTTPClientSettings()))
        discovery.surroundings.retryDelay = .milliseconds(100)
        let started = ContinuousClock.now
        let watching = Task { [discovery] in await discovery.watch { _ in } }
        while server.requests.count(where: \.isWatch) < 6 { try await Task.sleep(for: .milliseconds(10)) }
        watching.cancel()
        await watching.value
        let count = server.requests.count(where: \.isWatch)
        let most = (ContinuousClock.now - started) / .milliseconds(75) + 1
        #expect(Double(count) <= most, "\(count) watches, where there should be \(most) at most")
        try await server.stop()
    }
}

@Suite("Ways to a Kubernetes API server")
struct KubernetesConnectionTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "perch-kube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    private func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    @Test func `a pod finds its server, token, authority and namespace`() throws {
        try withFolder { folder in
            for (name, text) in [("token", "t"), ("ca.crt", "c"), ("namespace", "mine\n")] { try write(text, to: "\(folder)/\(name)") }
            var discovery = KubernetesDiscovery(role: .pod)
            discovery.surroundings.serviceAccountFolder = folder
            discovery.surroundings.environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
            discovery.namespaces = ["other"]
            discovery.includesOwnNamespace = true
            let connection = try KubernetesConnection(discovery)
            #expect(connection.server == "https://[fd00::1]:443")
            #expect(connection.client.authorization == .credentials(type: "Bearer", .file(path: "\(folder)/token")))
            #expect(connection.client.tls.certificateAuthority == .file(path: "\(folder)/ca.crt"))
            #expect(connection.namespaces == ["other", "mine"])
            discovery.surroundings.environment = [:]
            let fault = #expect(throws: KubernetesFault.self) { try KubernetesConnection(discovery) }
            #expect(fault?.reason.hasPrefix("not in a Kubernetes cluster: ") == true)
        }
    }

    private let config = """
        apiVersion: v1
        kind: Config
        preferences: {}
        current-context: work
        clusters:
          - name: c1
            cluster: {server: "https://k:6443/", certificate-authority-data: Q0E=, tls-server-name: kubernetes}
          - name: c2
            cluster: {server: nonsense}
        contexts:
          - name: work
            context: {cluster: c1, user: u1, namespace: ignored}
        users:
          - name: u1
            user: {client-certificate: pki/c.pem, client-key: /abs/k.pem, token: hush}
          - name: u2
            user: {exec: {command: aws}}
        """

    @Test func `a kubeconfig file gives server, authority, certificate and token of its current context`() throws {
        let connection = try Kubeconfig.connection(config, path: "/home/x/.kube/config")
        #expect(connection.server == "https://k:6443")
        #expect(connection.client.tls.certificateAuthority == .pem(.literal("CA")))
        #expect(connection.client.tls.serverName == "kubernetes")
        #expect(connection.client.tls.certificate == .file(path: "/home/x/.kube/pki/c.pem"))
        #expect(connection.client.tls.key == .file(path: "/abs/k.pem"))
        #expect(connection.client.authorization == .credentials(type: "Bearer", .literal("hush")))
    }

    @Test(arguments: [
        (
            "user: u1", "user: u2",
            "k.yml:17:12: exec runs programs to log in, which is not supported: use a token, a client certificate or a service account"
        ),
        ("cluster: c1,", "cluster: c2,", "k.yml:9:15: expected a URL that begins with http:// or https://"),
        ("cluster: c1,", "cluster: c9,", "k.yml:5:1: there is no cluster \"c9\""),
        ("Q0E=", "\"!\"", "k.yml:7:42: certificate-authority-data is not text in base64"),
        ("current-context: work", "x: y", "k.yml:1:1: the key \"current-context\" is missing"),
    ])
    func `what is wrong with a kubeconfig file is said with its place`(_ old: String, _ new: String, _ fault: String) throws {
        try withFolder { folder in
            try write(config.replacing(old, with: new), to: "\(folder)/k.yml")
            let discovery = KubernetesDiscovery(role: .pod, access: .kubeconfig(path: "\(folder)/k.yml"))
            #expect(discovery.kubeconfigFault() == "\(folder)/\(fault)")
        }
    }
}
