internal import Foundation
internal import RuleTesting
internal import Rules
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import CommandLineClient

struct BacktestCommandTests {
    private static let minute: Int64 = 60_000
    private static let now: Int64 = 100 * 86_400_000
    private static let alertmanager = """
        route: {receiver: pager, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}
        receivers:
          - name: pager
            pagerduty_configs: [{routing_key: <secret>}]
        """
    private static let rules = """
        groups:
          - name: g
            interval: 1m
            rules:
              - {record: job:errors:rate5m, expr: 'sum by (job) (rate(errors_total[5m]))'}
              - {record: job:errors:smooth, expr: 'avg_over_time(job:errors:rate5m[10m])'}
              - {alert: Errors, expr: 'job:errors:rate5m > 0.5', for: 5m, labels: {severity: page}}
              - {alert: SmoothErrors, expr: 'job:errors:smooth > 0.3 and on (job) up == 1', for: 2m}
        """

    /// Six hours of counters, which rise fast at times.
    private func server(seed: UInt64 = 7, silences: String = "[]") -> HistoryServer {
        let server = HistoryServer(alertmanager: Self.alertmanager, silences: silences)
        var random = SeededGenerator(seed: seed)
        var (isFast, value) = (false, 0.0)
        for step in 0...720 {
            let time = Self.now - Int64(720 - step) * 30_000
            if step % 30 == 0 { isFast = Int.random(in: 0..<3, using: &random) == 0 }
            value += isFast ? 30 : 1
            server.add(["__name__": "errors_total", "job": "api"], time, value)
            server.add(["__name__": "up", "job": "api"], time, 1)
        }
        return server
    }

    private func backtest(
        _ server: HistoryServer, _ text: String = rules, _ change: (inout RulesBacktestCommand.Options) -> Void = { _ in }
    ) async throws -> (status: CommandStatus, written: CapturedOutput) {
        let folder = try RuleFolder(["rules.yml": text])
        var options = RulesBacktestCommand.Options(files: [folder.path + "/rules.yml"], since: "5h")
        change(&options)
        let written = CapturedOutput()
        let status = await RulesBacktestCommand(client: server.client, options: options, terminal: Terminal(width: 100), now: Self.now)
            .run(output: written.output)
        return (status, written)
    }

    private struct Answer: Decodable, Equatable {
        struct Variant: Decodable, Equatable {
            struct Rule: Decodable, Equatable {
                struct Alert: Decodable, Equatable {
                    var labels: [String: String]
                    var active_at: Double
                    var fired_at: Double?
                    var ended_at: Double?
                }
                var name: String
                var alerts: [Alert]
            }
            struct Totals: Decodable, Equatable {
                var fired: Int
                var notifications: Int
            }
            struct Notification: Decodable, Equatable {
                var receiver: String
                var integration: String
                var reason: String
                var time: Double
            }
            var rules: [Rule]
            var totals: Totals
            var notifications: [Notification]
        }
        var variants: [Variant]
    }

