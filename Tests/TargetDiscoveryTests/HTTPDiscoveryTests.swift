internal import OutboundHTTP
internal import ScriptedHTTP
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import TargetDiscovery

/// The content of a list of targets, as a server would send it.
private func groups(_ list: inout HTTPTargetList, _ body: String, _ contentType: String = "application/json") throws -> [TargetGroup] {
    try list.take(Array(body.utf8), contentType: contentType)
}

@Suite("HTTP discovery")
struct HTTPDiscoveryTests {
    @Test func aListBecomesGroupsWithTheURLAmongTheirLabels() throws {
        var list = HTTPTargetList(url: "http://sd/targets")
        let found = try groups(
            &list, #"[{"targets": ["a:1", "b:2"], "labels": {"rack": "x", "none": null}}, {"labels": {"alone": "y"}}, {"targets": null}]"#)
        #expect(
            found == [
                TargetGroup(
                    source: "http://sd/targets:0", targets: [["__address__": "a:1"], ["__address__": "b:2"]],
                    labels: ["rack": "x", "__meta_url": "http://sd/targets"]),
                TargetGroup(
                    source: "http://sd/targets:1", targets: [], labels: ["alone": "y", "__meta_url": "http://sd/targets"]),
                TargetGroup(source: "http://sd/targets:2", targets: [], labels: ["__meta_url": "http://sd/targets"]),
            ])
    }

    @Test func groupsThatVanishFromTheListAreTakenBackOnce() throws {
        var list = HTTPTargetList(url: "u")
        _ = try groups(&list, #"[{"targets": ["a:1"]}, {"targets": ["b:1"]}, {"targets": ["c:1"]}]"#)
        #expect(throws: ProviderFault.self) { try groups(&list, "[") }
        let fewer = try groups(&list, #"[{"targets": ["d:1"]}]"#)
        #expect(fewer.map(\.source) == ["u:0", "u:1", "u:2"] && fewer.map(\.targets.count) == [1, 0, 0])
        #expect(try groups(&list, "null").map(\.source) == ["u:0"])
        #expect(try groups(&list, "[]").isEmpty)
    }

    @Test(arguments: [
        "", "{}", "[", "[null]", "[1]", #"["a:1"]"#, #"[{"targets": "a:1"}]"#, #"[{"targets": [1]}]"#, #"[{"targets": [null]}]"#,
        #"[{"targets": [], "labels": []}]"#, #"[{"labels": {"a": 1}}]"#, #"[{"labels": {"": "a"}}]"#, #"[{"target": ["a:1"]}]"#, "[] []",
        String(repeating: "[", count: 100_000), "\u{0}",
    ])
    func whatIsNoListOfGroupsIsRefused(_ body: String) {
        var list = HTTPTargetList(url: "u")
        #expect(throws: ProviderFault.self) { try groups(&list, body) }
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON", true), (" application/json ", true), ("application/json; charset=utf-8", true),
        ("application/json;charset=\"UTF-8\"", true), ("application/json; charset=latin1", false), ("text/json", false), ("", false),
        ("application/json;", false), ("application/jsonx", false), ("application/json ; charset=utf-8", false),
    ])
    func onlyJSONIsTaken(_ contentType: String, _ isTaken: Bool) {
        #expect(HTTPTargetList.isJSON(contentType) == isTaken, "\(contentType)")
    }

    @Test func aServerThatFailsKeepsWhatWasFoundBefore() async throws {
        let count = Mutex(0)
        let answers: [[ScriptedServer.Step]] = [
            ScriptedServer.page(#"[{"targets": ["a:1"]}, {"targets": ["b:1"]}]"#, contentType: "application/json"),
            [.send("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n")],
            ScriptedServer.page("[]", contentType: "text/html"),
            ScriptedServer.page(#"[{"targets": ["c:1"]}]"#, contentType: "application/json; charset=utf-8"),
        ]
        let server = try await ScriptedServer { _ in
            let index = count.withLock { count in
                defer { count += 1 }
                return count
            }
            return answers[min(index, answers.count - 1)]
        }
        let url = "http://127.0.0.1:\(server.port)/sd?x=1"
        let client = HTTPClientSettings(authorization: .credentials(type: "Bearer", .literal("s3cret")))
        let discovery = HTTPDiscovery(url: url, client: client, refreshInterval: .milliseconds(500), userAgent: "Perch/test")
        try await watching(discovery) { (events: inout ProviderEvents) async throws in
            #expect(try await events.groups().addresses == ["\(url):0": ["a:1"], "\(url):1": ["b:1"]])
            #expect(try await events.failure() == "\(url): the server answered with HTTP status 500")
            #expect(try await events.failure() == "\(url): the content type \"text/html\" is not application/json")
            #expect(try await events.groups().addresses == ["\(url):0": ["c:1"], "\(url):1": []])
        }
        let request = try #require(server.requests.first).lowercased()
        #expect(request.hasPrefix("get /sd?x=1 http/1.1\r\n"))
        for header in [
            "accept: application/json", "x-prometheus-refresh-interval-seconds: 0.5", "user-agent: perch/test",
            "authorization: bearer s3cret",
        ] { #expect(request.contains("\r\n\(header)\r\n"), "\(header)") }
        try await server.stop()
    }

    @Test func certificatesThatCannotBeReadAreAFailureAndNotTheEnd() async throws {
        let client = HTTPClientSettings(tls: HTTPTLSSettings(certificateAuthority: .file(path: "/does/not/exist.pem")))
        try await watching(HTTPDiscovery(url: "https://localhost:1/", client: client, refreshInterval: .milliseconds(50))) {
            (events: inout ProviderEvents) async throws in
            for _ in 0..<2 { #expect(try await events.failure().contains("/does/not/exist.pem")) }
        }
    }
}
