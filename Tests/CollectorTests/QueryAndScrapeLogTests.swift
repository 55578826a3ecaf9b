import Foundation
import Testing

/// `query_log_file` and `scrape_failure_log_file`.
@Suite(.serialized) struct QueryAndScrapeLogTests {
    /// The lines that are whole: of the last one, a part may be there only.
    private func lines(_ path: String) throws -> [[String: Any]] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let end = text.lastIndex(of: "\n") else { return [] }
        return try text[..<end].split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test(.timeLimit(.minutes(10))) func `queries and failed scrapes are logged in files that a reload opens anew`() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(
            "groups: [{name: g, interval: 200ms, rules: [{record: two, expr: vector(1) + 1}]}]\n", to: "rules.yml")
        let file = try folder.write(
            """
            global: {scrape_interval: 300ms, scrape_timeout: 200ms, query_log_file: queries.log, scrape_failure_log_file: failures.log}
            rule_files: [rules.yml]
            scrape_configs:
            - job_name: nobody
              static_configs: [{targets: ["127.0.0.1:1"]}]
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        #expect(try await perch.get("/api/v1/query?query=sum(up)%2B1&time=1700000000.25").status == 200)
        #expect(try await perch.get("/api/v1/query_range?query=up&start=1700000000&end=1700000060&step=15").status == 200)
        #expect(try await perch.get("/api/v1/query?query=up%20%2B%20on()%20up%20%2B").status == 400)
        let queries = folder.path + "/queries.log"
        try await perch.eventually("the queries are logged") {
            try lines(queries).filter { $0["httpRequest"] != nil }.count >= 2 && lines(queries).contains { $0["ruleGroup"] != nil }
        }
        let asked = try lines(queries).filter { $0["httpRequest"] != nil }
        #expect(asked.count == 2)
        let instant = try #require(asked.first { ($0["params"] as? [String: Any])?["query"] as? String == "sum(up)+1" })
        #expect(instant["msg"] as? String == "promql query logged")
        #expect((instant["params"] as? [String: Any])?["start"] as? String == "2023-11-14T22:13:20.250Z")
        #expect((instant["params"] as? [String: Any])?["step"] as? Int == 0)
        #expect(instant["stats"] is [String: Any])
        let request = try #require(instant["httpRequest"] as? [String: String])
        #expect(request == ["clientIP": "127.0.0.1", "method": "GET", "path": "/api/v1/query"])
        #expect(asked.contains { ($0["params"] as? [String: Any])?["step"] as? Int == 15 })
        let rule = try #require(try lines(queries).first { $0["ruleGroup"] != nil })
        #expect((rule["ruleGroup"] as? [String: String])?["name"] == "g")
        #expect((rule["params"] as? [String: Any])?["query"] as? String == "vector(1) + 1")

        let failures = folder.path + "/failures.log"
        // Where the machine is busy, the time of a scrape may be over before the connection is refused.
        let refused = "fetching failed: connection refused"
        try await perch.eventually("failed scrapes are logged") { try lines(failures).count { $0["msg"] as? String == refused } >= 2 }
        let failure = try #require(try lines(failures).first { $0["msg"] as? String == refused })
        #expect(failure["job_name"] as? String == "nobody" && failure["target"] as? String == "http://127.0.0.1:1/metrics")
        #expect(failure["level"] as? String == "ERROR")

        try FileManager.default.moveItem(atPath: queries, toPath: queries + ".1")
        #expect(try await perch.post("/-/reload").status == 200)
        #expect(try await perch.get("/api/v1/query?query=time()").status == 200)
        try await perch.eventually("the file is opened anew") { try lines(queries).contains { $0["httpRequest"] != nil } }
        #expect(try lines(queries + ".1").allSatisfy { ($0["params"] as? [String: Any])?["query"] as? String != "time()" })
        #expect(try await perch.terminate() == 0)
    }
}
