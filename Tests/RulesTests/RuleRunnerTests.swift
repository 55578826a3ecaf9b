import Rules
import Synchronization
import TelemetryModel
import Testing

/// Groups as they run, on a clock that the test moves.
@Suite struct RuleRunnerTests {
    private static func groups(_ text: String) throws -> [RuleGroup] { try RuleFile.parse(text, file: "rules.yml").groups }

    private static let one = "groups:\n- name: g\n  interval: 10s\n  rules: [{alert: A, expr: x > 0, for: 20s}, {record: r, expr: x}]\n"

    /// Moves to the next time that is waited for, and waits until that work is done.
    private func step(_ clock: ManualClock) async throws -> Timestamp {
        try await clock.untilAsleep()
        let next = try #require(clock.waitedFor.first)
        clock.move(to: next)
        for _ in 0..<90_000 where clock.waitedFor.first ?? 0 <= next { try await Task.sleep(for: .milliseconds(1)) }
        return next
    }

    @Test func `a group is evaluated at its own offset into each interval`() async throws {
        let (bench, clock) = (RuleBench(), ManualClock(1_000_000))
        bench.set(["__name__": "x"], 999_000, 3)
        let runner = RuleRunner(bench.environment(TransientRuleStateStore(), clock.clock))
        await runner.apply(try Self.groups(Self.one), settings: RuleSettings())
        let schedule = RuleSchedule(RuleGroupKey(file: "rules.yml", name: "g"), intervalMilliseconds: 10_000)
        var times: [Timestamp] = []
        for _ in 0..<4 { times.append(try await step(clock)) }
        let first = schedule.slot(after: 1_000_000)
        #expect(times == (0..<4).map { first + $0 * 10_000 })
        #expect(bench.written(at: times[1]).contains("r 3"))
        // A record for each evaluation, and the alert's series once what was before the start is known.
        #expect(bench.written(at: times[0]) == ["r 3"])
        #expect(bench.written(at: times[2]).count == 3)
        let group = try #require(runner.groups.first)
        #expect(group.counts.iterations == 4 && group.counts.missed == 0 && group.counts.evaluations == 8)
        await runner.stop()
    }

    @Test func `evaluations that come too late are counted and left out`() async throws {
        let (bench, clock) = (RuleBench(), ManualClock(1_000_000))
        let runner = RuleRunner(bench.environment(TransientRuleStateStore(), clock.clock))
        await runner.apply(try Self.groups(Self.one), settings: RuleSettings())
        let first = try await step(clock)
        clock.move(to: first + 35_000)
        for _ in 0..<90_000 where runner.groups.first?.counts.iterations ?? 0 < 4 { try await Task.sleep(for: .milliseconds(1)) }
        let group = try #require(runner.groups.first)
        #expect(group.counts.missed == 2 && group.counts.iterations == 4)
        try await clock.untilAsleep()
        #expect(runner.groups.first?.state.lastEvaluation == first + 30_000)
        await runner.stop()
    }

    @Test func `a reload leaves groups that are the same alone, and others their alerts`() async throws {
        let (bench, clock) = (RuleBench(), ManualClock(1_000_000))
        let store = TransientRuleStateStore()
        bench.set(["__name__": "x"], 999_000, 3)
        let runner = RuleRunner(bench.environment(store, clock.clock))
        await runner.apply(try Self.groups(Self.one), settings: RuleSettings())
        let first = try await step(clock)
        _ = try await step(clock)
        await runner.apply(try Self.groups(Self.one), settings: RuleSettings())
        #expect(runner.groups.first?.counts.iterations == 2)

        let changed = Self.one.replacing("{record: r, expr: x}", with: "{record: q, expr: x}")
        await runner.apply(try Self.groups(changed), settings: RuleSettings())
        #expect(runner.groups.first?.state.alerting[0].activeAlerts.map(\.activeAt) == [first])
        let third = try await step(clock)
        #expect(bench.written(at: third).contains("r stale") && bench.written(at: third).contains("q 3"))
        #expect(bench.takeEvents().contains { $0.contains("firing") })

        // A group that is gone ends its series two intervals later, as of when it went.
        clock.move(to: third + 1000)
        await runner.apply([], settings: RuleSettings())
        #expect(runner.groups.isEmpty && store.ruleStates.isEmpty)
        #expect(bench.takeEvents().contains { $0.contains("resolved") })
        try await clock.untilAsleep()
        let gone = clock.now
        clock.move(to: gone + 20_000)
        for _ in 0..<90_000 where bench.written(at: gone).isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        #expect(bench.written(at: gone).contains("q stale"))
        await runner.stop()
    }

    @Test func `alerts go on after a restart by what the store kept`() async throws {
        let (bench, clock) = (RuleBench(), ManualClock(1_000_000))
        let store = TransientRuleStateStore()
        bench.set(["__name__": "x"], 999_000, 3)
        let before = RuleRunner(bench.environment(store, clock.clock))
        await before.apply(try Self.groups(Self.one), settings: RuleSettings())
        var times: [Timestamp] = []
        for _ in 0..<3 { times.append(try await step(clock)) }
        await before.stop()
        // A state is kept of each evaluation that changed something; the third one restored and saw pending become firing.
        let kept = TransientRuleStateStore(store.ruleStates)
        let after = RuleRunner(bench.environment(kept, clock.clock))
        await after.apply(try Self.groups(Self.one), settings: RuleSettings())
        let next = try await step(clock)
        #expect(after.groups.first?.state.alerting[0].activeAlerts.map(\.activeAt) == [times[0]])
        #expect(bench.written(at: next).contains(#"ALERTS{alertname="A", alertstate="firing"} 1"#))
        await after.stop()
    }

    @Test func `a rule whose samples are not kept is in error`() async throws {
        let (bench, clock) = (RuleBench(), ManualClock(1_000_000))
        bench.set(["__name__": "x"], 999_000, 3)
        bench.state.withLock { $0.failure = RuleFault("no space") }
        let runner = RuleRunner(bench.environment(TransientRuleStateStore(), clock.clock))
        await runner.apply(try Self.groups(Self.one), settings: RuleSettings())
        _ = try await step(clock)
        let group = try #require(runner.groups.first)
        #expect(group.state.health[1].lastError == "no space" && group.counts.failures == 1)
        await runner.stop()
    }
}
