import AlertModel
import QueryModel
import Rules
import TelemetryModel
import TestSupport
import Testing

/// What is known again after a restart.
@Suite struct RuleRestartTests {
    private static let text = """
        groups:
        - name: g
          interval: 15s
          rules:
          - {alert: Slow, expr: x > 5, for: 1m, keep_firing_for: 40s, labels: {n: '{{ $labels.room }}'}, annotations: {a: '{{ $value }}'}}
          - {record: twice, expr: x * 2}
          - {alert: Quick, expr: x > 7}
        """

    /// Random series with random restarts at any time, beside a process that never stops: the same samples, events, notices and states.
    @Test(arguments: 0..<8) func `a process that restarts goes on as if it had not`(run: Int) throws {
        var random = SeededGenerator(seed: UInt64(run) + 77)
        let group = try parsedGroup(Self.text)
        var steady = SteppedGroup(group, bench: RuleBench())
        var restarted = SteppedGroup(group, bench: RuleBench())
        for step in 0..<80 {
            let time = Timestamp(step) * 15_000
            for room in ["a", "b", "c"] where Int.random(in: 0..<10, using: &random) > 0 {
                let value = Double(Int.random(in: 0...10, using: &random))
                let isStable = Int.random(in: 0..<3, using: &random) > 0
                guard !isStable || step == 0 else { continue }
                for bench in [steady.bench, restarted.bench] { bench.set(["__name__": "x", "room": room], time - 1000, value) }
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                let saved = restarted.state.savedState
                let bench = restarted.bench
                restarted = SteppedGroup(group, bench: bench, isRestored: false)
                try restarted.state.restore(saved, now: time - 3000)
                #expect(restarted.state.savedState == saved)
            }
            try steady.evaluate(at: time)
            try restarted.evaluate(at: time)
            #expect(
                steady.bench.written(at: time).filter { $0.contains("ALERTS") }
                    == restarted.bench.written(at: time).filter { $0.contains("ALERTS") },
                "seed \(random.seed), step \(step)")
            #expect(steady.state.alerting == restarted.state.alerting, "seed \(random.seed), step \(step)")
            #expect(steady.bench.takeEvents() == restarted.bench.takeEvents(), "seed \(random.seed), step \(step)")
            #expect(steady.bench.takeNotices() == restarted.bench.takeNotices(), "seed \(random.seed), step \(step)")
        }
    }

    @Test func `damaged states are refused, and never trap`() throws {
        var group = SteppedGroup(try parsedGroup(Self.text), bench: RuleBench())
        for room in ["a", "b"] { group.bench.set(["__name__": "x", "room": room], 0, 9) }
        for step in 0..<6 { try group.evaluate(at: Timestamp(step) * 15_000) }
        let saved = group.state.savedState
        var random = SeededGenerator(seed: 5)
        for length in 0..<saved.count {
            var state = group.state
            #expect((try? state.restore(Array(saved.prefix(length)), now: 100_000)) == nil, "\(length) bytes")
        }
        for _ in 0..<500 {
            var damaged = saved
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var state = SteppedGroup(group.state.group, bench: RuleBench())
            guard (try? state.state.restore(damaged, now: 100_000)) != nil else { continue }
            try state.evaluate(at: 100_000)
        }
    }

    @Test func `after a long absence what was pending starts again, and what fired goes on`() throws {
        let group = try parsedGroup(Self.text)
        var before = SteppedGroup(group, bench: RuleBench())
        before.bench.set(["__name__": "x", "room": "a"], 0, 9)
        for step in 0..<2 { try before.evaluate(at: Timestamp(step) * 15_000) }
        let later: Timestamp = 15_000 + 3_600_000 + 1
        var after = SteppedGroup(group, bench: before.bench, isRestored: false)
        try after.state.restore(before.state.savedState, now: later)
        #expect(after.state.alerting[0].allAlerts.isEmpty)
        #expect(after.state.alerting[2].activeAlerts.map(\.activeAt) == [0])
        // Nothing is scraped yet at the first evaluation; the alert does not end for that.
        try after.evaluate(at: later + 5_000)
        #expect(after.state.alerting[2].activeAlerts.count == 1)
        #expect(
            after.bench.written(at: later + 5_000) == [
                #"ALERTS_FOR_STATE{alertname="Quick", room="a"} 0"#, #"ALERTS{alertname="Quick", alertstate="firing", room="a"} 1"#,
            ])
        try after.evaluate(at: later + 35_000)
        #expect(after.state.alerting[2].activeAlerts.isEmpty)
    }

    /// Prometheus' own cases: what is left to wait, by how long the alert was pending before.
    @Test(arguments: [300, 1140, 1500, 1800, 2400], [120, 600]) func `without a stored state alerts are restored from their series`(
        pending: Int, away: Int
    ) throws {
        let group = try parsedGroup("groups:\n- name: g\n  interval: 1m\n  rules: [{alert: A, expr: x > 0, for: 30m}]\n")
        let bench = RuleBench()
        var before = SteppedGroup(group, bench: bench)
        for second in stride(from: 0, through: pending, by: 60) {
            bench.set(["__name__": "x", "n": "1"], Timestamp(second) * 1000, 1)
            try before.evaluate(at: Timestamp(second) * 1000)
        }
        let start = Timestamp(pending + away) * 1000
        var after = SteppedGroup(group, bench: bench, isRestored: false)
        for second in [0, 60] {
            bench.set(["__name__": "x", "n": "1"], start + Timestamp(second) * 1000, 1)
            try after.evaluate(at: start + Timestamp(second) * 1000)
            #expect(bench.written(at: start + Timestamp(second) * 1000).isEmpty, "series are written only once all is restored")
        }
        let now = start + 60_000
        let matchers = try #require(after.state.forStateMatchers(of: 0))
        let series = try bench.newestSamples(matchers, in: after.state.forStateRange(at: now))
        after.state.restoreRule(
            0, from: series.map { (labels: $0.labels, time: $0.timestamp, value: $0.value.float) }, at: now)
        let wanted: Timestamp =
            switch pending {
            case ..<1200: now + Timestamp(-pending) * 1000  // what it waited counts, the absence does not
            case 1200..<1800: now + 600_000 - 1_800_000  // the grace period is left
            default: 0  // it was firing
            }
        #expect(after.state.alerting[0].activeAlerts.map(\.activeAt) == [wanted])
        #expect(after.state.unrestoredRules.isEmpty)
    }

    @Test func `a rule that waits less than the grace period is not restored from series`() throws {
        let group = try parsedGroup("groups:\n- name: g\n  rules: [{alert: A, expr: x > 0, for: 5m}]\n")
        let state = RuleGroupState(group, settings: RuleSettings(), isRestored: false)
        #expect(state.unrestoredRules == [0] && state.forStateMatchers(of: 0) == nil)
    }
}

extension PointValue {
    fileprivate var float: Double { if case .float(let value) = self { value } else { .nan } }
}
