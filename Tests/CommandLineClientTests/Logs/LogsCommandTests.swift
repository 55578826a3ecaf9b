internal import Foundation
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

@Suite struct LogsCommandTests {
    private static let now: Int64 = 1_700_000_001_000

    private func run(_ client: PerchClient, _ options: LogsCommand.Options) async -> (CommandStatus, CapturedOutput) {
        let captured = CapturedOutput()
        let command = LogsCommand(
            client: client, options: options, terminal: Terminal(width: 100),
            surroundings: .init(now: { LogsCommandTests.now }, sleep: { _ in false }))
        return (await command.run(output: captured.output), captured)
    }

    private func parameters(_ request: PerchClient.Request?) -> [String: String] {
        Dictionary((request?.parameters ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    }

    @Test func `lines of the last hour are printed oldest first`() async {
        let server = CannedServer(["/loki/api/v1/query_range": (200, LogReplies.two)])
        let (status, captured) = await run(server.client, .init(query: #"{a="b"}"#))
        #expect(status == .success)
        #expect(
            captured.result == """
                2023-11-14T22:13:20.100Z         orders    first
                2023-11-14T22:13:20.300Z         payments  charged  amount=7
                2023-11-14T22:13:20.500Z  ERROR  orders    second

                """)
        #expect(captured.remarks == "")
        let request = server.requests.first
        #expect(
            parameters(request) == [
                "query": #"{a="b"}"#, "start": "1699996401000000000", "end": "1700000001000000000", "limit": "100", "direction": "backward",
            ])
        #expect(request?.isForm == true)
        #expect(request?.headers == [.init(name: "X-Loki-Response-Encoding-Flags", value: "categorize-labels")])
    }

    @Test func `logcli's forms keep the newest first, unless forward is asked for`() async {
        let server = CannedServer(["/loki/api/v1/query_range": (200, LogReplies.two)])
        #expect(
            await run(server.client, .init(query: #"{a="b"}"#, format: .raw)).1.result
                == "second\n{\"msg\":\"charged\",\"amount\":7}\nfirst\n")
        let (_, captured) = await run(server.client, .init(query: #"{a="b"}"#, isForward: true, format: .raw))
        #expect(captured.result == "first\n{\"msg\":\"charged\",\"amount\":7}\nsecond\n")
        #expect(parameters(server.requests.last)["direction"] == "forward")
    }

    @Test func `nothing found is a success that is remarked on`() async {
        let (status, captured) = await run(
            CannedServer(["/loki/api/v1/query_range": (200, LogReplies.streams(""))]).client, .init(query: #"{a="b"}"#))
        #expect(status == .success && captured.result == "")
        #expect(captured.remarks == "no lines from 2023-11-14 21:13:21.000 UTC to 2023-11-14 22:13:21.000 UTC\n")
    }

    @Test func `errors point at the place in the query`() async {
        let server = CannedServer(["/loki/api/v1/query_range": (400, "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER")])
        let (status, captured) = await run(server.client, .init(query: #"{app= x"}"#))
        #expect(status == .usage)
        #expect(
            captured.remarks == """
                error: parse error at line 1, col 6: syntax error: unexpected IDENTIFIER
                  {app= x"}
                       ^

                """)
        let (missing, remark) = await run(CannedServer([:]).client, .init(query: #"{a="b"}"#))
        #expect(missing == .failure && remark.remarks.contains("is it a Perch that keeps logs?"))
        let (late, text) = await run(
            CannedServer(["/loki/api/v1/query_range": (504, "request timed out")]).client, .init(query: #"{a="b"}"#))
        #expect(late == .failure && text.remarks == "error: http://test/loki/api/v1/query_range answered 504: request timed out\n")
    }

    @Test func `numbers are a table, for now or over a range`() async {
        let vector = #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"app":"a"},"value":[1700000001,"2"]}]}}"#
        let matrix = #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"app":"a"},"values":[[60,"1"],[120,"2"]]}]}}"#
        let server = CannedServer(["/loki/api/v1/query": (200, vector), "/loki/api/v1/query_range": (200, matrix)])
        let query = #"sum by (app) (rate({a="b"}[1m]))"#
        let (status, captured) = await run(server.client, .init(query: query))
        #expect(status == .success && captured.result == "app  VALUE\na        2\n")
        #expect(parameters(server.requests.last) == ["query": query, "time": "1700000001000000000"])
        let (_, range) = await run(server.client, .init(query: query, times: .init(since: "1h"), format: .csv))
        #expect(range.result == "app,timestamp,value\r\na,60,1\r\na,120,2\r\n")
        #expect(parameters(server.requests.last)["step"] == "60000ms")
        let (_, graph) = await run(server.client, .init(query: query, step: "30s", format: .graph))
        #expect(graph.result.contains("step 30s"))
    }

    @Test(arguments: [
        LogsCommand.Options(query: #"{a="b"}"#, limit: 0), .init(query: #"{a="b"}"#, context: -1), .init(query: #"{a="b"}"#, format: .csv),
        .init(query: #"{a="b"}"#, step: "1m"), .init(query: #"rate({a="b"}[1m])"#, format: .raw),
        .init(query: #"rate({a="b"}[1m])"#, isFollowing: true),
        .init(query: #"rate({a="b"}[1m])"#, context: 1), .init(query: #"rate({a="b"}[1m])"#, step: "1m"),
        .init(query: #"{a="b"}"#, isForward: true, isFollowing: true), .init(query: #"{a="b"}"#, isFollowing: true, context: 1),
        .init(query: #"{a="b"}"#, times: .init(to: "now"), isFollowing: true),
        .init(query: #"{a="b"}"#, isFollowing: true, delaySeconds: 6),
        .init(query: #"{a="b"}"#, times: .init(since: "x")), .init(query: #"{a="b"}"#, times: .init(from: "now", to: "now-1h")),
    ])
    func `wrong options are refused before anything is asked`(options: LogsCommand.Options) async {
        let server = CannedServer([:])
        let (status, captured) = await run(server.client, options)
        #expect(status == .usage && captured.remarks.hasPrefix("error: --") && server.requests.isEmpty)
    }

    /// A server with lines at given times that answers as Loki does, not more than 5,000 at once.
    private func paging(_ times: [Int64], asked: CallCount) -> PerchClient {
        let lines = times.enumerated().map { (time: 1_700_000_000_000_000_000 + $1, text: "line \($0)") }.sorted { $0.time < $1.time }
        return PerchClient(baseURL: "http://test") { (request: PerchClient.Request) async throws(ClientError) in
            asked.number.add(1, ordering: .relaxed)
            let given = Dictionary(request.parameters.map { ($0.name, $0.value) }) { first, _ in first }
            let (start, end) = (Int64(given["start"] ?? "") ?? 0, Int64(given["end"] ?? "") ?? 0)
            var found = lines.filter { $0.time >= start && $0.time < end }
            if given["direction"] == "backward" { found.reverse() }
            let values = found.prefix(min(5_000, Int(given["limit"] ?? "") ?? 0)).map { #"["\#($0.time)","\#($0.text)"]"# }
            let body = LogReplies.streams(#"{"stream":{"a":"b"},"values":[\#(values.joined(separator: ","))]}"#)
            return PerchClient.Response(status: 200, body: Data(body.utf8))
        }
    }

    @Test(arguments: [true, false])
    func `many lines are asked for in batches, each line once`(isForward: Bool) async {
        let asked = CallCount()
        // Several lines at one time, also where batches meet.
        let times = (0..<12_345).map { Int64($0 / 7) }
        let client = paging(times, asked: asked)
        let (_, all) = await run(client, .init(query: #"{a="b"}"#, limit: 20_000, isForward: isForward, format: .raw))
        #expect(Set(all.result.split(separator: "\n")).count == 12_345 && all.result.split(separator: "\n").count == 12_345)
        #expect(asked.number.load(ordering: .relaxed) <= 5)
        #expect(all.remarks == "")
        let (_, some) = await run(client, .init(query: #"{a="b"}"#, limit: 7_000, isForward: isForward, format: .raw))
        #expect(some.result.split(separator: "\n").count == 7_000)
        #expect(some.remarks == "the \(isForward ? "first" : "last") 7,000 lines; there may be more (--limit)\n")
    }

    @Test func `lines around those that were found stand in blocks`() async {
        @Sendable func line(_ second: Int) -> String { #"["\#(1_700_000_000_000_000_000 + second)","line \#(second)",{}]"# }
        let found = LogReplies.streams(#"{"stream":{"a":"b"},"values":[\#([9, 3, 2].map(line).joined(separator: ","))]}"#)
        let client = PerchClient(baseURL: "http://test") { (request: PerchClient.Request) async throws(ClientError) in
            guard request.path == "/api/logs/context" else { return PerchClient.Response(status: 200, body: Data(found.utf8)) }
            let given = Dictionary(request.parameters.map { ($0.name, $0.value) }) { first, _ in first }
            #expect(given["labels"] == #"{a="b"}"# && given["before"] == "1" && given["after"] == "1")
            let second = Int((Int64(given["time"] ?? "") ?? 0) - 1_700_000_000_000_000_000)
            let around = (second - 1...second + 1).map(line).joined(separator: ",")
            return PerchClient.Response(
                status: 200, body: Data(LogReplies.streams(#"{"stream":{"a":"b"},"values":[\#(around)]}"#).utf8))
        }
        let (status, captured) = await run(client, .init(query: #"{a="b"} |= "x""#, context: 1, format: .raw))
        #expect(status == .success)
        #expect(captured.result == "line 1\nline 2\nline 3\nline 4\n--\nline 8\nline 9\nline 10\n")
    }

    @Test func `a server that does not look around a line is asked for its neighbours`() async {
        let asked = CallCount()
        let client = PerchClient(baseURL: "http://test") { (request: PerchClient.Request) async throws(ClientError) in
            if request.path == "/api/logs/context" { return PerchClient.Response(status: 404, body: Data()) }
            let given = Dictionary(request.parameters.map { ($0.name, $0.value) }) { first, _ in first }
            let lines =
                switch asked.number.add(1, ordering: .relaxed).newValue {
                case 1: #"["1700000000000000005","hit"]"#
                case 2: #"["1700000000000000005","hit"],["1700000000000000004","before"]"#
                default: #"["1700000000000000006","after"]"#
                }
            if given["query"] != #"{a="b"} |= "h""# { #expect(given["query"] == #"{a="b"}"#) }
            return PerchClient.Response(
                status: 200, body: Data(LogReplies.streams(#"{"stream":{"a":"b"},"values":[\#(lines)]}"#).utf8))
        }
        let (_, captured) = await run(client, .init(query: #"{a="b"} |= "h""#, context: 1, format: .raw))
        #expect(captured.result == "before\nhit\nafter\n")
    }

    @Test func `completion offers a selector for each service`() async {
        let server = CannedServer([
            "/loki/api/v1/labels": (200, #"{"status":"success","data":["app","service_name"]}"#),
            "/loki/api/v1/label/service%5Fname/values": (200, #"{"status":"success","data":["orders","pay \"x\""]}"#),
        ])
        #expect(await LogsCommand.completions(client: server.client) == [#"{service_name="orders"}"#, #"{service_name="pay \"x\""}"#])
        #expect(await LogsCommand.completions(client: CannedServer([:]).client) == [])
    }
}

/// How often something was called.
private final class CallCount: Sendable {
    let number = Atomic<Int>(0)
}
