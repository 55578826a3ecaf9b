internal import OutboundHTTP
internal import ScriptedHTTP
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import TargetDiscovery

private func instance(_ address: String, port: Int, health: String = "passing") -> String {
    """
    {"Node": {"ID": "x", "Node": "node-1", "Address": "10.0.0.1", "Datacenter": "dc1", "Meta": {"rack-id": "r1"},
              "TaggedAddresses": {"lan": "10.0.0.1", "wan": "192.0.2.1"}},
     "Service": {"ID": "web-1", "Service": "web", "Tags": ["a", "b"], "Address": "\(address)", "Port": \(port), "Meta": {"v.1": "2"},
                 "Namespace": "team", "Partition": "part"},
     "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "service:web", "Status": "\(health)"}]}
    """
}

private func page(_ body: String, index: Int) -> [ScriptedServer.Step] {
    ScriptedServer.page(body, contentType: "application/json", headers: "X-Consul-Index: \(index)\r\n")
}

/// A query that is held back until long after the test.
private let never: [ScriptedServer.Step] = [.wait(milliseconds: 60_000)]

private func path(_ request: String) -> (path: String, query: String) {
    let target = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
}

private func settings(_ server: ScriptedServer) -> ConsulSettings {
    var settings = ConsulSettings()
    settings.server = "127.0.0.1:\(server.port)"
    settings.refreshInterval = .milliseconds(20)
    return settings
}

