import AlertModel
import AlertStorage
import Foundation
import TestSupport
import Testing

@testable import Collector

/// Alerts come in at one end of a real server, and webhooks arrive at the other.
@Suite(.serialized) struct AlertDeliveryTests {
    @Test(.timeLimit(.minutes(10))) func `an alert is told of once, its end too, and the history says why`() async throws {
        let folder = try TemporaryFolder()
        let sink = try await WebhookSink()
        let file = try folder.write(AlertSetups.webhook(sink.url), to: "alertmanager.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: ["--alertmanager-config", file])
        let alert: [String: Any] = ["labels": ["alertname": "Down", "instance": "a"], "annotations": ["summary": "it is down"]]
        #expect(try await perch.postAlerts([alert]).status == 200)
        try await perch.eventually("a webhook") { !sink.received.isEmpty }
        #expect(sink.received.first?.summaries == ["Down firing"])
        #expect(try await perch.postAlerts([alert]).status == 200)
        try await Task.sleep(for: .milliseconds(800))
        #expect(sink.received.count == 1, "nothing is new")

        var ended = alert
        ended["endsAt"] = "2001-01-01T00:00:00Z"
        ended["startsAt"] = "2000-01-01T00:00:00Z"
        #expect(try await perch.postAlerts([ended]).status == 200)
        try await perch.eventually("news of the end") { sink.received.count == 2 }
        #expect(sink.received.last?.summaries == ["Down resolved"])
        try await perch.eventually("the history tells of it") {
            try await perch.eventKinds(of: "Down") == ["firing", "grouped", "notified", "resolved", "notified"]
        }

        let why = try await run(try PerchProcess.executable, ["alerts", "why", "Down", "--payload", "--url", perch.url])
        #expect(why.status == 0, "\(why)")
        #expect(why.output.contains("resolved") && why.output.contains("sink/webhook[0]"), "\(why)")
        #expect(why.output.contains("\"alertname\""), "the payload: \(why)")
        let nobody = try await run(try PerchProcess.executable, ["alerts", "why", "Nothing", "--url", perch.url])
        #expect(nobody.status == 1, "\(nobody)")
        try await perch.eventually("all of it is on the disk") {
            let verified = try await run(try PerchProcess.executable, ["storage", "verify", "--data-dir", folder.path + "/data"])
            #expect(verified.status == 0, "\(verified)")
            return verified.output.contains("alerts/alerts.sqlite  5 events, 0 silences, 1 alerts")
        }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `killed between fire and notify, nobody is paged twice and nobody never`() async throws {
        let folder = try TemporaryFolder()
        let sink = try await WebhookSink()
        // Each alert is a group: one that waits for long is not told of before the kill, however slow the machine is.
        let patient = AlertSetups.webhook(sink.url, groupWait: "10m", groupInterval: "1s")
        let quick = AlertSetups.webhook(sink.url, groupWait: "100ms", groupInterval: "1s")
        let arguments = ["--alertmanager-config", try folder.write(patient, to: "alertmanager.yml")]
        var perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: arguments)
        #expect(try await perch.postAlerts((0..<20).map { ["labels": ["alertname": "Early\($0)"]] }).status == 200)
        // Fired, not notified.
        try await perch.killHard()
        #expect(sink.received.isEmpty)
        _ = try folder.write(quick, to: "alertmanager.yml")
        perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: arguments)
        try await perch.eventually("webhooks of before the kill") { sink.received.count >= 20 }
        for index in 0..<20 {
            try await perch.eventually("who was told is known") { try await perch.eventKinds(of: "Early\(index)").contains("notified") }
        }
        // Notified, and more in their wait.
        _ = try folder.write(patient, to: "alertmanager.yml")
        #expect(try await perch.post("/-/reload").status == 200)
        #expect(try await perch.postAlerts((0..<20).map { ["labels": ["alertname": "Late\($0)"]] }).status == 200)
        try await perch.syncAlerts()
        try await perch.killHard()
        _ = try folder.write(quick, to: "alertmanager.yml")
        perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: arguments)
        try await perch.eventually("the later webhooks") { sink.received.count >= 40 }
        // More than a group interval, so that whoever is to be told twice would be.
        try await Task.sleep(for: .milliseconds(2_500))
        var counts: [String: Int] = [:]
        for received in sink.received { for summary in received.summaries { counts[summary, default: 0] += 1 } }
        let expected = (0..<20).flatMap { ["Early\($0) firing", "Late\($0) firing"] }
        #expect(counts == Dictionary(uniqueKeysWithValues: expected.map { ($0, 1) }))
        #expect(try await perch.terminate() == 0)
    }

    /// PERCH_KILLS=50 makes the long run.
    @Test(.timeLimit(.minutes(30))) func `killed at random moments, every alert is told of, and twice only what was on its way`()
        async throws
    {
        let kills = ProcessInfo.processInfo.environment["PERCH_KILLS"].flatMap(Int.init) ?? 4
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        print("alerts and kills: seed \(generator.seed), \(kills) kills")
        let folder = try TemporaryFolder()
        let sink = try await WebhookSink()
        // Each process sends to a path of its own, so that one knows from which a webhook came.
        func start(_ round: Int) async throws -> PerchProcess {
            let file = try folder.write(
                AlertSetups.webhook(sink.url + "/\(round)", groupWait: "150ms", groupInterval: "500ms"), to: "alertmanager.yml")
            return try await PerchProcess(dataDirectory: folder.path + "/data", arguments: ["--alertmanager-config", file])
        }
        var logged: [Set<String>] = []
        var acknowledged: [String] = []
        for round in 0..<kills {
            let perch = try await start(round)
            let posting = Task {
                var done: [String] = []
                for index in 0..<1_000 {
                    let name = "Kill\(round)x\(index)"
                    guard let answer = try? await perch.postAlerts([["labels": ["alertname": name]]]), answer.status == 200 else { break }
                    done.append(name)
                }
                return done
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...900, using: &generator)))
            try await perch.killHard()
            acknowledged += await posting.value
            logged.append(try toldGroups(folder))
        }
        let perch = try await start(kills)
        try await perch.eventually("all that was acknowledged is told of") {
            Set(sink.received.flatMap(\.summaries)).isSuperset(of: acknowledged.map { $0 + " firing" })
        }
        try await Task.sleep(for: .milliseconds(1_500))
        var times: [String: [Int]] = [:]
        for received in sink.received {
            times[received.groupKey, default: []].append(try #require(Int(received.path.split(separator: "/")[0])))
        }
        var doubled = 0
        for (group, rounds) in times where rounds.count > 1 {
            doubled += 1
            for (earlier, later) in zip(rounds.sorted(), rounds.sorted().dropFirst()) {
                #expect(
                    earlier < later && (earlier..<later).allSatisfy { !logged[$0].contains(group) },
                    "\(group) was told by the processes \(rounds), seed \(generator.seed)")
            }
        }
        print("alerts and kills: \(acknowledged.count) acknowledged, \(times.count) groups told, \(doubled) of them twice")
        #expect(try await perch.terminate() == 0)
        #expect(try toldGroups(folder) == Set(times.keys))
    }

    /// The groups of which the data of a process that has ended say that they were told of.
    private func toldGroups(_ folder: TemporaryFolder) throws -> Set<String> {
        let storage = try AlertStorage(directory: folder.path + "/data/alerts", clock: SystemClock.now)
        let groups = Set(storage.logEntries.map(\.key.groupKey))
        try storage.close()
        return groups
    }

    @Test(.timeLimit(.minutes(10))) func `answers have the statuses and headers of Alertmanager`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path)
        let unknown = "/api/v2/silence/d3b07384-d9a0-4c9b-8f0e-000000000000"
        func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> PerchProcess.Answer {
            try await PerchProcess.send(
                method, perch.url + path, headers: ["Content-Type": "application/json"], body: body.map { Array($0.utf8) })
        }
        for (method, path, body, status, text) in [
            ("GET", "/api/v2/alerts", nil, 200, "[]"), ("GET", "/api/v2/alerts/groups", nil, 200, "[]"),
            ("GET", "/api/v2/silences", nil, 200, "[]"), ("POST", "/api/v2/alerts", "[]", 200, ""), ("GET", unknown, nil, 404, ""),
            ("DELETE", unknown, nil, 404, ""), ("GET", "/api/v2/silence/x", nil, 422, nil),
            ("GET", "/api/v2/alerts?filter=a", nil, 400, "\"bad matcher format: a\""),
            ("GET", "/api/v2/alerts?receiver=(", nil, 400, nil), ("POST", "/api/v2/alerts", "{", 400, nil),
            ("POST", "/api/v2/alerts", "[{}]", 422, nil), ("POST", "/api/v2/alerts", #"[{"labels":{"a":""}}]"#, 400, nil),
            ("POST", "/api/v2/silences", "{}", 422, nil), ("PUT", "/api/v2/alerts", "[]", 405, nil),
        ] as [(String, String, String?, Int, String?)] {
            let answer = try await send(method, path, body)
            #expect(answer.status == status, "\(method) \(path): \(answer.text)")
            if let text { #expect(answer.text == text, "\(method) \(path)") }
            if status != 405 { #expect(answer.headers["cache-control"] == "no-store", "\(method) \(path)") }
        }
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `a receiver that hangs or fails delays no other, and is told in the end`() async throws {
        let folder = try TemporaryFolder()
        let good = try await WebhookSink()
        let hanging = try await WebhookSink { _ in .init(status: 200, delayMilliseconds: 120_000) }
        let failing = try await WebhookSink { _ in .init(status: 503) }
        let file = try folder.write(
            """
            route:
              receiver: all
              group_by: [alertname]
              group_wait: 100ms
              group_interval: 10s
              routes: [{receiver: hanging, continue: true}, {receiver: all}]
            receivers:
              - name: all
                webhook_configs: [{url: '\(failing.url)'}, {url: '\(good.url)'}]
              - name: hanging
                webhook_configs: [{url: '\(hanging.url)'}]
            """, to: "alertmanager.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: ["--alertmanager-config", file])
        let start = Date().timeIntervalSince1970
        #expect(try await perch.postAlerts((0..<50).map { ["labels": ["alertname": "Down\($0)"]] }).status == 200)
        try await perch.eventually("all webhooks of the good one") { good.received.count == 50 }
        // Well before the first answer of the one that hangs.
        let last = (good.received.map(\.time).max() ?? .infinity) - start
        #expect(last < 45, "\(last) s")
        try await perch.eventually("an attempt at the failing one") { !failing.received.isEmpty }
        try await perch.eventually("the history tells of a failure") { try await perch.eventKinds(of: "Down0").contains("delivery_failed") }
        try await perch.eventually("the verdict") {
            let why = try await perch.get("/api/v1/alerts/why?match%5B%5D=Down0").text
            return why.contains("\"verdict\":\"failing\"") && why.contains("503")
        }
        failing.answer { _ in .init() }
        try await perch.eventually("the failing one is told") { Set(failing.received.map(\.groupKey)).count == 50 }
        #expect(good.received.count == 50)
        perch.child.send(signal: SIGKILL)
    }

    @Test(.timeLimit(.minutes(10))) func `a wrong file leaves the one in force alone`() async throws {
        let folder = try TemporaryFolder()
        let (first, second) = (try await WebhookSink(), try await WebhookSink())
        let file = try folder.write(AlertSetups.webhook(first.url), to: "alertmanager.yml")
        let configuration = try folder.write("alertmanager_config: alertmanager.yml\n", to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        _ = try folder.write("route: {receiver: nobody}\n", to: "alertmanager.yml")
        #expect(try await perch.post("/-/reload").status != 200)
        #expect(try await perch.get("/metrics").text.contains("perch_alerts_config_last_reload_successful 0"))
        _ = try await perch.postAlerts([["labels": ["alertname": "One"]]])
        try await perch.eventually("a webhook by the old file") { first.received.count == 1 }
        _ = try folder.write(AlertSetups.webhook(second.url), to: "alertmanager.yml")
        #expect(try await perch.post("/-/reload").status == 200)
        _ = try await perch.postAlerts([["labels": ["alertname": "Two"]]])
        try await perch.eventually("a webhook by the new file") { second.received.contains { $0.summaries == ["Two firing"] } }
        #expect(!first.received.contains { $0.summaries.contains("Two firing") })
        #expect(try await perch.terminate() == 0)

        _ = try folder.write("route: {receiver: nobody}\n", to: "alertmanager.yml")
        let check = try await run(try PerchProcess.executable, ["config", "check", configuration])
        #expect(check.status == 2 && check.error.contains("alertmanager.yml:1:"), "\(check)")
        _ = try folder.write(AlertSetups.webhook(first.url) + "\ntemplates: [broken.tmpl]\n", to: "alertmanager.yml")
        _ = try folder.write("{{ define \"x\" }}{{ if }}{{ end }}", to: "broken.tmpl")
        let templates = try await run(try PerchProcess.executable, ["config", "check", configuration])
        #expect(templates.status == 2 && templates.error.contains("broken.tmpl"), "\(templates)")
        let start = try await run(
            try PerchProcess.executable,
            ["serve", "--config", configuration, "--data-dir", folder.path + "/other", "--http-listen", "127.0.0.1:0"])
        #expect(start.status == 2, "\(start)")
        _ = file
    }

    @Test(.timeLimit(.minutes(10)), .enabled(if: installed("prometheus") != nil, "prometheus is not installed"))
    func `prometheus uses Perch as its Alertmanager`() async throws {
        let folder = try TemporaryFolder()
        let sink = try await WebhookSink()
        let file = try folder.write(AlertSetups.webhook(sink.url), to: "alertmanager.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: ["--alertmanager-config", file])
        let port = try FreePorts.one()
        _ = try folder.write(
            """
            groups:
              - name: test
                rules: [{alert: AlwaysOn, expr: vector(1), labels: {severity: page}, annotations: {summary: 'value {{ $value }}'}}]
            """, to: "rules.yml")
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s, external_labels: {site: test}}
            rule_files: [rules.yml]
            alerting: {alertmanagers: [{static_configs: [{targets: ['\(perch.url.dropFirst(7))']}]}]}
            """, to: "prometheus.yml")
        let prometheus = try ChildProcess(
            installed("prometheus") ?? "",
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/prometheus", "--web.listen-address=127.0.0.1:\(port)",
                // The first time it fires before the Alertmanager is discovered.
                "--log.level=warn", "--rules.alert.resend-delay=1s",
            ])
        try await perch.eventually("a webhook") { !sink.received.isEmpty }
        let alert = try #require(sink.received.first?.alerts.first)
        #expect(alert["labels"] as? [String: String] == ["alertname": "AlwaysOn", "severity": "page", "site": "test"])
        #expect(alert["annotations"] as? [String: String] == ["summary": "value 1"])
        #expect((alert["generatorURL"] as? String)?.contains("/graph?g0.expr=vector%281%29") == true)
        prometheus.send(signal: SIGTERM)
        _ = try await prometheus.status()
        #expect(!prometheus.printed.contains("Error sending alert"), "\(prometheus.printed)")
        #expect(try await perch.terminate() == 0)
    }
}
