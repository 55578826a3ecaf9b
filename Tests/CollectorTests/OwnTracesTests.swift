import Foundation
import TestSupport
import Testing

/// `tracing`: a Perch that sends spans of its work to itself, where they are found.
@Suite(.serialized) struct OwnTracesTests {
    private struct Found: Decodable {
        struct Trace: Decodable {
            var rootServiceName: String?
            var rootTraceName: String?
        }

        var traces: [Trace]?
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["grpc", "http"])
    func `scrapes, queries and rules are spans, and sending them is none`(clientType: String) async throws {
        let folder = try TemporaryFolder()
        let (grpc, http) = (try FreePorts.one(), try FreePorts.one())
        _ = try folder.write("groups: [{name: g, interval: 300ms, rules: [{record: two, expr: vector(1) + 1}]}]\n", to: "rules.yml")
        let file = try folder.write(
            """
            global: {scrape_interval: 300ms, scrape_timeout: 200ms}
            rule_files: [rules.yml]
            scrape_configs: [{job_name: nobody, static_configs: [{targets: ["127.0.0.1:1"]}]}]
            receivers: {otlp: {grpc: "127.0.0.1:\(grpc)", http: "127.0.0.1:\(http)"}}
            tracing: {endpoint: "127.0.0.1:\(clientType == "grpc" ? grpc : http)", client_type: \(clientType), insecure: true,
              sampling_fraction: 1, compression: gzip, timeout: 5s}
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        func names() async throws -> Set<String> {
            let text = try await perch.get("/tempo/api/search?limit=500&q=%7Bresource.service.name%3D%22perch%22%7D").text
            let found = try JSONDecoder().decode(Found.self, from: Data(text.utf8))
            return Set((found.traces ?? []).compactMap(\.rootTraceName))
        }
        #expect(try await perch.get("/api/v1/query?query=up").status == 200)
        try await perch.eventually("the spans are found") {
            try await names().isSuperset(of: ["scrape", "promqlEval", "rule"])
        }
        #expect(try await names() == ["scrape", "promqlEval", "rule"])
        // Without the section nothing is sent any more.
        try Data("global: {}\n".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try await perch.post("/-/reload").status == 200)
        #expect(try await perch.terminate() == 0)
    }
}
