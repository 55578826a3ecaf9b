import Foundation
import TestSupport
import Testing

/// Log entries that a running server received, answered by every API of logs: from memory, from shards, and after a crash.
@Suite("Logs", .serialized) struct LogAPITests {
    private static let trace = "5b8aa5a2d2c872e8321cf37308d69df2"

    /// Pushes entries of one stream as Loki's clients do.
    static func push(
        _ entries: [(time: Int64, line: String, metadata: [String: String])], _ labels: [String: String], to server: PerchProcess
    ) async throws {
        let body: [String: Any] = [
            "streams": [
                ["stream": labels, "values": entries.map { [String($0.time), $0.line, $0.metadata] as [Any] }] as [String: Any]
            ]
        ]
        let bytes = Array(try JSONSerialization.data(withJSONObject: body))
        let answer = try await server.post("/loki/api/v1/push", headers: ["Content-Type": "application/json"], body: bytes)
        #expect(answer.status == 204, "\(answer.text)")
    }

    static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) * 1_000_000 }

    /// A file that leaves entries as they were sent.
    static func configuration(_ folder: TemporaryFolder) throws -> String {
        try folder.write("receivers:\n  loki: {discover_service_name: false, discover_log_levels: false}\n", to: "perch.yml")
    }

    @Test(.timeLimit(.minutes(10))) func `every path answers from memory, from shards and after a crash`() async throws {
        let folder = try TemporaryFolder()
        let file = try Self.configuration(folder)
        let start = Self.now() - 60_000_000_000
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        try await Self.push(
            [(start, "order 1 accepted", [:]), (start + 1_000_000_000, "order 2 declined", ["trace_id": Self.trace])],
            ["app": "orders", "pod": "a"], to: server)
        try await Self.push(
            [(start + 2_000_000_000, #"{"msg":"charged","trace":"\#(Self.trace)","ms":12}"#, [:])], ["app": "payments"], to: server)
        try await expectAnswers(server, start)
        #expect(try await server.post("/-/flush").status == 200)
        try await expectAnswers(server, start)
        try await server.killHard()
        let second = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        try await expectAnswers(second, start)
        #expect(try await second.terminate() == 0)
    }

    private func expectAnswers(_ server: PerchProcess, _ start: Int64) async throws {
        func get(_ path: String, _ parameters: [String: String], _ headers: [String: String] = [:]) async throws -> String {
            let query = parameters.map { $0.key + "=" + PerchProcess.encoded($0.value) }.joined(separator: "&")
            return try await server.get(path + "?" + query, headers: headers).text
        }
        let flag = ["X-Loki-Response-Encoding-Flags": "categorize-labels"]
        let lines = try await get("/loki/api/v1/query_range", ["query": #"{app="orders"} |= "order""#, "direction": "forward"], flag)
        #expect(
            lines.hasPrefix(
                #"{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":["#
                    + #"{"stream":{"app":"orders","pod":"a"},"values":[["\#(start)","order 1 accepted",{}],"#
                    + #"["\#(start + 1_000_000_000)","order 2 declined",{"structuredMetadata":{"trace_id":"\#(Self.trace)"}}]]}],"stats":"#),
            "\(lines)")
        let slow = try await get("/loki/api/v1/query_range", ["query": #"{app=~".+"} | json | ms > 10"#])
        #expect(slow.contains(#""msg":"charged""#) && !slow.contains("order"), "\(slow)")
        let counts = try await get("/loki/api/v1/query", ["query": #"sum by (app) (count_over_time({app=~".+"}[5m]))"#])
        #expect(counts.contains(#"{"metric":{"app":"orders"},"value":["#) && counts.contains(#","2"]}"#), "\(counts)")
        #expect(try await get("/loki/api/v1/labels", [:]) == #"{"status":"success","data":["app","pod"]}"#)
        #expect(try await get("/loki/api/v1/label/app/values", [:]) == #"{"status":"success","data":["orders","payments"]}"#)
        #expect(
            try await get("/loki/api/v1/series", ["match": #"{pod="a"}"#]) == #"{"status":"success","data":[{"app":"orders","pod":"a"}]}"#
        )
        #expect(try await get("/loki/api/v1/index/stats", ["query": #"{app="orders"}"#]).hasSuffix(#","bytes":32,"entries":2}"#))
        #expect(
            try await get("/loki/api/v1/index/volume", ["query": #"{app="orders"}"#]).contains(#"{"metric":{"app":"orders"},"value":["#))
        let trace = try await get("/api/logs/trace/\(Self.trace)", [:], flag)
        #expect(trace.contains("order 2 declined") && trace.contains("charged") && !trace.contains("order 1"), "\(trace)")
        let context = try await get(
            "/api/logs/context",
            ["labels": #"{app="orders", pod="a"}"#, "time": String(start + 1_000_000_000), "before": "1", "after": "0"])
        #expect(context.contains("order 1 accepted") && context.contains("order 2 declined"), "\(context)")
        let health = try await get("/loki/api/v1/query", ["query": "vector(1)+vector(1)"])
        #expect(health.contains(#","2"]}]"#), "\(health)")
    }

    @Test(.timeLimit(.minutes(10))) func `a deletion that waits outlives a crash, can be cancelled, and is done in time`() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        func configuration(_ period: String) throws -> String {
            try folder.write("limits: {logs: {delete_request_cancel_period: \(period)}}\n", to: "perch-\(period).yml")
        }
        let start = Self.now() - 60_000_000_000
        let parameters = "query=" + PerchProcess.encoded(#"{app="a"}"#) + "&start=\(start / 1_000_000_000 - 10)"
        func entries(_ server: PerchProcess) async throws -> String {
            try await server.get("/loki/api/v1/index/stats?query=" + PerchProcess.encoded(#"{app="a"}"#)).text
        }
        let server = try await PerchProcess(dataDirectory: data, configuration: try configuration("1h"))
        try await Self.push((0..<4).map { (start + Int64($0), "line \($0)", [:]) }, ["app": "a"], to: server)
        var ids: [String] = []
        for _ in 0..<2 {
            let answer = try await server.post("/loki/api/v1/delete?" + parameters)
            #expect(answer.status == 204, "\(answer.text)")
            ids.append(try #require(answer.headers["x-delete-request-id"]))
        }
        #expect(try await PerchProcess.send("DELETE", server.url + "/loki/api/v1/delete?request_id=\(ids[0])").status == 204)
        try await server.killHard()
        let second = try await PerchProcess(dataDirectory: data, configuration: try configuration("1h"))
        let list = try await second.get("/loki/api/v1/delete").text
        #expect(list.contains(#""request_id":"\#(ids[1])""#) && list.contains(#""status":"received""#) && !list.contains(ids[0]), "\(list)")
        #expect(try await entries(second).hasSuffix(#""entries":4}"#))
        #expect(try await second.terminate() == 0)
        let third = try await PerchProcess(dataDirectory: data, configuration: try configuration("1s"))
        try await third.eventually("the deletion") {
            let done = try await third.get("/loki/api/v1/delete").text
            return done.contains(#""status":"processed""#) && done.contains(#""deleted_entries":4"#)
        }
        #expect(try await entries(third).hasSuffix(#""entries":0}"#))
        #expect(try await PerchProcess.send("DELETE", third.url + "/loki/api/v1/delete?request_id=\(ids[1])").status == 400)
        #expect(try await third.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `receivers that are off do not answer, and what is beyond the rate gets 429`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "receivers: {elasticsearch: off}\nlimits: {logs: {ingestion_rate_mb: 0.001, ingestion_burst_size_mb: 0.001}}\n", to: "perch.yml"
        )
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        #expect(try await server.post("/elasticsearch/_bulk", body: Array("{}\n".utf8)).status == 404)
        func push(_ bytes: Int) async throws -> (status: Int, retryAfter: String?) {
            let line = String(repeating: "x", count: bytes)
            let body = #"{"streams":[{"stream":{"app":"a"},"values":[["\#(Self.now())","\#(line)"]]}]}"#
            let answer = try await server.post(
                "/loki/api/v1/push", headers: ["Content-Type": "application/json"], body: Array(body.utf8))
            return (answer.status, answer.headers["retry-after"])
        }
        #expect(try await push(20_000).status == 204)
        let refused = try await push(100)
        #expect(refused.status == 429)
        #expect(Int(refused.retryAfter ?? "") ?? 0 > 1)
        #expect(try await server.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `what is deleted is gone, from answers and from files`() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let start = Self.now() - 60_000_000_000
        let secret = UUID().uuidString
        let server = try await PerchProcess(dataDirectory: data, configuration: try Self.configuration(folder))
        try await Self.push(
            (0..<50).map { (start + Int64($0), $0 % 5 == 0 ? "card \(secret) charged" : "nothing to hide \($0)", [:]) }, ["app": "a"],
            to: server)
        #expect(try await server.post("/-/flush").status == 200)
        let parameters =
            "query=" + PerchProcess.encoded(#"{app="a"} |= "\#(secret)""#)
            + "&start=\(start / 1_000_000_000 - 10)&end=\(start / 1_000_000_000 + 10)"
        let answer = try await server.post("/loki/api/v1/delete?" + parameters)
        #expect(answer.status == 204, "\(answer.text)")
        let id = try #require(answer.headers["x-delete-request-id"])
        let list = try await server.get("/loki/api/v1/delete").text
        #expect(list.contains(#""request_id":"\#(id)""#) && list.contains(#""deleted_entries":10"#), "\(list)")
        func count(_ server: PerchProcess) async throws -> String {
            try await server.get("/loki/api/v1/index/stats?query=" + PerchProcess.encoded(#"{app="a"}"#)).text
        }
        #expect(try await count(server).hasSuffix(#""entries":40}"#))
        #expect(try await server.post("/-/flush").status == 200)
        #expect(try await server.terminate() == 0)
        let files = try #require(FileManager.default.enumerator(atPath: data)).compactMap { $0 as? String }
        for file in files {
            guard let bytes = FileManager.default.contents(atPath: data + "/" + file) else { continue }
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)")
        }
        let second = try await PerchProcess(dataDirectory: data, configuration: try Self.configuration(folder))
        #expect(try await count(second).hasSuffix(#""entries":40}"#))
        let query = PerchProcess.encoded(#"{app="a"} |= "\#(secret)""#)
        #expect(try await second.get("/loki/api/v1/query_range?query=\(query)").text.contains(#""result":[]"#))
    }

    // MARK: The command line

    @Test(.timeLimit(.minutes(10))) func `perch logs finds lines, and follows them over a restart of the server`() async throws {
        let folder = try TemporaryFolder()
        let file = try Self.configuration(folder)
        let start = Self.now() - 5_000_000_000
        // The port is to be free for the second process, too.
        let listen = ["--http-listen", "127.0.0.1:\(try FreePorts.one())"]
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, arguments: listen)
        let labels = ["service_name": "orders"]
        try await Self.push(
            [(start, #"{"level":"error","msg":"declined","order":7}"#, [:]), (start + 1, "plain", [:])], labels, to: server)
        let query = #"{service_name="orders"}"#
        let found = try await run(PerchProcess.executable, ["logs", query, "--url", server.url])
        #expect(found.status == 0 && found.error == "")
        let lines = found.output.split(separator: "\n")
        #expect(
            lines.count == 2 && lines[0].hasSuffix("  ERROR  orders  declined  order=7") && lines[1].hasSuffix("  orders  plain"),
            "\(found.output)")
        let wrong = try await run(PerchProcess.executable, ["logs", "{service_name=", "--url", server.url])
        #expect(
            wrong.status == 2 && wrong.error.hasPrefix("error: parse error at line 1, col 15:") && wrong.error.hasSuffix("^\n"),
            "\(wrong.error)")
        let number = try await run(PerchProcess.executable, ["logs", "sum(count_over_time(\(query)[5m]))", "--url", server.url])
        #expect(number.output == "VALUE\n    2\n")

        let follower = try ChildProcess(
            PerchProcess.executable, ["logs", query, "--follow", "--output", "raw", "--url", server.url, "--limit", "1"])
        try await server.eventually("the history is printed") { follower.printed.contains("plain\n") }
        try await Self.push([(Self.now(), "live 1", [:])], labels, to: server)
        try await server.eventually("what comes is printed") { follower.printed.contains("live 1\n") }
        try await server.killHard()
        try await server.eventually("the loss is remarked on") { follower.printed.contains("trying again") }
        let second = try await PerchProcess(
            dataDirectory: folder.path + "/data", configuration: file, arguments: listen)
        try await Self.push([(Self.now(), "live 2", [:])], labels, to: second)
        try await second.eventually("it goes on") { follower.printed.contains("live 2\n") }
        follower.send(signal: SIGINT)
        #expect(try await follower.status() == 0)
        for line in ["plain", "live 1", "live 2"] { #expect(follower.printed.ranges(of: line + "\n").count == 1, "\(follower.printed)") }
        #expect(!follower.printed.contains("declined"))
        #expect(try await second.terminate() == 0)
    }

    // MARK: Other programs

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python = root + "/.venv-logs/bin/python"
    private static let hasPython = FileManager.default.isExecutableFile(atPath: python)

    private static let tailScript = """
        import json, sys, websocket
        socket = websocket.create_connection(sys.argv[1], timeout=30)
        wanted = int(sys.argv[2])
        seen = 0
        while seen < wanted:
            for stream in json.loads(socket.recv())["streams"]:
                for entry in stream["values"]:
                    print(stream["stream"]["app"], entry[1], flush=True)
                    seen += 1
        socket.close(status=1000)
        print("closed", flush=True)
        """

    @Test(.enabled(if: hasPython, "scripts/install-packages.sh test has not installed websocket-client"), .timeLimit(.minutes(10)))
    func `a WebSocket client of another make tails`() async throws {
        let folder = try TemporaryFolder()
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: try Self.configuration(folder))
        try await Self.push([(Self.now() - 1_000_000_000, "there", [:])], ["app": "a"], to: server)
        let script = try folder.write(Self.tailScript, to: "tail.py")
        let address =
            server.url.replacing("http://", with: "ws://") + "/loki/api/v1/tail?query=" + PerchProcess.encoded(#"{app=~".+"} != "no""#)
        let client = try ChildProcess(Self.python, [script, address, "52"])
        try await server.eventually("the history comes") { client.printed.contains("a there\n") }
        for number in 0..<50 {
            try await Self.push(
                [(Self.now(), "line \(number)", [:]), (Self.now(), "no \(number)", [:])], ["app": number % 2 == 0 ? "a" : "b"], to: server)
        }
        try await Self.push([(Self.now(), "last", [:])], ["app": "a"], to: server)
        #expect(try await client.status() == 0)
        let lines = client.printed.split(separator: "\n").map(String.init)
        #expect(
            Set(lines).count == 53 && lines.count == 53 && lines.last == "closed" && !client.printed.contains("no "), "\(client.printed)")
        #expect(try await server.terminate() == 0)
    }

    /// The published conformance scripts: beside the package, or in the folder that `PERCH_CONFORMANCE` names.
    private static let harness =
        ProcessInfo.processInfo.environment["PERCH_CONFORMANCE"].map { $0 + "/logql" }
        ?? URL(fileURLWithPath: root).deletingLastPathComponent().appendingPathComponent("shared/conformance/logql").path
    private static let hasHarness = hasPython && FileManager.default.fileExists(atPath: harness + "/logqltest.py")

    @Test(.enabled(if: hasHarness, "the conformance scripts do not lie beside the package"), .timeLimit(.minutes(10)))
    func `the published scripts pass over HTTP`() async throws {
        let folder = try TemporaryFolder()
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: try Self.configuration(folder))
        let report = folder.path + "/report.json"
        let result = try await run(
            Self.python,
            [
                Self.harness + "/logqltest.py", "--url", server.url, "--testdata", Self.harness + "/testdata", "--log-mode", "--error-text",
                "--json", report,
            ])
        #expect(result.status == 0, "\(result.error)")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report))) as? [String: Any]
        let cases = try #require(json?["cases"] as? [[String: Any]])
        #expect(cases.count >= 860)
        let failed = Set(cases.filter { $0["result"] as? String == "FAIL" }.compactMap { $0["id"] as? String })
        #expect(failed.isEmpty, "\(result.output.suffix(4000))")
        #expect(try await server.terminate() == 0)
    }
}
