internal import Testing

@testable internal import CommandLineClient

struct CommandTests {
    private static let empty = #"{"status":"success","data":{"resultType":"vector","result":[]}}"#
    private static let matrix = """
        {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"api"},"values":[[0,"1"],[60,"2.5"]],\
        "histograms":[[30.5,{"count":"3","sum":"4.5"}]]}]},"warnings":["w"],"infos":["i"]}
        """

    private func run(_ server: CannedServer, _ options: QueryCommand.Options) async -> (CommandStatus, CapturedOutput) {
        let captured = CapturedOutput()
        let command = QueryCommand(
            client: server.client, options: options, terminal: Terminal(width: 100, height: 24), now: 1_700_000_000_500)
        return (await command.run(output: captured.output), captured)
    }

    private func parameters(_ server: CannedServer) -> [String: String] {
        Dictionary((server.requests.first?.parameters ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    }

    @Test func `an instant query asks for now or for a time`() async {
        let server = CannedServer(["/api/v1/query": (200, CommandTests.empty)])
        let (status, captured) = await run(server, .init(expression: "up"))
        #expect(status == .success)
        #expect(captured.result == "")
        #expect(captured.remarks == "the answer is empty\n")
        #expect(parameters(server) == ["query": "up"])

        let later = CannedServer(["/api/v1/query": (200, CommandTests.empty)])
        _ = await run(later, .init(expression: "up", at: "now-1m", format: .json))
        #expect(parameters(later) == ["query": "up", "time": "1699999940.500"])
    }

    @Test func `a range goes back from its end`() async {
        let server = CannedServer(["/api/v1/query_range": (200, CommandTests.matrix)])
        let (status, captured) = await run(server, .init(expression: "up", at: "3600", since: "1h", step: "15s", format: .csv))
        #expect(status == .success)
        #expect(parameters(server) == ["query": "up", "start": "0", "end": "3600", "step": "15"])
        #expect(captured.result == "job,timestamp,value\r\napi,0,1\r\napi,30.500,\"{count:3, sum:4.5}\"\r\napi,60,2.5\r\n")
        #expect(captured.remarks == "warning: w\ninfo: i\n")
    }

    @Test func `a graph shows the last hour unless told otherwise`() async {
        let server = CannedServer(["/api/v1/query_range": (200, CommandTests.matrix)])
        let (status, captured) = await run(server, .init(expression: "up", at: "3600", format: .graph))
        #expect(status == .success)
        #expect(parameters(server) == ["query": "up", "start": "0", "end": "3600", "step": "30"])
        #expect(captured.result.contains("1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z, step 30s"))
    }

    @Test(arguments: [
        QueryCommand.Options(expression: "up", at: "x"), QueryCommand.Options(expression: "up", step: "5s"),
        QueryCommand.Options(expression: "up", since: "0"), QueryCommand.Options(expression: "up", at: "0", since: "now"),
    ])
    func `wrong options are refused before anything is asked`(options: QueryCommand.Options) async {
        let server = CannedServer([:])
        let (status, captured) = await run(server, options)
        #expect(status == .usage)
        #expect(captured.remarks.hasPrefix("error: --"))
        #expect(server.requests.isEmpty)
    }

    @Test func `errors are one line and say whose fault it is`() async {
        func failure(_ status: Int, _ body: String) async -> (CommandStatus, String) {
            let (status, captured) = await run(CannedServer(["/api/v1/query": (status, body)]), .init(expression: "up"))
            #expect(captured.result == "")
            return (status, captured.remarks)
        }
        #expect(
            await failure(400, #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:4: parse error: x"}"#)
                == (.usage, "error: 1:4: parse error: x\n"))
        #expect(
            await failure(503, #"{"status":"error","errorType":"timeout","error":"query\ntimed out"}"#)
                == (.failure, "error: timeout: query timed out\n"))
        #expect(
            await failure(502, "<html>\nBad Gateway") == (.failure, "error: http://test/api/v1/query answered 502: <html> Bad Gateway\n"))
        let (status, text) = await failure(200, "{}")
        #expect(status == .failure)
        #expect(text.hasPrefix("error: http://test gave an answer that cannot be read"))
    }

    @Test func `storage statistics tolerate what is absent`() async {
        let tsdb = """
            {"status":"success","data":{"headStats":{"numSeries":12,"minTime":1700000000000},"seriesCountByMetricName":[{"name":"up","value":3}],\
            "memoryInBytesByLabelName":[{"name":"job","value":2048}]}}
            """
        let storage = #"{"status":"success","data":{"journalBytes":1048576,"samples":5000000,"odd":"text","deep":{}}}"#
        let captured = CapturedOutput()
        let full = CannedServer(["/api/v1/status/tsdb": (200, tsdb), "/api/v1/status/storage": (200, storage)])
        #expect(await StorageStatsCommand(client: full.client).run(output: captured.output) == .success)
        #expect(
            captured.result == """
                STORAGE          VALUE
                journal bytes    1 MiB
                samples        5000000

                RECENT DATA                 VALUE
                min time     2023-11-14T22:13:20Z
                num series                     12

                METRIC  SERIES
                up           3

                LABEL  BYTES
                job    2 KiB


                """)
        let bare = CannedServer(["/api/v1/status/tsdb": (200, #"{"status":"success","data":{}}"#)])
        let json = CapturedOutput()
        #expect(await StorageStatsCommand(client: bare.client, format: .json).run(output: json.output) == .success)
        #expect(
            json.result == #"{"bytesByLabel":[],"head":{},"seriesByMetric":[],"seriesByPair":[],"storage":{},"valuesByLabel":[]}"# + "\n")
    }

    @Test func `cardinality is shown with bytes and when a metric was asked for`() async {
        let tsdb = """
            {"status":"success","data":{"seriesCountByMetricName":[{"name":"up","value":3},{"name":"a","value":1}],\
            "memoryInBytesByMetricName":[{"name":"up","value":2048}],"lastQueriedByMetricName":[{"name":"up","value":1700000000000},\
            {"name":"a","value":0}],"labelValueCountByLabelName":[{"name":"job","value":2}],"seriesCountByLabelValuePair":[]}}
            """
        let server = CannedServer(["/api/v1/status/tsdb": (200, tsdb)])
        let captured = CapturedOutput()
        #expect(await StorageCardinalityCommand(client: server.client).run(output: captured.output) == .success)
        let lines = captured.result.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            lines == [
                "METRIC SERIES BYTES LAST QUERIED", "up 3 2 KiB 2023-11-14T22:13:20Z", "a 1 not since the start", "LABEL VALUES", "job 2",
            ])
        let json = CapturedOutput()
        #expect(await StorageCardinalityCommand(client: server.client, format: .json, limit: 3).run(output: json.output) == .success)
        #expect(json.result.contains(#""memoryInBytesByMetricName":[{"name":"up","value":2048}]"#))
        let wrong = CapturedOutput()
        #expect(await StorageCardinalityCommand(client: server.client, limit: 0).run(output: wrong.output) != .success)
    }
}
