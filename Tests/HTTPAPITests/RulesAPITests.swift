internal import HTTPAPI
internal import TelemetryModel
internal import Testing

@Suite struct RulesAPITests {
    private static let alert = RuleAlertView(
        labels: ["alertname": "Hot", "room": "a"], annotations: [Label(name: "summary", value: "a \"is\" hot")], state: "firing",
        activeAt: 1_700_000_000_500, keepFiringSince: 1_700_000_060_000, value: 61.5)

    private static func server() -> TestServer {
        func group(_ name: String, _ file: String, _ language: RuleGroupView.Language, _ rules: [RuleView]) -> RuleGroupView {
            RuleGroupView(
                name: name, file: file, language: language, intervalSeconds: 15, limit: 3, evaluationSeconds: 0.25,
                lastEvaluation: 1_700_000_000_000, rules: rules)
        }
        let alerting = RuleView(
            name: "Hot", query: "t > 50", labels: [Label(name: "severity", value: "page")], health: "ok", lastError: "",
            evaluationSeconds: 0.001, lastEvaluation: 1_700_000_000_000,
            alerting: .init(
                state: "firing", holdSeconds: 60, keepFiringSeconds: 0.5,
                annotations: [Label(name: "summary", value: "{{ $labels.room }}")],
                alerts: [alert]))
        let recording = RuleView(
            name: "t:max", query: "max(t)", labels: [], health: "err", lastError: "no", evaluationSeconds: 0, lastEvaluation: nil,
            alerting: nil)
        var server = TestServer()
        server.ruleGroups = [
            group("a", "1.yml", .promQL, [alerting, recording]), group("b", "1.yml", .logQL, [recording]),
            group("a", "2.yml", .promQL, [alerting]),
        ]
        server.alertmanagers = AlertmanagersView(active: ["http://am:9093/api/v2/alerts"], dropped: ["http://x/api/v2/alerts"])
        return server
    }

    private static let alertJSON =
        #"{"labels":{"alertname":"Hot","room":"a"},"annotations":{"summary":"a \"is\" hot"},"state":"firing","#
        + #""activeAt":"2023-11-14T22:13:20.5Z","keepFiringSince":"2023-11-14T22:14:20Z","value":"6.15e+01"}"#
    private static let recordingJSON =
        #"{"name":"t:max","query":"max(t)","labels":{},"health":"err","lastError":"no","evaluationTime":0,"#
        + #""lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"}"#

    private static func alertingJSON(_ alerts: String) -> String {
        #"{"state":"firing","name":"Hot","query":"t > 50","duration":60,"keepFiringFor":0.5,"labels":{"severity":"page"},"#
            + #""annotations":{"summary":"{{ $labels.room }}"},"alerts":"# + alerts
            + #","health":"ok","evaluationTime":0.001,"lastEvaluation":"2023-11-14T22:13:20Z","type":"alerting"}"#
    }

    private static func groupJSON(_ name: String, _ file: String, _ rules: String...) -> String {
        #"{"name":""# + name + #"","file":""# + file + #"","rules":["# + rules.joined(separator: ",")
            + #"],"interval":15,"limit":3,"evaluationTime":0.25,"lastEvaluation":"2023-11-14T22:13:20Z"}"#
    }

    private static func answer(_ groups: String...) -> String {
        #"{"status":"success","data":{"groups":["# + groups.joined(separator: ",") + "]}}"
    }