    private func answer(_ written: CapturedOutput) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(written.result.utf8))
    }

    @Test func `a recording rule that is not stored is computed, with the same outcome as if it were`() async throws {
        let bare = server()
        let (status, written) = try await backtest(bare) { $0.format = .json }
        #expect(status == .success, "\(written.remarks)")
        #expect(written.remarks.contains("job:errors:rate5m is not stored"))
        // What the rules would have recorded, step by step.
        let stored = server()
        _ = try await backfill(stored) { series in
            for element in series {
                for (time, value) in zip(element.timestamps, element.values) { stored.add(element.labels, time, value) }
            }
        }
        let (second, direct) = try await backtest(stored) { $0.format = .json }
        #expect(second == .success && !direct.remarks.contains("not stored"), "\(direct.remarks)")
        #expect(stored.queries.contains("job:errors:rate5m > 0.5"), "the server answers what it can")
        let (computed, asked) = (try answer(written), try answer(direct))
        #expect(computed == asked)
        #expect(computed.variants.first?.rules.allSatisfy { !$0.alerts.isEmpty } == true)
        let (third, recomputed) = try await backtest(stored) {
            $0.format = .json
            $0.recomputes = true
        }
        #expect(try third == .success && answer(recomputed) == computed)
    }

    @Test func `notifications are told, and another for is compared`() async throws {
        let (status, written) = try await backtest(server()) {
            $0.hold = "45m"
            $0.format = .json
        }
        #expect(status == .success)
        let answer = try answer(written)
        #expect(answer.variants.count == 2)
        #expect(answer.variants[0].totals.notifications > answer.variants[1].totals.notifications)
        #expect(answer.variants[0].notifications.allSatisfy { $0.receiver == "pager" && $0.integration == "pagerduty[0]" })
        #expect(answer.variants[0].totals.notifications == answer.variants[0].notifications.count)
        let (_, text) = try await backtest(server()) { $0.hold = "45m" }
        #expect(text.result.contains("as written") && text.result.contains("for 45m"))
        #expect(text.result.contains("notifications") && text.result.contains("pager/pagerduty[0]"))
    }

    @Test func `the report has bars, times and totals, and no line is wider than the terminal`() async throws {
        let (status, written) = try await backtest(server())
        #expect(status == .success)
        #expect(written.result.contains("Errors  every 1m, for 5m") && written.result.contains("█") && written.result.contains("░"))
        #expect(written.result.contains("You would have been notified"))
        #expect(!written.result.contains("\u{1b}"))
        for line in written.result.split(separator: "\n") where !line.contains("rules.yml") && !line.hasPrefix("You") {
            #expect(line.count <= 105 || line.contains("fired"), "\(line)")
        }
    }

    @Test func `silences are heeded where that is asked for`() async throws {
        let silences = """
            [{"id":"s1","matchers":[{"name":"alertname","value":"Err.*|Smooth.*","isRegex":true,"isEqual":true}],
              "startsAt":"1970-01-01T00:00:00Z","endsAt":"1970-12-31T00:00:00Z","updatedAt":"1970-01-01T00:00:00Z","createdBy":"x","comment":"y","status":{"state":"active"}}]
            """
        let (_, heedless) = try await backtest(server(silences: silences)) { $0.format = .json }
        #expect(try answer(heedless).variants[0].totals.notifications > 0)
        let (status, heeding) = try await backtest(server(silences: silences)) {
            $0.format = .json
            $0.heedsSilences = true
        }
        #expect(try status == .success && answer(heeding).variants[0].totals.notifications == 0)
        #expect(heeding.result.contains("\"by\":[\"s1\"]"))
    }

    @Test func `a silence that recurs holds at its times only`() async throws {
        // The five hours are those before the midnight of a Friday.
        let silences = """
            [{"id":"s2","matchers":[{"name":"alertname","value":".+","isRegex":true,"isEqual":true}],
              "recurrence":[{"times":[{"start_time":"00:00","end_time":"01:00"}],"weekdays":["monday"],"location":"Europe/Berlin"}],
              "startsAt":"1970-01-01T00:00:00Z","endsAt":"1970-12-31T00:00:00Z","createdBy":"x","comment":"y","status":{"state":"active"}}]
            """
        let (_, heedless) = try await backtest(server()) { $0.format = .json }
        let (status, heeding) = try await backtest(server(silences: silences)) {
            $0.format = .json
            $0.heedsSilences = true
        }
        #expect(try status == .success && answer(heeding) == answer(heedless), "\(heeding.remarks)")
    }

    @Test func `wrong options are refused`() async throws {
        #expect(try await backtest(server()) { $0.alerts = ["Unknown"] }.status == .usage)
        #expect(try await backtest(server()) { $0.since = "soon" }.status == .usage)
        #expect(try await backtest(server()) { $0.hold = "long" }.status == .usage)
        #expect(try await backtest(server(), "groups: [{name: g, rules: [{record: a, expr: up}]}]").status == .usage)
        #expect(try await backtest(server(), "groups: [{name: g, rules: [{alert: a, expr: 'sum('}]}]").status == .usage)
    }

    // MARK: Backfill

    private func backfill(
        _ server: HistoryServer, _ rules: [String] = [], _ store: @escaping @Sendable ([RulesBackfillCommand.Series]) -> Void
    ) async throws -> (CommandStatus, CapturedOutput) {
        let folder = try RuleFolder(["rules.yml": Self.rules])
        var options = RulesBackfillCommand.Options(files: [folder.path + "/rules.yml"], since: "6h")
        options.rules = rules
        let written = CapturedOutput()
        let command = RulesBackfillCommand(client: server.client, options: options, terminal: Terminal(), now: Self.now) {
            (series) async throws(ClientError) in
            store(series)
            return (0, "")
        }
        let status = await command.run(output: written.output)
        return (status, written)
    }

    @Test func `backfilling stores what the rule would have recorded, each time the same`() async throws {
        let stored = Mutex<[[RulesBackfillCommand.Series]]>([])
        let server = server()
        for _ in 0..<2 {
            let (status, written) = try await backfill(server, ["job:errors:rate5m"]) { series in stored.withLock { $0.append(series) } }
            #expect(status == .success && written.result.hasPrefix("job:errors:rate5m  1 series, "))
        }
        let rounds = stored.withLock { $0 }
        #expect(rounds.count == 2 && rounds[0] == rounds[1])
        let series = try #require(rounds.first?.first)
        #expect(series.labels == ["__name__": "job:errors:rate5m", "job": "api"])
        #expect(series.timestamps.allSatisfy { $0 % Self.minute == 0 } && series.timestamps.last == Self.now)
    }

    @Test func `where a series ends a marker says so, also between parts`() throws {
        var made = BackfilledSeries(rule: .init(.recording, name: "r", expression: try RuleExpression(parsing: "up", .promQL)), step: 10)
        let first = made.take(.of(["a": "b"], [10, 20, 40]), of: TimeRange(start: 10, end: 40))
        #expect(first.first?.timestamps == [10, 20, 30, 40])
        #expect(first.first?.values.map { StaleMarker.matches($0) } == [false, false, true, false])
        let second = made.take(.of(["a": "b"], [60]), of: TimeRange(start: 50, end: 80))
        #expect(second.first?.timestamps == [50, 60, 70])
        let third = made.take(.of(["a": "b"], []), of: TimeRange(start: 90, end: 120))
        #expect(third.isEmpty)
    }

    @Test(arguments: [(0, 0, 1), (0, 10_999, 1), (0, 11_000, 1), (5, 172_805, 15), (7, 500_000, 3)] as [(Int64, Int64, Int64)])
    func `parts cover each step once, and none asks for too many points`(start: Int64, end: Int64, step: Int64) {
        let parts = HistoryFetcher.parts(of: TimeRange(start: start, end: end), step: step)
        var next = start
        for part in parts {
            #expect(part.start == next && (part.end - part.start) % step == 0 && (part.end - part.start) / step < 11_000)
            next = part.end + step
        }
        #expect(next > end && next - step <= end)
    }
}

extension ExpressionHistory {
    fileprivate static func of(_ labels: LabelSet, _ times: [Timestamp]) -> ExpressionHistory {
        var history = ExpressionHistory()
        for time in times { history.append(labels, time, 1) }
        return history
    }
}