@Suite("Consul discovery")
struct ConsulDiscoveryTests {
    @Test func instancesBecomeTargets() throws {
        let json = "[\(instance("10.0.0.9", port: 80)), \(instance("", port: 81, health: "critical"))]"
        let targets = ConsulTargets(service: "web", datacenter: "dc1", tagSeparator: ",")
        let group = targets.group(try decodeJSON([ConsulInstance].self, Array(json.utf8)))
        #expect(group.source == "web")
        #expect(group.labels == ["__meta_consul_service": "web", "__meta_consul_dc": "dc1"])
        #expect(
            group.targets.first == [
                "__address__": "10.0.0.9:80", "__meta_consul_address": "10.0.0.1", "__meta_consul_node": "node-1",
                "__meta_consul_namespace": "team", "__meta_consul_partition": "part", "__meta_consul_tags": ",a,b,",
                "__meta_consul_service_address": "10.0.0.9", "__meta_consul_service_port": "80", "__meta_consul_service_id": "web-1",
                "__meta_consul_health": "passing", "__meta_consul_metadata_rack_id": "r1", "__meta_consul_service_metadata_v_1": "2",
                "__meta_consul_tagged_address_lan": "10.0.0.1", "__meta_consul_tagged_address_wan": "192.0.2.1",
            ])
        #expect(group.targets.last?["__address__"] == "10.0.0.1:81" && group.targets.last?["__meta_consul_health"] == "critical")
    }

    @Test(arguments: [
        ([], "passing"), ([("a", "passing"), ("b", "warning")], "warning"), ([("a", "critical"), ("b", "warning")], "critical"),
        ([("_node_maintenance", "critical"), ("b", "passing")], "maintenance"), ([("_service_maintenance:web", "x")], "maintenance"),
        ([("a", "unknown")], ""), ([("a", "maintenance")], ""), ([("_node_maintenance", ""), ("a", "odd")], ""),
    ])
    func healthIsTheWorstOfAllChecks(_ checks: [(String, String)], _ health: String) {
        let instance = ConsulInstance(node: .init(), service: .init(), checks: checks.map { .init(id: $0.0, status: $0.1) })
        #expect(instance.health == health)
    }

    @Test func servicesComeAndGoWithTheCatalog() async throws {
        let areBothTold = Atomic<Bool>(false)
        let server = try await ScriptedServer { request in
            let (path, query) = path(request)
            let index = query.split(separator: "&").first { $0.hasPrefix("index=") }?.dropFirst(6)
            switch (path, index) {
            case ("/v1/agent/self", _): return ScriptedServer.page(#"{"Config": {"Datacenter": "north"}}"#)
            case ("/v1/catalog/services", nil): return page(#"{"web": ["a"], "other": null}"#, index: 10)
            case ("/v1/catalog/services", "10"):
                return [.waitUntil { areBothTold.load(ordering: .relaxed) }] + page(#"{"other": []}"#, index: 12)
            case ("/v1/health/service/web", nil): return page("[\(instance("10.0.0.9", port: 80))]", index: 5)
            // The time is over and nothing has changed.
            case ("/v1/health/service/web", "5"): return [.wait(milliseconds: 50)] + page("[]", index: 5)
            case ("/v1/health/service/other", nil): return page("[]", index: 3)
            default: return never
            }
        }
        try await watching(ConsulDiscovery(settings(server))) { (events: inout ProviderEvents) async throws in
            // The two services are asked for at the same time.
            var first = try await events.groups() + events.groups()
            first.sort { $0.source < $1.source }
            #expect(first.addresses == ["web": ["10.0.0.9:80"], "other": []])
            #expect(first.allSatisfy { $0.labels["__meta_consul_dc"] == "north" })
            areBothTold.store(true, ordering: .relaxed)
            #expect(try await events.groups() == [TargetGroup(source: "web", targets: [])])
        }
        try await server.stop()
    }

    @Test func namedServicesAreFollowedByTheirIndex() async throws {
        let server = try await ScriptedServer { request in
            switch path(request).query.split(separator: "&").first(where: { $0.hasPrefix("index=") }) {
            case nil: page("[\(instance("a", port: 1))]", index: 7)
            case "index=7": page("[\(instance("a", port: 1)), \(instance("b", port: 2))]", index: 9)
            // A server that has started anew counts from the beginning.
            case "index=9": page("[\(instance("c", port: 3))]", index: 2)
            default: never
            }
        }
        var settings = settings(server)
        settings.pathPrefix = "/consul"
        settings.datacenter = "dc 1"
        settings.namespace = "ns"
        settings.services = ["web/1"]
        settings.nodeMeta = ["k": "v"]
        settings.token = .literal("t0ken")
        try await watching(ConsulDiscovery(settings)) { (events: inout ProviderEvents) async throws in
            #expect(try await events.groups().addresses == ["web/1": ["a:1"]])
            #expect(try await events.groups().addresses == ["web/1": ["a:1", "b:2"]])
            #expect(try await events.groups().addresses == ["web/1": ["c:3"]])
            #expect(try await events.groups().addresses == ["web/1": ["a:1"]])
        }
        let requests = server.requests
        let start = "GET /consul/v1/health/service/web%2F1?dc=dc%201&ns=ns&stale=&"
        #expect(requests[0].hasPrefix(start + "node-meta=k%3Av HTTP/1.1\r\n"))
        #expect(requests[0].lowercased().contains("\r\nx-consul-token: t0ken\r\n"))
        #expect(requests[1].hasPrefix(start + "index=7&wait=120000ms&node-meta=k%3Av HTTP/1.1\r\n"))
        #expect(requests[3].hasPrefix(start + "node-meta=k%3Av HTTP/1.1\r\n"))
        try await server.stop()
    }

    @Test func tagsSelectServicesAndInstances() async throws {
        let server = try await ScriptedServer { request in
            let (path, query) = path(request)
            if query.contains("index=") { return never }
            return path == "/v1/catalog/services"
                ? page(#"{"web": ["a", "b", "c"], "db": ["a"], "no": ["a", "b"]}"#, index: 1) : page("[]", index: 1)
        }
        var settings = settings(server)
        settings.datacenter = "dc"
        settings.services = ["web", "db"]
        settings.tags = ["a", "b"]
        settings.filter = "x in y"
        settings.healthFilter = "a in b"
        settings.allowStale = false
        try await watching(ConsulDiscovery(settings)) { (events: inout ProviderEvents) async throws in
            #expect(try await events.groups().map(\.source) == ["web"])
        }
        #expect(server.requests.contains { $0.hasPrefix("GET /v1/catalog/services?dc=dc&filter=x%20in%20y ") })
        #expect(server.requests.contains { $0.hasPrefix("GET /v1/health/service/web?dc=dc&tag=a&tag=b&filter=a%20in%20b ") })
        #expect(!server.requests.contains { $0.contains("/service/db") || $0.contains("/service/no") })
        try await server.stop()
    }

    @Test func anEmptyCatalogIsAReportToo() async throws {
        let server = try await ScriptedServer { request in request.contains("index=") ? never : page("{}", index: 1) }
        var settings = settings(server)
        settings.datacenter = "dc"
        try await watching(ConsulDiscovery(settings)) { (events: inout ProviderEvents) async throws in
            #expect(try await events.next() == .groups([]))
        }
        try await server.stop()
    }

    @Test func whatFailsIsTriedAgain() async throws {
        let count = Mutex(0)
        let answers: [[ScriptedServer.Step]] = [
            ScriptedServer.page("{}"),
            [.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")],
            ScriptedServer.page(#"{"Config": {"Datacenter": "dc9"}}"#),
            ScriptedServer.page("[]"),
            page("[", index: 1),
            page("[\(instance("a", port: 1))]", index: 1),
            never,
        ]
        let server = try await ScriptedServer { _ in
            let index = count.withLock { count in
                defer { count += 1 }
                return count
            }
            return answers[min(index, answers.count - 1)]
        }
        var settings = settings(server)
        settings.services = ["web"]
        try await watching(ConsulDiscovery(settings, retryInterval: .milliseconds(10))) { (events: inout ProviderEvents) async throws in
            #expect(
                try await events.failure() == "cannot find out the datacenter: the answer is not as expected: \"Config\" is missing")
            #expect(try await events.failure() == "cannot find out the datacenter: the server answered with HTTP status 403")
            #expect(try await events.failure() == "cannot list the instances of web: the answer has no X-Consul-Index")
            #expect(try await events.failure().hasPrefix("cannot list the instances of web: the answer is not as expected"))
            let groups = try await events.groups()
            #expect(groups.addresses == ["web": ["a:1"]] && groups.first?.labels["__meta_consul_dc"] == "dc9")
        }
        try await server.stop()
    }

    @Test func manyServicesAreWatchedAtOnce() async throws {
        let names = (0..<40).map { "service-\($0)" }
        let server = try await ScriptedServer { request in
            request.contains("index=") ? never : page("[\(instance("a", port: 1))]", index: 1)
        }
        var settings = settings(server)
        settings.datacenter = "dc"
        settings.services = names
        try await watching(ConsulDiscovery(settings)) { (events: inout ProviderEvents) async throws in
            var found: Set<String> = []
            while found.count < names.count { found.formUnion(try await events.groups().map(\.source)) }
            #expect(found == Set(names))
        }
        try await server.stop()
    }

    @Test(arguments: [
        ("h:1", "http", "", "http://h:1/x"), ("https://h/", "http", "", "https://h/x"), ("http://h", "https", "p/", "https://h/p/x"),
    ])
    func addressesOfServers(_ server: String, _ scheme: String, _ prefix: String, _ url: String) {
        var settings = ConsulSettings()
        settings.server = server
        settings.scheme = scheme
        settings.pathPrefix = prefix
        #expect(settings.url("/x") == url)
    }
}
