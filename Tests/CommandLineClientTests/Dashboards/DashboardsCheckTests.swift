internal import Foundation
internal import Testing

@testable internal import CommandLineClient
@testable internal import Dashboards

@Suite struct DashboardsCheckTests {
    /// A folder that goes with the test.
    private final class Folder {
        let path = NSTemporaryDirectory() + "/dashboards-" + UUID().uuidString

        init(_ files: [String: String]) throws {
            for (name, text) in files {
                let file = URL(fileURLWithPath: path + "/" + name)
                try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// - Parameters:
    ///   - expression: of the only panel.
    ///   - extra: members of the panel.
    private func dashboard(_ expression: String, extra: String = "", variables: String = "") -> String {
        let query = expression.replacing("\"", with: "\\\"")
        return """
            {"title": "Shop", "uid": "shop", "schemaVersion": 41, "templating": {"list": [
              {"type": "datasource", "name": "prometheus", "query": "prometheus"}\(variables)]},
             "panels": [{"id": 7, "type": "timeseries", "title": "Requests", "description": "What it shows.", \(extra)
              "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "datasource": {"type": "prometheus", "uid": "${prometheus}"},
              "targets": [{"refId": "A", "expr": "\(query)"}]}]}
            """
    }

    private static let data = """
        {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"api"},"values":[[60,"2.5"]]}]}}
        """
    private static let empty = #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#
    private static let nan = #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[60,"NaN"]]}]}}"#

    private func run(
        _ files: [String: String], server: CannedServer? = nil, _ change: (inout DashboardsCheckCommand.Options) -> Void = { _ in }
    ) async throws -> (status: CommandStatus, text: String, remarks: String) {
        let folder = try Folder(files)
        var options = DashboardsCheckCommand.Options(paths: [folder.path])
        change(&options)
        let captured = CapturedOutput()
        let command = DashboardsCheckCommand(
            client: server?.client, options: options, terminal: Terminal(width: 100, height: 24), now: 1_700_000_000_000)
        let status = await command.run(output: captured.output)
        return (status, captured.result.replacing(folder.path + "/", with: ""), captured.remarks.replacing(folder.path, with: "FOLDER"))
    }

    private func parameters(_ request: PerchClient.Request?) -> [String: String] {
        Dictionary((request?.parameters ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    }

    @Test func `without a server the form and the queries are checked`() async throws {
        let good = try await run(["a/shop.json": dashboard("up"), "note.txt": "x"])
        #expect(good.status == .success)
        #expect(good.text == "a/shop.json  Shop: 1 panel, 1 query\n1 dashboard, 1 panel, 1 query, 0 errors, 0 notes; no server was asked\n")
        let bad = try await run(["shop.json": dashboard("sum(rate(x[5m])")])
        #expect(bad.status == .usage)
        #expect(bad.text.contains("shop.json:5:38: error: panel “Requests”: query A: 1:16: parse error"), "\(bad.text)")
        #expect(bad.text.hasSuffix("1 dashboard, 1 panel, 1 query, 1 error, 0 notes; no server was asked\n"))
    }

    @Test func `notes fail the check where it is strict`() async throws {
        let text = #"{"panels": []}"#
        #expect(try await run(["a.json": text]).status == .success)
        #expect(try await run(["a.json": text]) { $0.isStrict = true }.status == .usage)
    }

    @Test func `what is not there or no JSON is told`() async throws {
        #expect(try await run(["a.txt": ""]).remarks == "error: there is no dashboard in FOLDER\n")
        let broken = try await run(["a.json": "{"])
        #expect(broken.status == .usage)
        #expect(broken.text.hasPrefix("a.json\n  a.json:1:2: error: "))
        #expect(
            try await run(["a.json": "{}"]) { $0.paths = ["/nowhere/x.json"] }.remarks == "error: /nowhere/x.json: no such file or folder\n"
        )
        #expect(try await run(["a.json": "{}"]) { $0.variables = ["x"] }.status == .usage)
    }

    @Test func `a panel is asked as Grafana asks it`() async throws {
        let server = CannedServer(["/api/v1/query_range": (200, Self.data)])
        let result = try await run(["shop.json": dashboard(#"rate(x{job="a"}[$__rate_interval])"#)], server: server)
        #expect(result.status == .success, "\(result.text)")
        #expect(
            parameters(server.requests.first) == [
                "query": #"rate(x{job="a"}[1m])"#, "start": "1699999095", "end": "1699999995", "step": "15",
            ])
        #expect(result.text.contains("1 panel, 1 query, 1 with data\n"))
        #expect(result.text.contains("\n1 with data, 0 without, 0 with errors"))
    }

    @Test func `a panel without data fails, unless it may be without`() async throws {
        for answer in [Self.empty, Self.nan] {
            func status(_ extra: String = "", _ allowed: [String] = []) async throws -> (CommandStatus, String) {
                let server = CannedServer(["/api/v1/query_range": (200, answer)])
                let result = try await run(["shop.json": dashboard("x", extra: extra)], server: server) { $0.allowedEmpty = allowed }
                return (result.status, result.text)
            }
            let plain = try await status()
            #expect(plain.0 == .failure)
            #expect(
                plain.1.contains(
                    "empty: panel “Requests”, query A: \(answer == Self.nan ? "only NaN" : "no data") in the last 15m\n      x\n"))
            for name in ["Requests", "7", "shop/7", "shop/Requests"] { #expect(try await status("", [name]).0 == .success) }
            #expect(try await status("", ["other/7", "Request"]).0 == .failure)
            #expect(try await status(#""fieldConfig": {"defaults": {"noValue": "none"}},"#).0 == .success)
        }
    }

    @Test func `what a server finds wrong fails the panel`() async throws {
        let server = CannedServer([
            "/api/v1/query_range": (400, #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": too much"}"#)
        ])
        let result = try await run(["shop.json": dashboard("x")], server: server)
        #expect(result.status == .failure)
        #expect(result.text.contains("shop.json:5:38: error: panel “Requests”, query A: too much\n"), "\(result.text)")
    }

    @Test func `variables take their values from the server, and panels are repeated for them`() async throws {
        let variable = """
            , {"type": "query", "name": "job", "datasource": {"type": "prometheus", "uid": "${prometheus}"}, "regex": "/(.*)-service/",
               "query": "label_values(up{a=\\"b\\"}, job)", "multi": true, "includeAll": true, "current": {"value": ["$__all"]}}
            """
        let answers = [
            "/api/v1/query_range": (200, Self.data),
            "/api/v1/label/job/values": (200, #"{"status":"success","data":["a-service","b-service","c"]}"#),
        ]
        let server = CannedServer(answers)
        let text = dashboard(#"up{job=~"$job"}"#, extra: #""repeat": "job","#, variables: variable)
        let result = try await run(["shop.json": text], server: server)
        #expect(result.status == .success, "\(result.text)")
        #expect(parameters(server.requests.first)["match[]"] == #"up{a="b"}"#)
        #expect(server.requests.dropFirst().map { parameters($0)["query"] } == [#"up{job=~"a"}"#, #"up{job=~"b"}"#])

        let asked = CannedServer(answers)
        _ = try await run(["shop.json": dashboard(#"up{job=~"$job"}"#, variables: variable)], server: asked) {
            $0.variables = ["job=x", "job=y"]
        }
        #expect(asked.requests.dropFirst().map { parameters($0)["query"] } == [#"up{job=~"(x|y)"}"#])

        let none = CannedServer(answers.merging(["/api/v1/label/job/values": (200, #"{"status":"success","data":[]}"#)]) { $1 })
        let without = try await run(["shop.json": text], server: none)
        #expect(without.status == .failure)
        #expect(without.text.contains("empty: variable “job”: no data in the last 15m\n      label_values(up{a=\"b\"}, job)\n"))
        #expect(without.text.contains("1 variable without values"))
    }

    @Test func `logs, traces and alerts are asked of their own APIs`() async throws {
        func panel(_ id: Int, _ type: String, _ target: String) -> String {
            """
            {"id": \(id), "type": "table", "title": "\(id)", "description": "d", "gridPos": {"x": 0, "y": \(id * 8), "w": 12, "h": 8},
             "datasource": {"type": "\(type)", "uid": "x"}, "targets": [{"refId": "A", \(target)}]}
            """
        }
        let panels = [
            panel(1, "loki", #""expr": "{a=\"b\"}", "maxLines": 7"#),
            panel(2, "loki", #""expr": "sum(rate({a=\"b\"}[$__auto]))", "queryType": "instant""#),
            panel(3, "tempo", #""query": "{ .a = 1 }", "limit": 3"#), panel(4, "tempo", #""query": "{ .a = 1 } | rate()""#),
            panel(5, "tempo", #""queryType": "serviceMap""#), panel(6, "jaeger", #""queryType": "search", "service": "orders""#),
            panel(7, "alertmanager", #""filters": "severity=\"page\"""#),
            #"{"id": 8, "type": "alertlist", "title": "8", "gridPos": {"x": 12, "y": 8, "w": 12, "h": 8}}"#,
        ]
        let vector = #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}"#
        let server = CannedServer([
            "/loki/api/v1/query_range": (
                200, #"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"a":"b"},"values":[["1","x",{}]]}]}}"#
            ),
            "/loki/api/v1/query": (200, vector), "/api/v1/query": (200, vector),
            "/tempo/api/search": (
                200,
                #"{"traces":[{"traceID":"5b8aa5a2d2c872e8321cf37308d69df2","rootServiceName":"a","rootTraceName":"b","startTimeUnixNano":"1","durationMs":1}]}"#
            ),
            "/tempo/api/metrics/query_range": (200, #"{"series":[{"labels":[],"samples":[]}]}"#),
            "/jaeger/api/traces": (200, #"{"data":[{}]}"#), "/api/v2/alerts": (200, "[{}]"),
            "/api/v1/rules": (200, #"{"status":"success","data":{"groups":[{"rules":[{}]}]}}"#),
        ])
        let text = #"{"title": "All", "uid": "all", "schemaVersion": 41, "panels": [\#(panels.joined(separator: ","))]}"#
        let result = try await run(["all.json": text], server: server)
        #expect(result.status == .success, "\(result.text)")
        #expect(
            server.requests.map(\.path) == [
                "/loki/api/v1/query_range", "/loki/api/v1/query", "/tempo/api/search", "/tempo/api/metrics/query_range", "/api/v1/query",
                "/jaeger/api/traces", "/api/v2/alerts", "/api/v1/rules",
            ])
        #expect(parameters(server.requests.first)["limit"] == "7")
        #expect(result.text.contains("8 with data, 0 without"))
    }

    @Test func `JSON has every finding and every query`() async throws {
        let server = CannedServer(["/api/v1/query_range": (200, Self.empty)])
        let result = try await run(["shop.json": dashboard("x")], server: server) { $0.format = .json }
        #expect(result.status == .failure)
        let json = result.text.replacing(/"seconds":[0-9.]+/, with: #""seconds":0"#)
        #expect(
            json == """
                {"dashboards":[{"file":"shop.json","findings":[],"items":[{"id":7,"kind":"panel","queries":[{"column":38,"count":0,"line":5,\
                "message":null,"query":"x","reference":"A","seconds":0,"state":"empty"}],"repeat":null,"state":"empty","title":"Requests"}],\
                "panels":1,"queries":1,"title":"Shop","uid":"shop"}],"errors":0,"notes":0}

                """)
    }

    @Test func `colours come only where they show`() async throws {
        let folder = try Folder(["a.json": "{"])
        let captured = CapturedOutput()
        let command = DashboardsCheckCommand(
            client: nil, options: .init(paths: [folder.path]), terminal: Terminal(width: 100, height: 24, hasColor: true), now: 0)
        #expect(await command.run(output: captured.output) == .usage)
        #expect(captured.result.contains("\u{1b}[31merror\u{1b}[0m"))
        #expect(try await run(["a.json": "{"]).text.contains("\u{1b}") == false)
    }
}
