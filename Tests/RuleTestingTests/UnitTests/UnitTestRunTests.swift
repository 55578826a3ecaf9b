import ConfigFile
import PromQL
import RuleTesting
import Rules
import TelemetryModel
import TestSupport
import Testing

@Suite struct UnitTestRunTests {
    private static let names = Corpus.names("test", ["pass", "fail"])

    /// Whether all tests of a file pass.
    private func passes(_ name: String) throws -> Bool {
        do { return try Corpus.run(Corpus.path("test", name)).allSatisfy { $0.failures.isEmpty } } catch is ConfigError { return false }
    }

    @Test(arguments: names) func `a file passes or fails as its folder says`(name: String) throws {
        #expect(try passes(name) == name.hasPrefix("pass/"))
    }

    /// Files whose names begin with `three` use what Debian's promtool 2.42 does not know, or what Prometheus 3 changed; each of them that is to
    /// pass fails there.
    @Test(.enabled(if: Promtool.path != nil, "promtool is not installed"), arguments: names)
    func `promtool has the same verdict`(name: String) throws {
        let (status, output) = try Promtool.run(["test", "rules", Corpus.path("test", name)])
        let passes = name.hasPrefix("pass/") && !name.hasPrefix("pass/three-")
        #expect((status == 0) == passes, "promtool exits \(status): \(output)")
    }

    @Test func `the corpus is there`() { #expect(Self.names.count >= 80) }

    private func failures(_ name: String) throws -> [UnitTestFailure] {
        try Corpus.run(Corpus.path("test", name)).flatMap(\.failures)
    }

    @Test func `a failure tells what was expected, what came, and where`() throws {
        let failure = try #require(try failures("fail/alert-with-other-label").first)
        guard case .alerts(let name, let expected, let got) = failure.kind else {
            Issue.record("not of alerts")
            return
        }
        #expect(name == "InstanceDown" && failure.time == 600_000 && failure.place.line == 10)
        #expect(expected.count == 1 && got.count == 1)
        #expect(expected[0].labels.contains { $0.name == "severity" && $0.value == "ticket" })
        #expect(got[0].labels.contains { $0.name == "severity" && $0.value == "page" })
    }

    @Test func `a rule that fails ends its test, and says so`() throws {
        let failures = try failures("fail/rule-that-fails")
        #expect(failures.count == 1)
        guard case .rule(let name, let reason)? = failures.first?.kind else {
            Issue.record("not of a rule")
            return
        }
        #expect(name == "x" && reason.contains("many-to-one"))
    }

    @Test func `only the test that fails is told of`() throws {
        let outcomes = try Corpus.run(Corpus.path("test", "fail/one-of-two-tests"))
        #expect(outcomes.map(\.name) == ["unnamed#0", "unnamed#1"])
        #expect(outcomes.map(\.failures.count) == [0, 1] && outcomes.map(\.checks) == [1, 1])
    }

    @Test func `an alert that no rule has is remarked`() throws {
        let outcomes = try Corpus.run(Corpus.path("test", "pass/unknown-alert-does-not-fire"))
        #expect(outcomes.first?.remarks.first?.contains("NoSuchAlert") == true)
    }

    @Test func `a test over many steps takes no time that grows with their square`() throws {
        let text = """
            evaluation_interval: 15s
            tests:
              - interval: 15s
                input_series:
                  - {series: 'requests_total{a="1"}', values: '0+10x4000'}
                  - {series: 'requests_total{a="2"}', values: '0+10x4000'}
                promql_expr_test:
                  - {expr: 'x', eval_time: 16h, exp_samples: [{labels: 'x{a="1"}', value: 40}, {labels: 'x{a="2"}', value: 40}]}
            """
        let file = try UnitTestFile.parse(text, file: "long.yml")
        let rules = try RuleFile.parse(
            "groups: [{name: g, rules: [{record: x, expr: 'increase(requests_total[1m])'}]}]", file: "rules.yml")
        var outcome: UnitTestOutcome?
        let elapsed = ContinuousClock().measure { outcome = UnitTestRun(file, ruleFiles: [rules]).outcome(of: 0) }
        #expect(outcome?.failures.isEmpty == true, "\(String(describing: outcome?.failures))")
        #expect(elapsed < .seconds(30), "\(elapsed)")
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `changed files give tests or a fault with a place`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let names = ["pass/alert-fires", "pass/alerts-series-and-templates", "pass/three-histograms", "pass/three-start-time"]
        let pieces = ["{", "}", "[", "]", ": ", "- ", "\n", "\"", "'", "x", "-1", "99999999999999999999", "&a", "*a", "\t", "1e400"]
        for name in names {
            let original = Array(try Corpus.text(Corpus.path("test", name)).unicodeScalars)
            for _ in 0..<60 {
                var scalars = original
                if Bool.random(using: &random) { scalars.removeLast(Int.random(in: 0..<scalars.count, using: &random)) }
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let position = Int.random(in: 0...scalars.count, using: &random)
                    scalars.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").unicodeScalars, at: position)
                }
                let text = String(String.UnicodeScalarView(scalars))
                do throws(ConfigError) {
                    let file = try UnitTestFile.parse(text, file: "changed.yml")
                    // Durations may have become years.
                    let isShort = file.groups.allSatisfy { group in
                        (group.alertTests.map(\.time) + group.expressionTests.map(\.time)).allSatisfy {
                            $0 / file.evaluationInterval < 1000
                        }
                    }
                    if isShort { for index in file.groups.indices { _ = UnitTestRun(file, ruleFiles: []).outcome(of: index) } }
                } catch {
                    #expect(error.line > 0 && error.column > 0, "seed \(seed): \(error)")
                }
            }
        }
    }
}