    @Test func `groups, rules and alerts have the members that Prometheus gives them`() async throws {
        try await Self.server().run { connection async throws in
            let alerting = Self.alertingJSON("[" + Self.alertJSON + "]")
            #expect(
                try await connection.get("/api/v1/rules").text
                    == Self.answer(
                        Self.groupJSON("a", "1.yml", alerting, Self.recordingJSON), Self.groupJSON("b", "1.yml", Self.recordingJSON),
                        Self.groupJSON("a", "2.yml", alerting)))
            #expect(
                try await connection.get("/api/v1/alerts").text
                    == #"{"status":"success","data":{"alerts":["# + Self.alertJSON + "," + Self.alertJSON + "]}}")
            #expect(
                try await connection.get("/api/v1/alertmanagers").text
                    == #"{"status":"success","data":{"activeAlertmanagers":[{"url":"http://am:9093/api/v2/alerts"}],"#
                    + #""droppedAlertmanagers":[{"url":"http://x/api/v2/alerts"}]}}"#)
        }
    }

    @Test(arguments: [
        ("type=alert&exclude_alerts=true&file[]=2.yml", [("a", "2.yml")]), ("type=record", [("a", "1.yml"), ("b", "1.yml")]),
        ("rule_group[]=b", [("b", "1.yml")]), ("rule_group[]=a&rule_group[]=b&file[]=1.yml", [("a", "1.yml"), ("b", "1.yml")]),
        ("rule_name[]=Hot", [("a", "1.yml"), ("a", "2.yml")]), ("rule_name[]=none", []),
        ("match[]={severity=~\"p.*\"}", [("a", "1.yml"), ("a", "2.yml")]),
        ("match[]={severity=\"x\"}&match[]={severity=\"page\"}&type=record", []),
    ])
    func `parameters leave out groups and rules`(query: String, wanted: [(String, String)]) async throws {
        try await Self.server().run { connection async throws in
            let encoded = query.replacing("{", with: "%7B").replacing("}", with: "%7D").replacing("\"", with: "%22").replacing(
                "~", with: "%7E"
            )
            .replacing("[]=%7B", with: "[]=%7B")
            let text = try await connection.get("/api/v1/rules?" + encoded).text
            for (name, file) in [("a", "1.yml"), ("b", "1.yml"), ("a", "2.yml")] {
                let isShown = text.contains(#"{"name":""# + name + #"","file":""# + file + #"""#)
                #expect(isShown == wanted.contains { $0 == (name, file) }, "\(name) \(file) in \(text)")
            }
            if query.contains("exclude_alerts") { #expect(text == Self.answer(Self.groupJSON("a", "2.yml", Self.alertingJSON("null")))) }
        }
    }

    @Test func `groups come page by page`() async throws {
        try await Self.server().run { connection async throws in
            var path = "/api/v1/rules?group_limit=1"
            var names: [String] = []
            for _ in 0..<5 {
                let text = try await connection.get(path).text
                names.append(String(text.split(separator: "\"file\":\"")[1].prefix(5)))
                guard let token = text.split(separator: "\"groupNextToken\":\"").dropFirst().first?.prefix(while: { $0 != "\"" }) else {
                    break
                }
                path = "/api/v1/rules?group_limit=1&group_next_token=\(token)"
            }
            #expect(names == ["1.yml", "1.yml", "2.yml"])
            try await expectError("/api/v1/rules?group_limit=1&group_next_token=x", "were rule groups changed?", connection)
            try await expectError("/api/v1/rules?group_next_token=x", "group_limit needs to be present", connection)
            try await expectError("/api/v1/rules?group_limit=0", "group_limit needs to be greater than 0", connection)
            try await expectError("/api/v1/rules?group_limit=x", "group_limit needs to be a valid number", connection)
            try await expectError("/api/v1/rules?exclude_alerts=maybe", "error converting exclude_alerts", connection)
            try await expectError("/api/v1/rules?type=x", #"not supported value \"x\""#, connection)
        }
    }

    private func expectError(_ path: String, _ message: String, _ connection: TestConnection) async throws {
        let answer = try await connection.get(path)
        #expect(answer.status == 400 && answer.text.contains(message), "\(answer.text)")
    }

    @Test func `a data source of logs sees the groups in LogQL`() async throws {
        try await Self.server().run { connection async throws in
            #expect(
                try await connection.get("/prometheus/api/v1/rules").text
                    == #"{"status":"success","data":{"groups":["# + Self.groupJSON("b", "1.yml", Self.recordingJSON)
                    + #"]},"errorType":"","error":""}"#)
            #expect(
                try await connection.get("/prometheus/api/v1/alerts").text
                    == #"{"status":"success","data":{"alerts":[]},"errorType":"","error":""}"#)
        }
    }
}
