import AlertModel
import ConfigFile
import LabelMatching
import PromQL
import QueryModel
import Rules
import TelemetryModel
import TestSupport
import Testing

@testable import RuleTesting

@Suite struct BacktestTests {
    private static let minute: Int64 = 60_000

    private func groups(_ text: String) throws -> [RuleGroup] { try RuleFile.parse(text, file: "rules.yml").groups }

    /// What range queries give for all alerting rules.
    private func histories(
        _ backtest: Backtest, _ variations: [Backtest.Variation], _ source: MemorySource
    ) throws -> [Backtest.RuleKey: ExpressionHistory] {
        let engine = QueryEngine(options: EngineOptions())
        var result: [Backtest.RuleKey: ExpressionHistory] = [:]
        for key in backtest.alertingRules {
            let group = backtest.groups[key.group]
            guard case .promQL(let expression) = group.rules[key.rule].expression else { continue }
            let times = backtest.evaluationTimes(of: group, for: variations)
            let answer = try engine.evaluate(
                expression, times: .range(start: times.start, end: times.end, stepMilliseconds: backtest.interval(of: group)),
                source: source, budget: QueryBudget())
            var history = ExpressionHistory()
            if case .matrix(let matrix) = answer.value {
                for series in matrix {
                    for (time, value) in zip(series.samples.timestamps, series.samples.values) {
                        history.append(series.labels, time, value)
                    }
                }
            }
            result[key] = history
        }
        return result
    }

