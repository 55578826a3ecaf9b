import Foundation
import TestSupport
import Testing

/// The files that come with Perch: alerts with their tests and runbooks, and what it is installed with.
@Suite struct ShippedFilesTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func files(in folder: String, endingIn ending: String) throws -> [String] {
        let folder = repository.appending(path: folder)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }.sorted()
            .map { folder.appending(path: $0).path }
    }

    @Test func `every rule file passes the check of perch and of promtool`() async throws {
        let rules = try Self.files(in: "alerts", endingIn: ".yml").filter {
            !$0.hasSuffix(".test.yml") && !$0.hasSuffix("alertmanager.yml")
        }
        try #require(!rules.isEmpty)
        let checked = try TestProgram("perch").run(["rules", "check"] + rules)
        #expect(checked.status == 0, "\(checked.lines.joined(separator: "\n"))")
        if let promtool = installed("promtool") {
            let checked = try await run(promtool, ["check", "rules"] + rules)
            #expect(checked.status == 0, "\(checked.output)\(checked.error)")
        }
    }

    @Test func `the tests of every rule file pass in perch and in promtool`() async throws {
        let tests = try Self.files(in: "alerts", endingIn: ".test.yml")
        try #require(!tests.isEmpty)
        let tested = try TestProgram("perch").run(["rules", "test"] + tests)
        #expect(tested.status == 0, "\(tested.lines.joined(separator: "\n"))")
        if let promtool = installed("promtool") {
            let tested = try await run(promtool, ["test", "rules"] + tests)
            #expect(tested.status == 0, "\(tested.output)\(tested.error)")
        }
    }

    @Test func `every alert has a test in which it fires and one in which it is silent, and its runbook has the section that it names`()
        throws
    {
        for path in try Self.files(in: "alerts", endingIn: ".yml") where !path.hasSuffix(".test.yml") && !path.hasSuffix("alertmanager.yml")
        {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let tests = try String(contentsOfFile: path.dropLast(4) + ".test.yml", encoding: .utf8)
            let alerts = text.matches(of: /- alert: (\w+)/).map { String($0.1) }
            try #require(!alerts.isEmpty)
            let firing = Set(tests.matches(of: /alertname: (\w+)\n +exp_alerts:\n/).map { String($0.1) })
            let silent = Set(tests.matches(of: /alertname: (\w+), exp_alerts: \[\]/).map { String($0.1) })
            for alert in alerts {
                #expect(firing.contains(alert), "\(alert) has no test in which it fires")
                #expect(silent.contains(alert), "\(alert) has no test in which it is silent")
            }
            let runbooks = text.matches(of: /runbook_url: "([^#"]+)#([^"]+)"/)
            #expect(runbooks.count == alerts.count, "an alert of \(path) names no runbook")
            for runbook in runbooks {
                let page = try String(contentsOf: Self.repository.appending(path: String(runbook.1)), encoding: .utf8)
                #expect(page.contains("\n## \(runbook.2)\n"), "\(runbook.1) has no section \(runbook.2)")
            }
        }
    }

    @Test func `the routing example is taken by perch and by amtool`() async throws {
        let file = Self.repository.appending(path: "alerts/alertmanager.yml").path
        let folder = try TemporaryFolder()
        let configuration = try folder.write("alertmanager_config: \(file)\n", to: "perch.yml")
        let checked = try await run(PerchProcess.executable, ["config", "check", configuration])
        #expect(checked.status == 0, "\(checked.output)\(checked.error)")
        if let amtool = installed("amtool") {
            let checked = try await run(amtool, ["check-config", file])
            #expect(checked.status == 0, "\(checked.output)\(checked.error)")
        }
    }

    @Test(.enabled(if: installed("systemd-analyze") != nil, "systemd-analyze is not installed"))
    func `the unit of systemd is right, and lets the service do little`() async throws {
        let unit = Self.repository.appending(path: "deploy/systemd/perch.service").path
        // Where Perch is not installed, its path is all there is to find fault with.
        let verified = try await run(installed("systemd-analyze") ?? "", ["verify", unit])
        let faults = (verified.output + verified.error).split(separator: "\n").filter { !$0.contains("/usr/bin/perch is not executable") }
        #expect(faults.filter { $0.contains("perch.service") }.isEmpty, "\(faults)")
        let security = try await run(installed("systemd-analyze") ?? "", ["security", "--offline=true", "--threshold=20", unit])
        #expect(security.status == 0, "\(security.output.split(separator: "\n").last ?? "")")
    }

    private static let validator = repository.appending(path: ".venv-deploy/bin/kubernetes-validate").path

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: validator), "kubernetes-validate is not installed"))
    func `manifests for Kubernetes fit its schemas, with no field too many`() async throws {
        let manifests = try Self.files(in: "deploy/kubernetes", endingIn: ".yaml")
        try #require(!manifests.isEmpty)
        let validated = try await run(Self.validator, ["--strict", "--no-warn"] + manifests)
        #expect(validated.status == 0, "\(validated.output)\(validated.error)")
    }
}
