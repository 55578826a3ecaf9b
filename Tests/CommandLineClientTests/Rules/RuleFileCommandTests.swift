internal import Foundation
internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

struct RuleFileCommandTests {
    private static let good = "groups: [{name: g, rules: [{record: a, expr: up}, {alert: Down, expr: up == 0}]}]\n"
    private static let bad = "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]\n"
    private static let twice = "groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]\n"

    private func check(_ files: [String], isFatal: Bool = false, lint: String = "duplicate-rules") async -> (CommandStatus, CapturedOutput)
    {
        let written = CapturedOutput()
        let status = await RulesCheckCommand(options: .init(files: files, lint: lint, isLintFatal: isFatal)).run(output: written.output)
        return (status, written)
    }

    @Test func `check says what promtool says, and exits as it does`() async throws {
        let folder = try RuleFolder(["good.yml": Self.good, "bad.yml": Self.bad, "twice.yml": Self.twice])
        let (good, goodOutput) = await check([folder.path + "/good.yml"])
        #expect(good == .success && goodOutput.result == "Checking \(folder.path)/good.yml\n  SUCCESS: 2 rules found\n\n")
        let (bad, badOutput) = await check([folder.path + "/*.yml"], isFatal: true)
        #expect(bad == .failure)
        #expect(
            badOutput.remarks.contains("\(folder.path)/bad.yml:1:51: group \"g\", rule 1, \"a\": could not parse expression"),
            "\(badOutput.remarks)")
        #expect(badOutput.result.contains("SUCCESS: 2 rules found"))
        #expect(await check([folder.path + "/twice.yml"]).0 == .success)
        let (fatal, fatalOutput) = await check([folder.path + "/twice.yml"], isFatal: true)
        #expect(fatal.rawValue == 3 && fatalOutput.remarks.contains("1 duplicate rule found"))
        #expect(await check([folder.path + "/twice.yml"], isFatal: true, lint: "none").0 == .success)
    }

    @Test func `what is not there is said`() async throws {
        let folder = try RuleFolder([:])
        let (status, written) = await check([folder.path + "/missing.yml"])
        #expect(status == .failure && written.remarks.contains("cannot be read: No such file or directory"))
        let (pattern, patternOutput) = await check([folder.path + "/*.yml"])
        #expect(pattern == .failure && patternOutput.remarks.contains("no file matches"))
        let (lint, lintOutput) = await check([folder.path + "/missing.yml"], lint: "everything")
        #expect(lint == .failure && lintOutput.remarks.contains("unknown lint option"))
    }

    private static let tests = """
        rule_files: [rules.yml]
        tests:
          - name: goes down
            interval: 1m
            input_series: [{series: 'up{job="a"}', values: '0x5'}]
            alert_rule_test:
              - {eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {job: b}}]}
          - name: is fine
            interval: 1m
            input_series: [{series: 'up{job="a"}', values: '1x5'}]
            promql_expr_test:
              - {expr: a, eval_time: 1m, exp_samples: [{labels: 'a{job="a"}', value: 1}]}
        """

    private func test(
        _ folder: borrowing RuleFolder, run: [String] = [], isWhole: Bool = false, junit: String? = nil
    ) async -> (CommandStatus, CapturedOutput) {
        let written = CapturedOutput()
        let command = RulesTestCommand(
            options: .init(files: [folder.path + "/tests.yml"], run: run, isWhole: isWhole, junit: junit), terminal: Terminal(), now: 0)
        let status = await command.run(output: written.output)
        return (status, written)
    }

    @Test func `test shows what differs, line by line`() async throws {
        let folder = try RuleFolder(["rules.yml": Self.good, "tests.yml": Self.tests])
        let (status, written) = await test(folder)
        #expect(status == .failure)
        let expected = """
            Unit Testing:  \(folder.path)/tests.yml
              FAILED: 1 of 2 tests

              goes down
                alert Down at 1m  \(folder.path)/tests.yml:7:9
                  differs:
                    alertname  "Down"
                  - job        "b"
                  + job        "a"


            """
        #expect(written.result == expected)
        #expect(await test(folder, run: ["fine"]).0 == .success)
        #expect(await test(folder, run: ["("]).0 == .usage)
    }

    @Test func `a report for continuous integration names tests and failures`() async throws {
        let folder = try RuleFolder(["rules.yml": Self.good, "tests.yml": Self.tests])
        _ = await test(folder, junit: folder.path + "/report.xml")
        let report = try String(contentsOfFile: folder.path + "/report.xml", encoding: .utf8)
        #expect(report.contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" timestamp=\"1970-01-01T00:00:00Z\""))
        #expect(report.contains("<testcase name=\"is fine\"></testcase>") && report.contains("+ job        &#34;a&#34;"))
    }
}
