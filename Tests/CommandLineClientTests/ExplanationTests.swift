internal import Testing

@testable internal import CommandLineClient

struct ExplanationTests {
    private static let answer = """
        {"status":"success","data":{"resultType":"vector","result":[],"explain":{"queueSeconds":0.00015,"parseSeconds":0.00002,\
        "evaluationSeconds":0.0125,"otherSeconds":0.0001,"totalSeconds":0.01267,"steps":61,"series":1200,"samplesRead":432000,\
        "peakSamples":1830,"plan":{"kind":"aggregation","title":"sum by (job)","notes":["one result per job"],"evaluated":true,\
        "seconds":0.0124,"selfSeconds":0.0014,"seriesIn":1200,"seriesOut":3,"samplesRead":0,"children":[{"kind":"function",\
        "title":"rate(…)","notes":["growth per second"],"evaluated":true,"seconds":0.011,"selfSeconds":0.005,"seriesIn":1200,\
        "seriesOut":1200,"samplesRead":0,"children":[{"kind":"selector","title":"requests_total[5m]","notes":["all samples"],\
        "evaluated":true,"range":[1763805300.001,1763899200],"seconds":0.006,"selfSeconds":0.006,"seriesIn":1200,"seriesOut":1200,\
        "samplesRead":432000,"read":{"headSeries":900,"shards":[{"day":"2025-11-22","series":1200,"pages":96,"bytes":1572864}]},\
        "children":[]}]},{"kind":"scalar","title":"time()","notes":[],"evaluated":false,"seconds":0,"selfSeconds":0,"samplesRead":0,\
        "children":[]}]}}}}
        """

    private func run(
        _ options: QueryCommand.Options, _ terminal: Terminal = Terminal(), answer: String = ExplanationTests.answer
    ) async -> (CommandStatus, CapturedOutput, CannedServer) {
        let server = CannedServer(["/api/v1/query": (200, answer)])
        let captured = CapturedOutput()
        let command = QueryCommand(client: server.client, options: options, terminal: terminal, now: 1_700_000_000_500)
        return (await command.run(output: captured.output), captured, server)
    }

    @Test func `the plan is a tree with its costs in columns`() async {
        let (status, captured, server) = await run(.init(expression: "sum by (job) (…)", isExplained: true))
        #expect(status == .success)
        #expect(server.requests.first?.parameters.last == .init(name: "explain", value: "true"))
        #expect(captured.remarks == "")
        #expect(
            captured.result == """
                sum by (job) (…)

                12.7 ms: waited 150 µs, parsed 20 µs, evaluated 61 steps in 12.5 ms
                432,000 samples read of 1,200 series, at most 1,830 samples held at a time

                   TIME  SHARE     SERIES  SAMPLES  PLAN
                1.40 ms    11%  1,200 → 3           sum by (job)
                                                    │  one result per job
                5.00 ms    40%      1,200           ├─ rate(…)
                                                    │  │  growth per second
                6.00 ms    48%      1,200  432,000  │  └─ requests_total[5m]
                                                    │        all samples
                                                    │        2025-11-22 09:55:00 to 2025-11-23 12:00:00 UTC
                                                    │        in memory: 900 series
                                                    │        shard 2025-11-22: 1,200 series, 96 pages, 1.5 MiB
                                                    └─ time()
                                                          not needed for this answer
                 100 µs     1%                      planning, and putting the answer in order

                """)
    }

    @Test func `plain terminals get plain characters, and colour only where it shows`() async {
        let (_, plain, _) = await run(.init(expression: "x", isExplained: true), Terminal(hasUnicode: false))
        #expect(plain.result.utf8.allSatisfy { $0 < 128 })
        #expect(plain.result.contains("5.00 ms    40%       1,200           |- rate(...)\n"))
        #expect(plain.result.contains("1,200 -> 3"))
        let (_, colored, _) = await run(.init(expression: "x", isExplained: true), Terminal(hasColor: true))
        #expect(colored.result.contains("\u{1b}[1;31m5.00 ms\u{1b}[0m"))
        #expect(!colored.result.contains("\u{1b}[1;31m1.40 ms"))
        let (_, uncolored, _) = await run(
            .init(expression: "x", isExplained: true), Terminal(environment: ["NO_COLOR": "1"], window: (80, 24)))
        #expect(!uncolored.result.contains("\u{1b}"))
    }

    @Test func `explanations are JSON on demand, and never a graph`() async {
        let (_, json, _) = await run(.init(expression: "x", format: .json, isExplained: true))
        #expect(json.result.hasPrefix(#"{"evaluationSeconds":0.0125,"otherSeconds":0.0001,"parseSeconds":"#))
        #expect(json.result.hasSuffix("}\n"))
        let (status, graph, server) = await run(.init(expression: "x", format: .graph, isExplained: true))
        #expect(status == .usage)
        #expect(graph.remarks == "error: --explain: an explanation is a table or json, not graph\n")
        #expect(server.requests.isEmpty)
    }

    @Test func `servers that cannot explain are named`() async {
        let (status, captured, _) = await run(
            .init(expression: "x", isExplained: true), answer: #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
        #expect(status == .failure)
        #expect(captured.remarks == "error: http://test does not explain its answers\n")
    }
}
