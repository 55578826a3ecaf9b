internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import CommandLineClient

struct TraceCommandTests {
    private static let id = "5b8aa5a2d2c872e8321cf37308d69df2"
    private static let now: Timestamp = 1_795_819_300_500
    private static let found = """
        {"traces":[{"traceID":"5b8aa5a2d2c872e8321cf37308d69df2","rootServiceName":"checkout","rootTraceName":"POST /checkout",\
        "startTimeUnixNano":"1795819228125000000","durationMs":312,"spanSets":[{"spans":[{"spanID":"0000000000000004","name":"charge",\
        "startTimeUnixNano":"1795819228155000000","durationNanos":"260000000","attributes":[{"key":"status","value":{"stringValue":"error"}},\
        {"key":"n","value":{"intValue":"5"}}]}],"matched":3}],"serviceStats":{"checkout":{"spanCount":1},"payments":{"spanCount":8,"errorCount":2}}},\
        {"traceID":"12","startTimeUnixNano":1795819229000000000,"rootServiceName":"<root span not yet received>"}],"metrics":{"inspectedTraces":2}}
        """

    private func response(_ batch: SpanBatch) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, bytes: batch.otlp)
        return writer.bytes
    }

    private var checkout: [UInt8] { response(TraceNotation.batch(TraceNotation.checkout)) }

    private func search(_ server: CannedServer, _ options: TraceSearchCommand.Options) async -> (CommandStatus, CapturedOutput) {
        let captured = CapturedOutput()
        let command = TraceSearchCommand(client: server.client, options: options, terminal: Terminal(), now: TraceCommandTests.now)
        return (await command.run(output: captured.output), captured)
    }

    private func show(
        _ server: CannedServer, _ options: TraceShowCommand.Options = .init(traceID: id), _ terminal: Terminal = Terminal(width: 80)
    ) async -> (CommandStatus, CapturedOutput) {
        let captured = CapturedOutput()
        let command = TraceShowCommand(client: server.client, options: options, terminal: terminal)
        return (await command.run(output: captured.output), captured)
    }

    // MARK: Search

    @Test func `a search asks for the time and prints a line a trace`() async {
        let server = CannedServer(["/tempo/api/search": (200, TraceCommandTests.found)])
        let (status, captured) = await search(
            server, .init(query: "{ status = error }", filter: .init(service: "payments"), times: .init(since: "30m"), limit: 5, spans: 1))
        #expect(status == .success)
        #expect(
            server.requests.first?.parameters.map { $0.name + "=" + $0.value } == [
                "q={ (status = error) && resource.service.name = \"payments\" } with (most_recent=true)", "limit=5", "spss=1",
                "start=1795817500", "end=1795819301",
            ])
        #expect(
            captured.result == """
                TRACE                             START       TIME  ROOT
                00000000000000000000000000000012  22:40:29    <1ms  (no root yet)
                5b8aa5a2d2c872e8321cf37308d69df2  22:40:28   312ms  checkout POST /checkout  9 spans  2 errors
                  0000000000000004   260ms  charge  status=error  n=5
                  2 more matched

                """)
        #expect(captured.remarks.isEmpty)
    }

    @Test func `a narrow terminal has the name of the root and whether there were errors`() async throws {
        let client = CannedServer(["/tempo/api/search": (200, TraceCommandTests.found)]).client
        let traces = try await client.searchTraces("{}", in: .init(start: 0, end: 1), limit: 2)
        let rows = TraceListRenderer(terminal: Terminal(width: 80, isWindow: true)).table(traces)
        #expect(rows.hasSuffix("5b8aa5a2d2c872e8321cf37308d69df2  22:40:28   312ms  checkout POST /checkout  ✗2\n"))
        for width in [44, 60, 80, 100, 120] {
            let rows = TraceListRenderer(terminal: Terminal(width: width, isWindow: true), spansMax: 3).table(traces)
            for line in rows.split(separator: "\n") { #expect(displayWidth(String(line)) <= width, "\(line)") }
        }
    }

    @Test func `JSON of a search is one line`() async {
        let (_, captured) = await search(
            CannedServer(["/tempo/api/search": (200, TraceCommandTests.found)]), .init(limit: 2, format: .json))
        #expect(
            captured.result == """
                {"traces":[{"durationMs":0,"matched":0,"rootServiceName":"","rootTraceName":"","serviceStats":{},"spans":[],\
                "startTimeUnixNano":"1795819229000000000","traceID":"00000000000000000000000000000012"},\
                {"durationMs":312,"matched":3,"rootServiceName":"checkout","rootTraceName":"POST /checkout",\
                "serviceStats":{"checkout":{"errorCount":0,"spanCount":1},"payments":{"errorCount":2,"spanCount":8}},\
                "spans":[{"attributes":[{"key":"status","value":{"stringValue":"error"}},{"key":"n","value":{"intValue":"5"}}],\
                "durationNanos":"260000000","name":"charge","spanID":"0000000000000004","startTimeUnixNano":"1795819228155000000"}],\
                "startTimeUnixNano":"1795819228125000000","traceID":"5b8aa5a2d2c872e8321cf37308d69df2"}]}

                """)
    }

    @Test func `nothing found is said, and a full answer that there may be more`() async {
        let (status, nothing) = await search(
            CannedServer(["/tempo/api/search": (200, #"{"traces":[]}"#)]), .init(times: .init(from: "0", to: "60")))
        #expect(status == .success)
        #expect(nothing.result == "")
        #expect(nothing.remarks == "no trace matches {} from 1970-01-01 00:00:00.000 UTC to 1970-01-01 00:01:00.000 UTC\n")
        let (_, full) = await search(CannedServer(["/tempo/api/search": (200, TraceCommandTests.found)]), .init(limit: 2))
        #expect(full.remarks == "2 shown, there may be more: --limit\n")
    }

    @Test func `a wrong query is shown with its place`() async {
        let server = CannedServer(["/tempo/api/search": (400, "invalid TraceQL query: 1:3: parse error: unexpected “bad”\n")])
        let (status, captured) = await search(server, .init(query: "{ bad }"))
        #expect(status == .usage)
        #expect(captured.remarks == "error: 1:3: parse error: unexpected “bad”\n  { bad }\n    ^\n")
        #expect(server.requests.map { $0.parameters.first?.value } == ["{ bad } with (most_recent=true)", "{ bad }"])
        let hinted = CannedServer(["/tempo/api/search": (200, #"{"traces":[]}"#)])
        _ = await search(hinted, .init(query: "{} with (most_recent=false)"))
        #expect(hinted.requests.map { $0.parameters.first?.value } == ["{} with (most_recent=false)"])
    }

    @Test(arguments: [
        (500, "{\"message\":\"disk\"}", "error: http://test/tempo/api/search answered 500: disk\n"),
        (503, "<html>", "error: http://test/tempo/api/search answered 503\n"),
        (429, #"{"errors":[{"msg":"slow down"}]}"#, "error: http://test/tempo/api/search answered 429: slow down\n"),
        (404, "", "error: there is nothing at http://test/tempo/api/search; is it a Perch that keeps traces?\n"),
        (200, "{\"traces\":5}", nil),
    ])
    func `a server that fails is quoted`(code: Int, body: String, remark: String?) async {
        let (status, captured) = await search(CannedServer(["/tempo/api/search": (code, body)]), .init())
        #expect(status == .failure)
        #expect(
            remark.map { captured.remarks == $0 } ?? captured.remarks.hasPrefix("error: http://test/tempo/api/search gave an answer that"))
    }

    @Test(arguments: [
        TraceSearchCommand.Options(limit: 0), .init(spans: -1), .init(times: .init(since: "1h", from: "0")),
        .init(times: .init(since: "x")),
        .init(times: .init(from: "now", to: "now-1h")), .init(filter: .init(tags: ["x"])),
    ])
    func `wrong options are refused before anything is asked`(options: TraceSearchCommand.Options) async {
        let server = CannedServer([:])
        let (status, captured) = await search(server, options)
        #expect(status == .usage)
        #expect(captured.remarks.hasPrefix("error: --"))
        #expect(server.requests.isEmpty)
    }

    // MARK: Show

    @Test func `a line that is JSON stands beneath its trace as its message with the other fields`() async {
        let path = "/tempo/api/v2/traces/" + TraceCommandTests.id
        let logsPath = "/api/logs/trace/" + TraceCommandTests.id
        let line = #"""
            {"stream":{"service_name":"cart"},"values":[["1795819228130000000",
            "{\"level\":\"info\",\"msg\":\"loaded\",\"trace_id\":\"ab\",\"items\":3}",{"structuredMetadata":{"detected_level":"info","pod":"cart-1"}}]]}
            """#
        let (_, captured) = await show(CannedServer([logsPath: (200, LogReplies.streams(line))], bytes: [path: checkout]))
        #expect(captured.result.hasSuffix("\nLOGS\n+5ms  cart  info  loaded  items=3\n"), "\(captured.result)")
    }

    @Test func `a trace is asked for as protobuf and its logs by its id`() async {
        let path = "/tempo/api/v2/traces/" + TraceCommandTests.id
        let logsPath = "/api/logs/trace/" + TraceCommandTests.id
        let line =
            #"{"stream":{"service_name":"cart"},"values":[["1795819228130000000","loaded",{"structuredMetadata":{"detected_level":"info"}}]]}"#
        let server = CannedServer([logsPath: (200, LogReplies.streams(line))], bytes: [path: checkout])
        let (status, captured) = await show(server)
        #expect(status == .success)
        #expect(server.requests.map(\.path) == [path, logsPath])
        #expect(captured.result.hasSuffix("\nLOGS\n+5ms  cart  info  loaded\n"), "\(captured.result)")
        let (_, none) = await show(CannedServer([logsPath: (200, LogReplies.streams(""))], bytes: [path: checkout]))
        #expect(none.result.hasSuffix("\nno log lines with this trace's id\n"))
    }

    @Test func `a server that does not look for the lines of a trace is asked by id, then by text`() async {
        let path = "/tempo/api/v2/traces/" + TraceCommandTests.id
        let logs = """
            {"status":"success","data":{"resultType":"streams","result":[{"stream":{"service_name":"payments","detected_level":"error"},\
            "values":[["1795819228405000000","card declined\\u001b[2J"]]},{"stream":{"service_name":"cart"},\
            "values":[["1795819228130000000","loaded",{"structuredMetadata":{"trace_id":"x"}}]]}]}}
            """
        let server = CannedServer(["/loki/api/v1/query_range": (200, logs)], bytes: [path: checkout])
        let (status, captured) = await show(server)
        #expect(status == .success)
        #expect(server.requests.map(\.path) == [path, "/api/logs/trace/" + TraceCommandTests.id, "/loki/api/v1/query_range"])
        #expect(server.requests.first?.accepts == "application/protobuf")
        #expect(server.requests.last?.parameters.first?.value == "{service_name=~\".+\"} | trace_id=\"\(TraceCommandTests.id)\"")
        #expect(
            captured.result.hasSuffix(
                """

                LOGS
                  +5ms  cart             loaded
                +280ms  payments  error  card declined\\u{1b}[2J

                """))
        let silent = CannedServer(
            ["/loki/api/v1/query_range": (200, #"{"status":"success","data":{"result":[]}}"#)], bytes: [path: checkout])
        let (_, none) = await show(silent)
        #expect(silent.requests.last?.parameters.first?.value == "{service_name=~\".+\"} |= \"\(TraceCommandTests.id)\"")
        #expect(none.result.hasSuffix("\nno log lines with this trace's id\n"))
        let (_, without) = await show(CannedServer([:], bytes: [path: checkout]))
        #expect(without.result.hasSuffix("\nno logs: this server keeps none\n"))
        let (broken, failing) = await show(CannedServer(["/loki/api/v1/query_range": (500, "oops")], bytes: [path: checkout]))
        #expect(broken == .success)
        #expect(failing.result.hasSuffix("\nno logs: http://test/loki/api/v1/query_range answered 500: oops\n"))
    }

    @Test func `JSON is OTLP's and loses nothing`() async throws {
        var random = SeededGenerator(seed: 5)
        let batch = random.spanBatch(spans: 40)
        let server = CannedServer([:], bytes: ["/tempo/api/v2/traces/" + TraceCommandTests.id: response(batch)])
        let (_, captured) = await show(server, .init(traceID: TraceCommandTests.id, format: .json))
        #expect(server.requests.count == 1)
        #expect(try SpanBatch(otlpJSON: Array(captured.result.utf8)) == batch)
    }

    @Test func `everything about one span`() async {
        var batch = TraceNotation.batch(TraceNotation.checkout)
        batch.spans[3].attributes = [
            Attribute("http.route", .string("/charge")), Attribute("list", .array([.int(1), .bool(true), .double(0.5)])),
        ]
        batch.spans[3].kind = .server
        var event = SpanEvent(time: TraceNotation.time(280), name: "exception")
        event.attributes = [Attribute("exception.stacktrace", .string("line\n\tat x\u{1b}"))]
        batch.spans[3].events = [event]
        batch.spans[3].droppedEventsCount = 2
        let server = CannedServer([:], bytes: ["/tempo/api/v2/traces/" + TraceCommandTests.id: response(batch)])
        let (status, captured) = await show(server, .init(traceID: TraceCommandTests.id, spanID: "4"))
        #expect(status == .success)
        #expect(
            captured.result == """
                trace      5b8aa5a2d2c872e8321cf37308d69df2
                span       0000000000000004
                parent     0000000000000001  checkout POST /checkout
                service    payments
                name       POST /charge
                kind       server
                status     error: card declined
                start      2026-11-27 22:40:28.155 UTC  (+30ms)
                duration   260ms
                self time  46ms
                critical   46ms on the critical path

                attributes
                  http.route  /charge
                  list        [1, true, 0.5]

                event 1: exception +280ms
                  exception.stacktrace
                    line
                        at x\\u{1b}

                2 events dropped by the sender

                resource
                  service.name  payments

                """)
        let (missing, remarks) = await show(server, .init(traceID: TraceCommandTests.id, spanID: "99"))
        #expect(missing == .failure)
        #expect(remarks.remarks == "error: no span 0000000000000099 in trace \(TraceCommandTests.id)\n")
    }

    @Test(arguments: ["xyz", "", "0", "00000000000000000000000000000000", "5b8aa5a2d2c872e8321cf37308d69df2a"])
    func `what is no id is refused`(id: String) async {
        let server = CannedServer([:])
        let (status, captured) = await show(server, .init(traceID: id))
        #expect(status == .usage)
        #expect(captured.remarks.contains("is no trace id"))
        #expect(server.requests.isEmpty)
    }

    @Test func `ids are padded, and taken out of a traceparent`() throws {
        #expect(try TraceArgument.id("AB").hexadecimal == "000000000000000000000000000000ab")
        #expect(try TraceArgument.id("00-\(TraceCommandTests.id)-00f067aa0ba902b7-01").hexadecimal == TraceCommandTests.id)
    }

    @Test func `an unknown trace is a failure, and a shortened id explained`() async {
        let (status, captured) = await show(
            CannedServer(["/tempo/api/v2/traces/00000000000000000000000000000012": (404, "trace not found")]), .init(traceID: "12"))
        #expect(status == .failure)
        #expect(captured.remarks.hasPrefix("error: no trace 00000000000000000000000000000012 at http://test; a shortened id"))
        let body = #"{"status":"error","errorType":"not_found","error":"nothing at /tempo"}"#
        let (_, other) = await show(CannedServer(["/tempo/api/v2/traces/" + TraceCommandTests.id: (404, body)]))
        #expect(other.remarks.contains("is it a Perch that keeps traces?"))
    }

    @Test func `bytes that are no trace are an error, never a trap`() async {
        for length in 0..<60 {
            let path = "/tempo/api/v2/traces/" + TraceCommandTests.id
            let (status, _) = await show(
                CannedServer([:], bytes: [path: Array(checkout.prefix(length))]), .init(traceID: TraceCommandTests.id, hasLogs: false))
            #expect(status == .failure)
        }
    }

    @Test func `a trace that is not whole is shown with a warning`() throws {
        var writer = ProtobufWriter()
        writer.write(1, bytes: TraceNotation.batch("1 - a x 0 1").otlp)
        writer.write(3, uint64: 1)
        writer.write(4, string: "too large")
        #expect(try TraceReply(protobuf: writer.bytes).remark == "too large")
    }

    // MARK: Diff, names, graph

    @Test func `the status of a diff says whether spans differ only when it is asked to`() async {
        let other = "00000000000000000000000000000012"
        let server = CannedServer(
            [:],
            bytes: [
                "/tempo/api/v2/traces/" + TraceCommandTests.id: checkout,
                "/tempo/api/v2/traces/" + other: response(TraceNotation.batch("1 - a x 0 1")),
            ])
        func diff(_ second: String, hasExitCode: Bool) async -> CommandStatus {
            let options = TraceDiffCommand.Options(first: TraceCommandTests.id, second: second, hasExitCode: hasExitCode)
            return await TraceDiffCommand(client: server.client, options: options, terminal: Terminal()).run(
                output: CapturedOutput().output)
        }
        #expect(await diff("12", hasExitCode: false) == .success)
        #expect(await diff("12", hasExitCode: true) == .failure)
        #expect(await diff(TraceCommandTests.id, hasExitCode: true) == .success)
        #expect(await diff("13", hasExitCode: false) == .failure)
        #expect(await diff("x", hasExitCode: false) == .usage)
    }

    @Test func `services and operations are listed`() async {
        let server = CannedServer([
            "/jaeger/api/services": (200, #"{"data":["shop","cart\u001b","shop"],"total":3,"errors":null}"#),
            "/jaeger/api/operations": (200, #"{"data":[{"name":"b","spanKind":"server"},{"name":"a"}]}"#),
        ])
        func list(
            _ server: CannedServer, _ service: String? = nil, _ format: TraceOutputFormat = .table
        ) async -> (CommandStatus, CapturedOutput) {
            let captured = CapturedOutput()
            let command = TraceNamesCommand(client: server.client, operationsOf: service, format: format, terminal: Terminal())
            return (await command.run(output: captured.output), captured)
        }
        #expect(await list(server).1.result == "cart\\u{1b}\nshop\n")
        #expect(await list(server, nil, .json).1.result == "{\"services\":[\"cart\\u001b\",\"shop\"]}\n")
        #expect(await list(server, "shop").1.result == "OPERATION  KIND\na\nb          server\n")
        #expect(
            await list(server, "shop", .json).1.result == #"{"operations":[{"name":"a","spanKind":""},{"name":"b","spanKind":"server"}]}"#
                + "\n")
        #expect(server.requests.last?.parameters == [.init(name: "service", value: "shop")])

        let empty = CannedServer(["/jaeger/api/services": (200, #"{"data":["shop"]}"#), "/jaeger/api/operations": (200, #"{"data":null}"#)])
        let (status, captured) = await list(empty, "shup")
        #expect(status == .failure)
        #expect(captured.remarks == "error: no operations of a service “shup”; there are: shop\n")
        #expect(await TraceNamesCommand.completions(client: server.client) == ["cart\u{1b}", "shop"])
        #expect(await TraceNamesCommand.completions(client: CannedServer([:]).client, operationsOf: "x").isEmpty)
    }

    @Test func `the graph joins rates, errors and times`() {
        func vector(_ edges: [(String, String, String, String)]) -> [QueryReply.Element] {
            edges.map {
                QueryReply.Element(
                    labels: ["client": $0.0, "server": $0.1, "connection_type": $0.2], point: .init(time: 0, value: .float($0.3)))
            }
        }
        let graph = ServiceGraph([
            .rate: vector([("shop", "cart", "", "2"), ("shop", "pg", "database", "10")]),
            .failedRate: vector([("shop", "cart", "", "0.5")]),
            .median: vector([("shop", "cart", "", "0.02"), ("shop", "pg", "database", "NaN")]),
            .clientMedian: vector([("shop", "cart", "", "0.03"), ("shop", "pg", "database", "0.001")]),
            .clientPercentile95: vector([("shop", "pg", "database", "0.004"), ("gone", "away", "", "1")]),
        ])
        let renderer = ServiceGraphRenderer(terminal: Terminal())
        #expect(
            renderer.table(graph) == """
                CLIENT  SERVER  KIND      CALLS/S  ERRORS   P50  P95
                shop    pg      database       10      0%   1ms  4ms
                shop    cart                    2     25%  20ms    -

                """)
        #expect(
            ServiceGraphRenderer.json(graph).hasPrefix(
                #"{"edges":[{"client":"shop","connectionType":"database","errorShare":0.0,"p50Seconds":0.001,"p95Seconds":0.004,"ratePerSecond":10.0,"server":"pg"},"#
            ))
        #expect(
            renderer.dot(graph) == """
                digraph services {
                  rankdir=LR;
                  node [shape=box, style=rounded];
                  "pg" [shape=cylinder];
                  "shop" -> "pg" [label="10/s\\np95 4ms"];
                  "shop" -> "cart" [label="2/s, 25% errors", color=red];
                }

                """)
    }

    @Test func `a graph without calls asks one question and says so`() async {
        let server = CannedServer(["/api/v1/query": (200, #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)])
        let captured = CapturedOutput()
        let command = ServiceGraphCommand(
            client: server.client, options: .init(times: .init(since: "5m")), terminal: Terminal(), now: TraceCommandTests.now)
        #expect(await command.run(output: captured.output) == .success)
        #expect(server.requests.count == 1)
        #expect(server.requests.first?.parameters.first?.value.contains("traces_service_graph_request_total[300000ms]") == true)
        #expect(captured.remarks.hasPrefix("no calls between services from"))
    }
}
