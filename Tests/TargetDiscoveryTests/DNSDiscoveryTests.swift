internal import Foundation
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import TargetDiscovery

private func wire(_ labels: String...) -> [UInt8] { labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0] }

/// Runs the discovery of names against a server of the test's own.
private func withNames(
    _ names: [String], type: DNSRecordType, port: Int = 0, resolver text: String = "nameserver 127.0.0.1\nsearch a.test b.test\n",
    timeoutMilliseconds: Int64 = 60_000, server script: @escaping ScriptedNameServer.Script,
    _ body: (inout ProviderEvents, ScriptedNameServer) async throws -> Void
) async throws {
    let server = try await ScriptedNameServer(script)
    let file = FileManager.default.temporaryDirectory.appending(path: "perch-resolv-\(UUID().uuidString)")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let discovery = DNSDiscovery(
        names: names, type: type, port: port, refreshInterval: .milliseconds(50),
        resolver: .init(configurationFile: file.path, port: server.port, timeoutMilliseconds: timeoutMilliseconds))
    try await watching(discovery) { (events: inout ProviderEvents) async throws in try await body(&events, server) }
    try await server.stop()
}

@Suite("DNS discovery")
struct DNSDiscoveryTests {
    @Test func servicesAreFoundInASearchDomain() async throws {
        try await withNames(["web"], type: .srv) { question in
            guard question.name == "web.b.test", question.type == 33 else { return .init(code: 3) }
            return .init(records: [
                (33, [0, 1, 0, 1, 0x1f, 0x90] + wire("one", "test")), (33, [0, 1, 0, 1, 0, 80] + wire("two", "test")),
            ])
        } _: { (events: inout ProviderEvents, server: ScriptedNameServer) async throws in
            let groups = try await events.groups()
            #expect(
                groups == [
                    TargetGroup(
                        source: "web",
                        targets: [
                            [
                                "__address__": "one.test:8080", "__meta_dns_name": "web", "__meta_dns_srv_record_target": "one.test.",
                                "__meta_dns_srv_record_port": "8080",
                            ],
                            [
                                "__address__": "two.test:80", "__meta_dns_name": "web", "__meta_dns_srv_record_target": "two.test.",
                                "__meta_dns_srv_record_port": "80",
                            ],
                        ])
                ])
            #expect(server.questions.prefix(2).map(\.name) == ["web.a.test", "web.b.test"])
            #expect(!server.questions.contains { $0.isTCP })
        }
    }

    @Test func anAnswerThatDoesNotFitIsAskedForOverTCP() async throws {
        try await withNames(["many.test."], type: .a, port: 9100) { question in
            if !question.isTCP { return .init(isTruncated: true) }
            let records: [(type: UInt16, content: [UInt8])] = [
                (type: 5, content: wire("other", "test")), (type: 1, content: [10, 0, 0, 1]), (type: 1, content: [10, 0, 0, 2]),
            ]
            return .init(records: records)
        } _: { (events: inout ProviderEvents, server: ScriptedNameServer) async throws in
            #expect(try await events.groups().addresses == ["many.test.": ["10.0.0.1:9100", "10.0.0.2:9100"]])
            #expect(server.questions.prefix(2).map(\.isTCP) == [false, true])
        }
    }

    @Test func aNameThatIsGoneLosesItsTargetsAndOneThatCannotBeAskedForKeepsThem() async throws {
        let round = Mutex(0)
        try await withNames(["flaky.test.", "gone.test."], type: .aaaa, port: 1) { question in
            let isFirst = round.withLock { round in
                round += 1
                return round <= 2
            }
            let address: [UInt8] = Array(repeating: 0, count: 15) + [1]
            let found = ScriptedNameServer.Answer(records: [(28, address)])
            if isFirst { return found }
            return question.name == "flaky.test" ? .init(code: 2) : .init(code: 3)
        } _: { (events: inout ProviderEvents, _: ScriptedNameServer) async throws in
            #expect(try await events.groups().addresses == ["flaky.test.": ["[::1]:1"], "gone.test.": ["[::1]:1"]])
            #expect(try await events.groups().addresses == ["gone.test.": []])
            #expect(
                try await events.failure()
                    == "\"flaky.test.\" cannot be looked up: flaky.test.: 127.0.0.1: the server failed")
        }
    }

    @Test func theNextServerIsAskedWhereOneIsSilent() async throws {
        // Nothing listens at the second address of the loopback network, and the third is no address.
        try await withNames(
            ["mx.test."], type: .mx, port: 25, resolver: "nameserver 127.0.0.2\nnameserver x\nnameserver 127.0.0.1\n",
            timeoutMilliseconds: 5_000
        ) { _ in
            .init(records: [(15, [0, 9] + wire("mail", "test"))])
        } _: { (events: inout ProviderEvents, _: ScriptedNameServer) async throws in
            let groups = try await events.groups()
            #expect(
                groups.first?.targets == [
                    ["__address__": "mail.test:25", "__meta_dns_name": "mx.test.", "__meta_dns_mx_record_target": "mail.test."]
                ])
        }
    }

    @Test func silenceIsAFailure() async throws {
        try await withNames(["ns.test."], type: .ns, port: 53, timeoutMilliseconds: 100) { _ in
            nil
        } _: { (events: inout ProviderEvents, _: ScriptedNameServer) async throws in
            #expect(
                try await events.failure() == "\"ns.test.\" cannot be looked up: ns.test.: 127.0.0.1: no answer within 100 ms")
        }
        try await withNames(["a"], type: .a, port: 1, resolver: "") { _ in
            nil
        } _: { (events: inout ProviderEvents, _: ScriptedNameServer) async throws in
            #expect(try await events.failure() == "\"a\" cannot be looked up: resolv.conf names no server")
        }
    }

    @Test func aResolverFileThatIsMissingIsAFailure() async throws {
        let discovery = DNSDiscovery(
            names: ["a"], type: .a, port: 1, refreshInterval: .seconds(9), resolver: .init(configurationFile: "/does/not/exist"))
        try await watching(discovery) { (events: inout ProviderEvents) async throws in
            #expect(try await events.failure() == "\"a\" cannot be looked up: /does/not/exist cannot be read")
        }
    }
}