    /// Series that are above their limit now and then, and away at times.
    private func flapping(_ random: inout SeededGenerator, steps: Int, step: Int64) -> MemorySource {
        var source = MemorySource()
        for number in 0..<4 {
            var isHigh = false
            var isThere = true
            for index in 0..<steps {
                if Int.random(in: 0..<8, using: &random) == 0 { isHigh.toggle() }
                if Int.random(in: 0..<40, using: &random) == 0 { isThere.toggle() }
                if !isThere { continue }
                source.append(
                    ["__name__": "load", "job": "j\(number % 2)", "instance": "i\(number)"], Int64(index) * step, .float(isHigh ? 9 : 1))
            }
        }
        return source
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a replay over history gives what step by step evaluation gives`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (steps, step): (Int, Int64) = (500, 15_000)
        let source = flapping(&random, steps: steps, step: step)
        let groups = try groups(
            """
            groups:
              - name: one
                interval: 15s
                rules:
                  - {alert: AtOnce, expr: 'load > 5', annotations: {a: "{{ $value }}"}}
                  - {alert: Waits, expr: 'load > 5', for: 1m, labels: {severity: "{{ $labels.job }}"}}
                  - {record: x, expr: load}
                  - {alert: Keeps, expr: 'sum by (job) (load) > 10', for: 30s, keep_firing_for: 2m}
              - name: two
                interval: 1m
                query_offset: 30s
                rules: [{alert: Absent, expr: 'absent(load{instance="i0"})', for: 3m}]
            """)
        var timelines: [String: AlertTimeline] = [:]
        let end = Int64(steps) * step
        for group in groups {
            var simulation = RuleSimulation(
                [group], settings: RuleSettings(), engine: QueryEngine(options: EngineOptions()), source: source)
            var time: Int64 = 0
            while time <= end {
                for event in simulation.evaluate(at: time).events {
                    timelines[event.labels["alertname"] ?? "", default: .init()].take(event)
                }
                time += group.intervalMilliseconds ?? 0
            }
        }
        // The replay begins earlier, where there is nothing yet; only an absent series would be known before.
        let backtest = Backtest(groups, settings: .init(range: TimeRange(start: 0, end: end)))
        let result = backtest.run(Backtest.Variation(), try histories(backtest, [.init()], source))
        #expect(result.rules.map(\.name) == ["AtOnce", "Waits", "Keeps", "Absent"])
        for rule in result.rules where rule.name != "Absent" {
            #expect(rule.alerts == timelines[rule.name]?.alerts, "seed \(seed), \(rule.name)")
            #expect(!rule.alerts.isEmpty)
        }
        let expected = (timelines["Absent"]?.alerts ?? []).filter { $0.activeAt > 10 * Self.minute }
        let replayed = (result.rules.last?.alerts ?? []).filter { $0.activeAt > 10 * Self.minute }
        #expect(replayed == expected, "seed \(seed)")
    }

    private static let routing = """
        global: {slack_api_url: <secret>}
        route:
          receiver: chat
          group_by: [alertname]
          group_wait: 30s
          group_interval: 5m
          repeat_interval: 1h
          routes:
            - matchers: [severity="page"]
              receiver: pager
        receivers:
          - name: chat
            slack_configs: [{api_url: <secret>, channel: '#ops'}]
          - name: pager
            pagerduty_configs: [{routing_key: <secret>}]
            webhook_configs: [{url: <secret>, send_resolved: false}]
        """

    /// A series that is high from one minute up to another.
    private func source(high: Range<Int>, of total: Int) -> MemorySource {
        var source = MemorySource()
        for index in 0...total {
            source.append(["__name__": "load"], Int64(index) * Self.minute, .float(high.contains(index) ? 9 : 1))
        }
        return source
    }

    private func paging(_ range: TimeRange, rules: String) throws -> Backtest {
        var settings = Backtest.Settings(range: range)
        settings.routing = try BacktestRouting.read(Self.routing, file: "alertmanager.yml") { _ in nil }
        return Backtest(try groups(rules), settings: settings)
    }

    private static let pageRule = "groups: [{name: g, rules: [{alert: High, expr: load > 5, for: 5m, labels: {severity: page}}]}]"

    @Test func `notifications go to the receivers of the route, at its times`() throws {
        let range = TimeRange(start: 0, end: 300 * Self.minute)
        let backtest = try paging(range, rules: Self.pageRule)
        let source = source(high: 10..<150, of: 300)
        let result = backtest.run(.init(), try histories(backtest, [.init()], source))
        let alert = try #require(result.rules.first?.alerts.first)
        #expect(alert.activeAt == 10 * Self.minute && alert.firedAt == 15 * Self.minute && alert.endedAt == 150 * Self.minute)
        #expect(alert.firingTime(in: range) == 135 * Self.minute)
        let pages = result.notifications.filter { $0.integration.kind == "pagerduty" }
        #expect(pages.map(\.reason) == [.first, .repeated, .repeated, .resolved])
        #expect(pages.first?.time == 15 * Self.minute + 30_000)
        #expect(pages.last?.time ?? 0 > 150 * Self.minute && pages.last?.time ?? 0 <= 155 * Self.minute + 30_000)
        #expect(pages.last?.firing == [] && pages.last?.resolved.count == 1)
        let hooks = result.notifications.filter { $0.integration.kind == "webhook" }
        #expect(hooks.map(\.reason) == [.first, .repeated, .repeated], "send_resolved is off")
        #expect(result.notifications.allSatisfy { $0.integration.receiver == "pager" })
    }

    @Test func `another for is another number of pages`() throws {
        let range = TimeRange(start: 0, end: 120 * Self.minute)
        let backtest = try paging(range, rules: Self.pageRule)
        let longer = Backtest.Variation(hold: 20 * Self.minute)
        let histories = try histories(backtest, [.init(), longer], source(high: 10..<25, of: 120))
        let before = backtest.run(.init(), histories)
        let after = backtest.run(longer, histories)
        #expect(!before.notifications.isEmpty && after.notifications.isEmpty)
        #expect(before.rules.first?.alerts.first?.firedAt != nil)
        #expect(after.rules.first?.alerts.map(\.firedAt) == [nil] && after.rules.first?.hold == 20 * Self.minute)
    }

    @Test func `an alert that fired before the range was told of before it`() throws {
        let range = TimeRange(start: 60 * Self.minute, end: 90 * Self.minute)
        let backtest = try paging(range, rules: Self.pageRule)
        let result = backtest.run(.init(), try histories(backtest, [.init()], source(high: 0..<200, of: 200)))
        #expect(result.rules.first?.alerts.first?.activeAt ?? .max < range.start)
        #expect(result.notifications.isEmpty, "\(result.notifications)")
    }

    @Test func `silences keep notifications back, and are told of`() throws {
        let range = TimeRange(start: 0, end: 100 * Self.minute)
        var settings = Backtest.Settings(range: range)
        settings.routing = try BacktestRouting.read(Self.routing, file: "alertmanager.yml") { _ in nil }
        settings.silences = [
            Silence(
                id: "quiet", matchers: [.init("alertname", equals: "High")], startsAt: 0, endsAt: 100 * Self.minute, updatedAt: 0,
                createdBy: "me",
                comment: "")
        ]
        let backtest = Backtest(try groups(Self.pageRule), settings: settings)
        let result = backtest.run(.init(), try histories(backtest, [.init()], source(high: 10..<60, of: 100)))
        #expect(result.notifications.isEmpty)
        #expect(result.suppressions.contains { $0.kind == .silenced && $0.decidedBy == ["quiet"] })
    }

    @Test func `labels of the server decide routes`() throws {
        let range = TimeRange(start: 0, end: 60 * Self.minute)
        var settings = Backtest.Settings(range: range)
        settings.surroundings = TemplateSurroundings(externalLabels: ["severity": "page"])
        settings.routing = try BacktestRouting.read(Self.routing, file: "alertmanager.yml") { _ in nil }
        let backtest = Backtest(try groups("groups: [{name: g, rules: [{alert: High, expr: load > 5}]}]"), settings: settings)
        let result = backtest.run(.init(), try histories(backtest, [.init()], source(high: 10..<30, of: 60)))
        #expect(Set(result.notifications.map(\.integration.receiver)) == ["pager"])
    }

    @Test func `a rule that fails is counted`() throws {
        let backtest = Backtest(
            try groups("groups: [{name: g, rules: [{alert: A, expr: load > 5, labels: {instance: same}}]}]"),
            settings: .init(range: TimeRange(start: 0, end: 10 * Self.minute)))
        var history = ExpressionHistory()
        for minute in 1...3 {
            for instance in ["a", "b"] { history.append(["__name__": "load", "instance": instance], Int64(minute) * Self.minute, 9) }
        }
        let result = backtest.run(.init(), [.init(group: 0, rule: 0): history])
        #expect(result.rules.first?.faultCount == 3)
        #expect(result.rules.first?.firstFault.contains("same labelset") == true)
    }

    @Test func `parts of a history may overlap`() {
        var history = ExpressionHistory()
        for time in [1, 2, 3, 2, 3, 4] as [Int64] { history.append(["a": "b"], time, Double(time)) }
        #expect(history.series.first?.times == [1, 2, 3, 4] && history.count == 4)
    }
}
