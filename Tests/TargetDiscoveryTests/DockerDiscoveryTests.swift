internal import Foundation
internal import ScriptedHTTP
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import TargetDiscovery

/// What a daemon shows of some containers, in the shape of its API.
private let containersJSON = """
    [
     {"Id": "c1", "Names": ["/web"], "Image": "nginx", "Labels": {"com.docker.compose.service": "web", "a-b": "1"},
      "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}, {"PrivatePort": 53, "Type": "udp"},
                {"PrivatePort": 443, "Type": "tcp"}],
      "State": "running", "HostConfig": {"NetworkMode": "front"},
      "NetworkSettings": {"Networks": {"zone": {"NetworkID": "n2", "IPAddress": "172.19.0.2"},
                                       "front": {"NetworkID": "n1", "IPAddress": "172.18.0.2"}, "absent": null}}},
     {"Id": "c2", "Names": ["/sidecar"], "Labels": {}, "Ports": [], "HostConfig": {"NetworkMode": "container:c1"},
      "NetworkSettings": {"Networks": {}}},
     {"Id": "c3", "Names": ["/host"], "Labels": null, "Ports": null, "HostConfig": {"NetworkMode": "host"},
      "NetworkSettings": {"Networks": {"host": {"NetworkID": "n3", "IPAddress": ""}}}},
     {"Id": "c4", "Names": ["/loop"], "HostConfig": {"NetworkMode": "container:c5"}, "NetworkSettings": {"Networks": {}}},
     {"Id": "c5", "Names": ["/pool"], "HostConfig": {"NetworkMode": "container:c4"}},
     {"Id": "c6", "Names": [], "HostConfig": {"NetworkMode": "front"},
      "NetworkSettings": {"Networks": {"front": {"NetworkID": "n1", "IPAddress": "172.18.0.9"}}}},
     {"Id": "c7", "Names": ["/six"], "Ports": [{"PrivatePort": 53, "Type": "udp"}], "HostConfig": {"NetworkMode": "none"},
      "NetworkSettings": {"Networks": {"six": {"NetworkID": "unknown", "IPAddress": "fd00::7"}}}}
    ]
    """

private let networksJSON = """
    [{"Name": "front", "Id": "n1", "Scope": "local", "Internal": true, "Ingress": false, "Labels": {"team.name": "x"}},
     {"Name": "zone", "Id": "n2", "Scope": "swarm", "Internal": false, "Ingress": true, "Labels": null},
     {"Name": "host", "Id": "n3", "Scope": "local"}]
    """

private func group(matchFirstNetwork: Bool) throws -> TargetGroup {
    let targets = DockerTargets(port: 81, hostNetworkingHost: "node-1", matchFirstNetwork: matchFirstNetwork)
    return targets.group(
        try decodeJSON([DockerContainer].self, Array(containersJSON.utf8)), try decodeJSON([DockerNetwork].self, Array(networksJSON.utf8)))
}

/// Answers as a daemon does, by path.
private func daemon(_ request: String) -> [ScriptedServer.Step] {
    let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    switch path.split(separator: "?").first.map(String.init) {
    case "/_ping": return ScriptedServer.page("OK", headers: "Api-Version: 1.44\r\n")
    case "/v1.44/containers/json": return ScriptedServer.page(containersJSON, contentType: "application/json")
    case "/v1.44/networks": return ScriptedServer.page(networksJSON, contentType: "application/json")
    default: return [.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]
    }
}

