internal import NIOHTTP1
internal import NIOPosix
internal import ScriptedHTTP
internal import Synchronization
internal import Testing

@testable internal import OutboundHTTP

@Suite struct HostAddressesTests {
    private func client(_ addresses: HostAddresses, proxy: HTTPProxy = .none) throws -> OutboundClient {
        var settings = HTTPClientSettings(proxy: proxy)
        settings.spreadsOverAddresses = true
        return try OutboundClient(
            settings, userAgent: "Perch/test", usage: .steady, connectMilliseconds: 5_000, connectionsPerServer: 8,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, threadPool: .singleton, environment: [:], addresses: addresses)
    }

    @Test func `requests are spread over the addresses of a name, which stays the host`() async throws {
        let first = try await ScriptedServer { _ in ScriptedServer.page("1") }
        let port = first.port
        let second = try await ScriptedServer(host: "127.0.0.2", port: port) { _ in ScriptedServer.page("2") }
        let third = try await ScriptedServer(host: "127.0.0.3", port: port) { _ in ScriptedServer.page("3") }
        let asked = Atomic<Int>(0)
        let client = try client(
            HostAddresses(.singleton) { host in
                asked.add(1, ordering: .relaxed)
                return host == "many.test" ? ["127.0.0.1", "127.0.0.2", "127.0.0.3"] : []
            })
        for _ in 0..<60 {
            let response = try await client.send(OutboundRequest(.GET, "http://Many.test:\(port)/"), timeoutMilliseconds: 5_000)
            #expect(response.status == 200)
        }
        let all = [first, second, third]
        // That one of three gets none of 60 happens in one of ten billion runs.
        #expect(all.allSatisfy { !$0.requests.isEmpty })
        #expect(all.flatMap(\.requests).allSatisfy { $0.lowercased().contains("host: many.test:\(port)\r\n") })
        // Looked up for all requests of some seconds together.
        #expect(asked.load(ordering: .relaxed) < 5)
        await client.shutdown()
        for server in all { try await server.stop() }
    }

    @Test func `addresses and names without any are not looked up, or go the usual way`() async throws {
        let server = try await ScriptedServer { _ in ScriptedServer.page("in") }
        let asked = Mutex<[String]>([])
        let addresses = HostAddresses(.singleton) { host in
            asked.withLock { $0.append(host) }
            return []
        }
        let client = try client(addresses)
        for host in ["127.0.0.1", "localhost"] {
            let response = try await client.send(OutboundRequest(.GET, "http://\(host):\(server.port)/"), timeoutMilliseconds: 5_000)
            #expect(response.status == 200)
        }
        #expect(asked.withLock { $0 } == ["localhost"])
        #expect(await addresses.one(behind: "http://[::1]:5/") == nil)
        #expect(await addresses.one(behind: "no address") == nil)
        await client.shutdown()
        try await server.stop()
    }

    @Test func `with a proxy the proxy finds the way`() async throws {
        let proxy = try await ScriptedServer { _ in ScriptedServer.page("proxy") }
        let client = try client(
            HostAddresses(.singleton) { _ in ["127.0.0.9"] }, proxy: HTTPProxy(.url(.literal("http://127.0.0.1:\(proxy.port)"))))
        let url = "http://many.test:\(proxy.port)/"
        _ = try? await client.send(OutboundRequest(.GET, url), timeoutMilliseconds: 2_000)
        #expect(proxy.requests.first?.hasPrefix("CONNECT many.test:\(proxy.port) ") == true)
        await client.shutdown()
        try await proxy.stop()
    }

    @Test func `the system knows the addresses of this machine`() {
        #expect(HostAddresses.ofSystem("localhost").contains { $0 == "127.0.0.1" || $0 == "::1" })
        #expect(HostAddresses.ofSystem("no.such.name.invalid").isEmpty)
    }
}
