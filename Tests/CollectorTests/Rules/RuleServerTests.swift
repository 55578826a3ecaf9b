import Foundation
import RemoteWriteFormat
import TelemetryModel
import TestSupport
import Testing

/// Rules in a running server.
@Suite(.serialized) struct RuleServerTests {
    private static let rules = """
        groups:
        - name: shop
          interval: 200ms
          labels: {team: shop}
          rules:
          - record: orders:sum
            expr: sum(orders)
          - alert: ManyOrders
            expr: orders:sum > 5
            for: 400ms
            labels: {severity: page}
            annotations: {summary: "{{ $value }} orders in {{ $externalLabels.cluster }}"}
        """

    private func start(
        _ folder: TemporaryFolder, _ rules: String, extra: String = "", arguments: [String] = []
    ) async throws -> PerchProcess {
        _ = try folder.write(rules, to: "rules.yml")
        let configuration = try folder.write(
            "global: {external_labels: {cluster: eu}}\nrule_files: [rules.yml]\n" + extra, to: "perch.yml")
        return try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration, arguments: arguments)
    }

    private func send(_ name: String, _ value: Double, _ labels: [(String, String)] = [], to perch: PerchProcess) async throws {
        var encoder = RemoteWriteEncoder(version: .v1)
        let now = Timestamp(Date().timeIntervalSince1970 * 1000)
        encoder.append(
            RemoteWriteSeries(
                labels: LabelSet([("__name__", name)] + labels), samples: [Sample(timestamp: now, value: value)]))
        #expect(try await perch.writeRemotely(encoder.finish()).status == 204)
    }

    private func alerts(_ perch: PerchProcess) async throws -> [[String: Any]] {
        let data = (try await perch.get("/api/v1/alerts").json as? [String: Any])?["data"] as? [String: Any]
        return data?["alerts"] as? [[String: Any]] ?? []
    }

    /// When the only group was evaluated last.
    private func evaluation(_ perch: PerchProcess) async throws -> String {
        let data = (try await perch.get("/api/v1/rules").json as? [String: Any])?["data"] as? [String: Any]
        let group = try #require((data?["groups"] as? [[String: Any]])?.first)
        return try #require(group["lastEvaluation"] as? String)
    }

    @Test(.timeLimit(.minutes(10))) func `a recording rule is evaluated, and an alert on it becomes pending, fires and ends`() async throws
    {
        let folder = try TemporaryFolder()
        let perch = try await start(folder, Self.rules, arguments: ["--web.external-url", "http://perch.example.com/"])
        try await send("orders", 7, to: perch)
        try await perch.eventually("the alert fires") { try await alerts(perch).first?["state"] as? String == "firing" }
        let alert = try #require(try await alerts(perch).first)
        #expect(alert["labels"] as? [String: String] == ["alertname": "ManyOrders", "severity": "page", "team": "shop"])
        #expect(alert["annotations"] as? [String: String] == ["summary": "7 orders in eu"])
        #expect(alert["value"] as? String == "7e+00")
        try await perch.eventually("series of the alert") {
            try await perch.instant("ALERTS{alertstate=\"firing\"}", by: "alertname") == ["ManyOrders": 1]
        }
        #expect(try await perch.instant("orders:sum{team=\"shop\"}") == ["orders:sum": 7])
        try await send("orders", 1, to: perch)
        try await perch.eventually("the alert ends") { try await alerts(perch).isEmpty }
        try await perch.eventually("its series end") { try await perch.instant("ALERTS").isEmpty }
        let metrics = try await perch.get("/metrics").text
        #expect(metrics.contains("perch_rule_group_rules{rule_group=\"\(folder.path)/rules.yml;shop\"} 2"), "\(metrics)")
        #expect(metrics.contains("perch_rule_evaluation_duration_seconds_count"))
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `a reload takes new rules, and a faulty file leaves those in force`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await start(folder, Self.rules)
        try await send("orders", 7, to: perch)
        try await perch.eventually("the alert is there") { try await !alerts(perch).isEmpty }
        let since = try #require(try await alerts(perch).first?["activeAt"] as? String)
        _ = try folder.write(Self.rules.replacing("for: 400ms", with: "for: 400ms\n    keep_firing_for: 1h"), to: "rules.yml")
        #expect(try await perch.post("/-/reload").status == 200)
        try await perch.eventually("the new rules are shown") {
            try await perch.get("/api/v1/rules").text.contains("\"keepFiringFor\":3600")
        }
        #expect(try await alerts(perch).first?["activeAt"] as? String == since)

        _ = try folder.write(Self.rules.replacing("sum(orders)", with: "sum(orders"), to: "rules.yml")
        let refused = try await perch.post("/-/reload")
        #expect(refused.status == 500 && refused.text.contains("rules.yml:7:21:"), "\(refused.status) \(refused.text)")
        #expect(try await perch.get("/api/v1/rules").text.contains("\"keepFiringFor\":3600"))
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `alerts outlive a kill: pending, kept and firing ones are what they were`() async throws {
        let folder = try TemporaryFolder()
        let rules = """
            groups:
            - name: g
              interval: 200ms
              rules:
              - {alert: Pending, expr: orders > 5, for: 1h}
              - {alert: Firing, expr: orders > 5, for: 400ms}
              - {alert: Kept, expr: quick > 5, keep_firing_for: 1h}
            """
        let perch = try await start(folder, rules)
        try await send("orders", 7, to: perch)
        try await send("quick", 7, to: perch)
        try await perch.eventually("two fire") { try await alerts(perch).filter { $0["state"] as? String == "firing" }.count == 2 }
        try await send("quick", 1, to: perch)
        try await perch.eventually("one is kept") { try await alerts(perch).contains { $0["keepFiringSince"] != nil } }
        // Until that is on the disk: an evaluation shows what came of it before it is written down.
        let evaluated = try await evaluation(perch)
        try await perch.eventually("another evaluation") { try await evaluation(perch) != evaluated }
        try await perch.syncAlerts()
        func known(_ perch: PerchProcess) async throws -> [String] {
            try await alerts(perch).map { alert in
                let name = (alert["labels"] as? [String: String])?["alertname"] ?? ""
                return "\(name) \(alert["state"] ?? "") \(alert["activeAt"] ?? "") \(alert["keepFiringSince"] ?? "")"
            }
        }
        let before = try await known(perch)
        #expect(before.count == 3)
        try await perch.killHard()
        let again = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: folder.path + "/perch.yml")
        try await again.eventually("the alerts are there") { try await known(again) == before }
        // From the first evaluation on, and not only once they were looked for in their series.
        try await again.eventually("they are evaluated") { try await again.instant("count(ALERTS)", by: "") == ["": 3] }
        #expect(try await known(again) == before)
        #expect(try await again.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `alerts of rules are routed, and their history is kept`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await start(folder, Self.rules)
        try await send("orders", 7, to: perch)
        try await perch.eventually("routing knows the alert") {
            let routed = try await perch.get("/api/v2/alerts").json as? [[String: Any]]
            return routed?.first?["labels"] as? [String: String]
                == ["alertname": "ManyOrders", "severity": "page", "team": "shop", "cluster": "eu"]
        }
        try await send("orders", 1, to: perch)
        try await perch.eventually("routing knows of its end") { (try await perch.get("/api/v2/alerts").json as? [Any])?.isEmpty == true }
        try await perch.eventually("the history tells of it") {
            let text = try await perch.get("/api/v1/alerts/history").text
            return ["\"pending\"", "\"firing\"", "\"resolved\""].allSatisfy { text.contains($0) }
        }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `a server does not start with a faulty rule file`() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: PerchProcess.Failure.self) {
            _ = try await start(folder, Self.rules.replacing("sum(orders)", with: "sum(orders"))
        }
    }

    @Test(.timeLimit(.minutes(10))) func `rules over logs`() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(
            """
            groups:
            - name: errors
              interval: 200ms
              rules:
              - {record: shop:errors, expr: 'sum by (app) (count_over_time({app="shop"} |= "error" [1m]))'}
              - {alert: Errors, expr: 'sum by (app) (count_over_time({app="shop"} |= "error" [1m])) > 1', labels: {severity: page}}
            """, to: "logs.yml")
        let perch = try await start(folder, Self.rules, extra: "log_rule_files: [logs.yml]\n")
        let now = UInt64(Date().timeIntervalSince1970 * 1e9)
        let lines = (0..<3).map { "[\"\(now + UInt64($0))\", \"an error \($0)\"]" }.joined(separator: ",")
        let pushed = try await perch.post(
            "/loki/api/v1/push", headers: ["Content-Type": "application/json"],
            body: Array("{\"streams\":[{\"stream\":{\"app\":\"shop\"},\"values\":[\(lines)]}]}".utf8))
        #expect(pushed.status == 204)
        try await perch.eventually("the recorded series") { try await perch.instant("shop:errors", by: "app") == ["shop": 3] }
        try await perch.eventually("the alert") {
            try await alerts(perch).contains { ($0["labels"] as? [String: String])?["app"] == "shop" }
        }
        let ofLogs = try await perch.get("/prometheus/api/v1/rules").text
        #expect(ofLogs.contains("\"Errors\"") && !ofLogs.contains("ManyOrders"))
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `rules over spans`() async throws {
        let folder = try TemporaryFolder()
        let rules = """
            groups:
            - name: spans
              language: traceql
              interval: 200ms
              window: 5m
              rules:
              - {record: 'shop:spans', expr: '{ resource.service.name = "shop" } | count_over_time() by (resource.service.name)'}
              - {alert: ManySpans, expr: '{ resource.service.name = "shop" } | count_over_time()', annotations: {summary: '{{ $value }}'}}
            """
        let perch = try await start(folder, rules)
        let now = UInt64(Date().timeIntervalSince1970 * 1e9)
        let spans = (1...2).map { number in
            "{\"traceId\":\"0102030405060708090a0b0c0d0e0f1\(number)\",\"spanId\":\"010203040506070\(number)\",\"name\":\"a\",\"kind\":2,"
                + "\"startTimeUnixNano\":\"\(now - 2_000_000)\",\"endTimeUnixNano\":\"\(now - 1_000_000)\"}"
        }.joined(separator: ",")
        let sent = try await perch.post(
            "/v1/traces", headers: ["Content-Type": "application/json"],
            body: Array(
                ("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]},"
                    + "\"scopeSpans\":[{\"spans\":[\(spans)]}]}]}").utf8))
        #expect(sent.status == 200, "\(sent.text)")
        try await perch.eventually("the recorded series") {
            try await perch.instant("shop:spans", by: "resource_service_name") == ["shop": 2]
        }
        try await perch.eventually("the alert") { try await alerts(perch).first?["annotations"] as? [String: String] == ["summary": "2"] }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `the example of the guide loads and fires`() async throws {
        let folder = try TemporaryFolder()
        let example = """
            groups:
            - name: example
              rules:
              - alert: HighRequestLatency
                expr: http_request_duration_seconds{quantile="0.9"} > 1
                for: 10m
                labels:
                  severity: page
                annotations:
                  summary: "High request latency on {{ $labels.instance }}"
                  description: "{{ $labels.instance }} has a median request latency above 1s (current value: {{ $value }}s)"
            """
        // As it is but for the time that it takes.
        let perch = try await start(
            folder, example.replacing("for: 10m", with: "for: 100ms"), extra: "", arguments: [])
        try await perch.eventually("the rule is loaded") { try await perch.get("/api/v1/rules").text.contains("HighRequestLatency") }
        _ = try folder.write(
            "global: {evaluation_interval: 200ms, external_labels: {cluster: eu}}\nrule_files: [rules.yml]\n", to: "perch.yml")
        #expect(try await perch.post("/-/reload").status == 200)
        try await send("http_request_duration_seconds", 1.5, [("instance", "web:80"), ("quantile", "0.9")], to: perch)
        try await perch.eventually("the alert fires") { try await alerts(perch).first?["state"] as? String == "firing" }
        #expect(
            try await alerts(perch).first?["annotations"] as? [String: String] == [
                "summary": "High request latency on web:80",
                "description": "web:80 has a median request latency above 1s (current value: 1.5s)",
            ])
        #expect(try await perch.terminate() == 0)
    }

    @Test(.enabled(if: installed("prometheus-alertmanager") != nil, "prometheus-alertmanager is not installed"), .timeLimit(.minutes(10)))
    func `an Alertmanager elsewhere hears of alerts`() async throws {
        let folder = try TemporaryFolder()
        let port = try FreePorts.one()
        let theirs = try folder.write("route: {receiver: none}\nreceivers: [{name: none}]\n", to: "alertmanager.yml")
        let alertmanager = try ChildProcess(
            installed("prometheus-alertmanager") ?? "",
            [
                "--config.file=\(theirs)", "--storage.path=\(folder.path)/alertmanager", "--web.listen-address=127.0.0.1:\(port)",
                "--cluster.listen-address=", "--log.level=error",
            ])
        _ = try folder.write("[{\"targets\": [\"127.0.0.1:\(port)\", \"127.0.0.1:1\"]}]", to: "targets.json")
        let perch = try await start(
            folder, Self.rules,
            extra: """
                alerting:
                  alert_relabel_configs: [{target_label: dc, replacement: one}]
                  alertmanagers:
                  - file_sd_configs: [{files: ['\(folder.path)/targets.json']}]
                    relabel_configs: [{source_labels: [__address__], regex: '127.0.0.1:1', action: drop}]
                    alert_relabel_configs: [{regex: team, action: labeldrop}]
                """, arguments: ["--web.external-url", "http://perch.example.com"])
        try await perch.eventually("the Alertmanager is found") {
            try await perch.get("/api/v1/alertmanagers").text
                == #"{"status":"success","data":{"activeAlertmanagers":[{"url":"http://127.0.0.1:\#(port)/api/v2/alerts"}],"#
                + #""droppedAlertmanagers":[{"url":"http://127.0.0.1:1/api/v2/alerts"}]}}"#
        }
        try await send("orders", 7, to: perch)
        func theirAlerts() async throws -> [[String: Any]] {
            try await PerchProcess.get("http://127.0.0.1:\(port)/api/v2/alerts").json as? [[String: Any]] ?? []
        }
        try await perch.eventually("the Alertmanager knows of the alert") { try await !theirAlerts().isEmpty }
        let alert = try #require(try await theirAlerts().first)
        #expect(alert["labels"] as? [String: String] == ["alertname": "ManyOrders", "severity": "page", "cluster": "eu", "dc": "one"])
        #expect(alert["annotations"] as? [String: String] == ["summary": "7 orders in eu"])
        #expect(alert["generatorURL"] as? String == "http://perch.example.com/graph?g0.expr=orders%3Asum+%3E+5&g0.tab=1")
        try await send("orders", 1, to: perch)
        try await perch.eventually("the Alertmanager knows of the end") { try await theirAlerts().isEmpty }
        #expect(try await perch.get("/metrics").text.contains("perch_alertmanager_alerts_sent_total{"))
        alertmanager.send(signal: SIGTERM)
        _ = try await alertmanager.status()
        #expect(try await perch.terminate() == 0)
    }
}
