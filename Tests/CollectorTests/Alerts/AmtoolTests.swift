import Foundation
import Testing

/// Debian's amtool asks and changes a running Perch.
@Suite(.serialized, .enabled(if: installed("amtool") != nil, "amtool is not installed")) struct AmtoolTests {
    private func amtool(_ perch: PerchProcess, _ arguments: String...) async throws -> Finished {
        try await run(installed("amtool") ?? "", ["--alertmanager.url=\(perch.url)", "--no-version-check"] + arguments)
    }

    @Test(.timeLimit(.minutes(10))) func `alerts are added and found by its filters`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path)
        let added = try await amtool(perch, "alert", "add", "Down", "job=x", "instance=a b", "--annotation=summary=it is down")
        #expect(added.status == 0, "\(added)")
        _ = try await amtool(perch, "alert", "add", "Slow", "job=y", "--generator-url=http://rules/1")
        let all = try await amtool(perch, "alert", "query", "--output=json")
        #expect(all.status == 0, "\(all)")
        let alerts = try #require(try JSONSerialization.jsonObject(with: Data(all.output.utf8)) as? [[String: Any]])
        #expect(alerts.count == 2)
        let down = try #require(alerts.first { ($0["labels"] as? [String: String])?["alertname"] == "Down" })
        #expect(down["labels"] as? [String: String] == ["alertname": "Down", "job": "x", "instance": "a b"])
        #expect((down["annotations"] as? [String: String]) == ["summary": "it is down"])
        #expect((down["status"] as? [String: Any])?["state"] as? String == "active")
        let filtered = try await amtool(perch, "alert", "query", "job=~x|z", "--output=extended")
        #expect(filtered.output.contains("Down") && !filtered.output.contains("Slow"), "\(filtered)")
        let named = try await amtool(perch, "alert", "query", "Slow")
        #expect(named.output.contains("Slow") && !named.output.contains("Down"), "\(named)")
        let none = try await amtool(perch, "alert", "query", "--receiver=team-.*", "--output=json")
        #expect(none.output.trimmingCharacters(in: .whitespacesAndNewlines) == "[]", "\(none)")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `silences are added, found, changed, imported and ended`() async throws {
        let folder = try TemporaryFolder()
        var perch = try await PerchProcess(dataDirectory: folder.path)
        _ = try await amtool(perch, "alert", "add", "Down", "job=x")
        let added = try await amtool(perch, "silence", "add", "job=x", "instance=~.*", "--comment=new disk", "--author=me", "--duration=2h")
        #expect(added.status == 0, "\(added)")
        let id = added.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(UUID(uuidString: id) != nil, "\(added)")
        #expect(try await !amtool(perch, "alert", "query").output.contains("Down"))
        #expect(try await amtool(perch, "alert", "query", "--silenced").output.contains("Down"))

        // Longer: the same silence. Other matchers would be another one.
        let updated = try await amtool(perch, "silence", "update", "--duration=3h", "--comment=a larger one", id)
        #expect(updated.status == 0, "\(updated)")
        let listed = try await amtool(perch, "silence", "query", "--output=json")
        let silences = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
        #expect(silences.map { $0["id"] as? String } == [id], "\(listed)")
        #expect(silences.first?["comment"] as? String == "a larger one")

        let file = try folder.write(listed.output, to: "silences.json")
        try await perch.killHard()
        perch = try await PerchProcess(dataDirectory: folder.path)
        #expect(try await amtool(perch, "silence", "query", "--quiet").output.contains(id), "it survives a kill")
        let expired = try await amtool(perch, "silence", "expire", id)
        #expect(expired.status == 0, "\(expired)")
        #expect(try await !amtool(perch, "silence", "query", "--quiet").output.contains(id))
        #expect(try await amtool(perch, "silence", "query", "--quiet", "--expired").output.contains(id))
        #expect(try await amtool(perch, "alert", "query").output.contains("Down"))

        let imported = try await amtool(perch, "silence", "import", file)
        #expect(imported.status == 0, "\(imported)")
        let again = try await amtool(perch, "silence", "query", "--quiet").output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(UUID(uuidString: again) != nil && again != id, "an expired silence comes back as another: \(again)")
        let unknown = try await amtool(perch, "silence", "expire", "d3b07384-d9a0-4c9b-8f0e-000000000000")
        #expect(unknown.status != 0)
        #expect(try await perch.terminate() == 0)
    }

    @Test(
        .timeLimit(.minutes(10)),
        .enabled(if: FileManager.default.fileExists(atPath: guide), "the platform guide is not beside this checkout"))
    func `the guide's file is taken as it is, and amtool agrees`() async throws {
        let folder = try TemporaryFolder()
        let configuration = try folder.write("alertmanager_config: \(guide)\n", to: "perch.yml")
        let check = try await run(try PerchProcess.executable, ["config", "check", configuration])
        #expect(check.status == 0 && check.output.contains("1 route, 1 receiver"), "\(check)")
        let theirs = try await run(installed("amtool") ?? "", ["check-config", guide])
        #expect(theirs.status == 0, "\(theirs)")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        let shown = try await amtool(perch, "config", "routes", "test", "alertname=Down")
        #expect(shown.output.trimmingCharacters(in: .whitespacesAndNewlines) == "email-notifications", "\(shown)")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `a silence that recurs stays one when amtool changes it`() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path)
        let added = try await run(
            try PerchProcess.executable,
            [
                "silences", "add", "job=x", "--duration", "2w", "--comment", "nights", "--author", "me", "--url", perch.url, "--recurring",
                "weekdays=mon:fri,times=22:00-06:00,zone=Europe/Berlin",
            ])
        #expect(added.status == 0, "\(added)")
        let id = added.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let before = try await perch.get("/api/v2/silence/\(id)").json as? [String: Any]
        let recurrence = try #require(before?["recurrence"] as? [[String: Any]])
        #expect(recurrence.map { $0["weekdays"] as? [String] } == [["monday:friday"], ["tuesday:saturday"]])
        let updated = try await amtool(perch, "silence", "update", "--duration=72h", id)
        #expect(updated.status == 0, "\(updated)")
        let after = try await perch.get("/api/v2/silence/\(id)").json as? [String: Any]
        #expect((after?["recurrence"] as? [[String: Any]])?.count == 2)
        #expect(after?["endsAt"] as? String != before?["endsAt"] as? String)
        let listed = try await run(try PerchProcess.executable, ["silences", "--url", perch.url])
        #expect(listed.output.contains("monday:friday 22:00-24:00 Europe/Berlin"), "\(listed)")
        let nowhere = try await run(
            try PerchProcess.executable,
            ["silences", "add", "job=x", "--duration", "2w", "--url", perch.url, "--recurring", "times=01:00-02:00,zone=Mars/Base"])
        #expect(nowhere.status == 2 && nowhere.error.contains("Mars/Base"), "\(nowhere)")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func `the configuration is shown without secrets, and its routes are tried`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            """
            route:
              receiver: default
              routes:
                - {matchers: ['severity="page"'], receiver: pager, continue: true}
                - {matchers: ['team=~"shop|cart"'], receiver: shop}
            receivers:
              - name: default
              - name: pager
                pagerduty_configs: [{routing_key: very-secret}]
              - name: shop
                opsgenie_configs: [{api_key: very-secret}]
            """, to: "alertmanager.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: ["--alertmanager-config", file])
        let shown = try await amtool(perch, "config", "show")
        #expect(shown.status == 0 && shown.output.contains("<secret>") && !shown.output.contains("very-secret"), "\(shown)")
        let tested = try await amtool(perch, "config", "routes", "test", "severity=page", "team=cart")
        #expect(tested.output.trimmingCharacters(in: .whitespacesAndNewlines) == "pager,shop", "\(tested)")
        let ours = try await run(
            try PerchProcess.executable, ["alerts", "routes", "--url", perch.url, "--test", "severity=page", "team=cart"])
        #expect(ours.status == 0 && ours.output.contains("pager: pagerduty[0]") && ours.output.contains("shop: opsgenie[0]"), "\(ours)")
        let tree = try await amtool(perch, "config", "routes", "show")
        let ourTree = try await run(try PerchProcess.executable, ["alerts", "routes", "--file", file])
        #expect(tree.output.contains(ourTree.output.split(separator: "\n").dropFirst(2).joined(separator: "\n")), "\(tree) \(ourTree)")
        let cluster = try await amtool(perch, "cluster", "show")
        #expect(cluster.status == 0 && cluster.output.contains("disabled"), "\(cluster)")
        #expect(try await perch.get("/alertmanager/api/v2/status").status == 404)
        #expect(try await perch.terminate() == 0)
    }
}

private let guide = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/guide/examples/alertmanager.yml").standardized.path