@Suite("Docker discovery")
struct DockerDiscoveryTests {
    @Test func eachPublishedPortIsATarget() throws {
        let group = try group(matchFirstNetwork: true)
        #expect(group.source == "Docker" && group.labels == LabelSet())
        #expect(
            group.targets.map { $0["__address__"] } == ["172.18.0.2:80", "172.18.0.2:443", "172.18.0.2:81", "node-1", "[fd00::7]:81"])
        #expect(
            group.targets.first == [
                "__address__": "172.18.0.2:80", "__meta_docker_container_id": "c1", "__meta_docker_container_name": "/web",
                "__meta_docker_container_network_mode": "front", "__meta_docker_container_label_com_docker_compose_service": "web",
                "__meta_docker_container_label_a_b": "1", "__meta_docker_network_id": "n1", "__meta_docker_network_name": "front",
                "__meta_docker_network_scope": "local", "__meta_docker_network_internal": "true", "__meta_docker_network_ingress": "false",
                "__meta_docker_network_label_team_name": "x", "__meta_docker_network_ip": "172.18.0.2", "__meta_docker_port_private": "80",
                "__meta_docker_port_public": "8080", "__meta_docker_port_public_ip": "0.0.0.0",
            ])
        let second = try #require(group.targets.dropFirst().first)
        #expect(second["__meta_docker_port_private"] == "443" && second["__meta_docker_port_public"] == nil)
        let sidecar = try #require(group.targets.dropFirst(2).first)
        #expect(sidecar["__meta_docker_container_network_mode"] == "container:c1" && sidecar["__meta_docker_network_name"] == "front")
    }

    @Test func allNetworksCountWhereTheyAreAskedFor() throws {
        let addresses = try group(matchFirstNetwork: false).targets.compactMap { $0["__address__"] }
        #expect(
            addresses == [
                "172.18.0.2:80", "172.18.0.2:443", "172.19.0.2:80", "172.19.0.2:443", "172.18.0.2:81", "172.19.0.2:81", "node-1",
                "[fd00::7]:81",
            ])
    }

    @Test func aDaemonAtASocketIsAsked() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "perch docker \(UInt32.random(in: 0 ... .max)).sock").path
        let server = try await ScriptedServer(socketPath: path, daemon)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let host = try #require(DockerDiscovery.Host(parsing: "unix://\(path)"))
        let filters = [
            DockerDiscovery.Filter(name: "status", values: ["running"]), .init(name: "label", values: ["a\"b", "c"]),
            .init(name: "x", values: []),
        ]
        try await watching(DockerDiscovery(host: host, port: 81, filters: filters, hostNetworkingHost: "node-1")) {
            (events: inout ProviderEvents) async throws in
            #expect(try await events.groups() == [group(matchFirstNetwork: true)])
        }
        let list = try #require(server.requests.first { $0.contains("/containers/json") })
        #expect(
            list.hasPrefix(
                "GET /v1.44/containers/json?filters=%7B%22label%22%3A%5B%22a%5C%22b%22%2C%22c%22%5D%2C%22status%22%3A%5B%22running%22%5D%7D HTTP"
            ))
        // A daemon refuses requests that name no host.
        #expect(server.requests.allSatisfy { $0.lowercased().contains("\r\nhost: localhost\r\n") })
        try await server.stop()
    }

    @Test func aDaemonThatFailsKeepsItsContainers() async throws {
        let count = Mutex(0)
        let server = try await ScriptedServer { request in
            let isBroken = count.withLock { count in
                count += 1
                return count == 5
            }
            return isBroken ? [.send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")] : daemon(request)
        }
        let host = try #require(DockerDiscovery.Host(parsing: "tcp://127.0.0.1:\(server.port)/"))
        try await watching(DockerDiscovery(host: host, refreshInterval: .milliseconds(500))) {
            (events: inout ProviderEvents) async throws in
            #expect(try await events.groups().first?.targets.count == 5)
            #expect(try await events.failure() == "cannot list containers: the server answered with HTTP status 503")
            #expect(try await events.groups().first?.targets.count == 5)
        }
        try await server.stop()
    }

    @Test func aSocketThatIsNotThereIsAFailure() async throws {
        let host = try #require(DockerDiscovery.Host(parsing: "unix:///does/not/exist.sock"))
        try await watching(DockerDiscovery(host: host, refreshInterval: .seconds(5))) { (events: inout ProviderEvents) async throws in
            #expect(try await events.failure().hasPrefix("cannot reach the daemon: "))
        }
    }

    @Test(arguments: ["", "docker", "unix://relative", "npipe:////./pipe/docker", "ssh://host", "http://", "tcp:///"])
    func otherHostsAreRefused(_ text: String) { #expect(DockerDiscovery.Host(parsing: text) == nil) }
}
