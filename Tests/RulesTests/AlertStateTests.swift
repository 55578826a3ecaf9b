import AlertModel
import QueryModel
import Rules
import TelemetryModel
import Testing

/// Each change of state, as Prometheus' `AlertingRule.Eval` makes it.
@Suite struct AlertStateTests {
    private let second: Timestamp = 1000

    private func bench(_ options: String = "", group: String = "") throws -> SteppedGroup {
        SteppedGroup(
            try parsedGroup(
                """
                groups:
                - name: g
                \(group)
                  rules:
                  - alert: Hot
                    expr: temperature > 50
                    labels: {severity: page}
                    annotations: {summary: "{{ $labels.room }} has {{ $value }}"}
                \(options)
                """), bench: RuleBench())
    }

    /// The value at a time for which the lookback reaches.
    private func heat(_ bench: SteppedGroup, _ room: String, _ time: Timestamp, _ value: Double) {
        bench.bench.set(["__name__": "temperature", "room": room], time, value)
    }

    @Test func `without for an alert fires at once, is told of, and ends when the expression does`() throws {
        var bench = try bench()
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 0)
        #expect(bench.bench.takeEvents() == [#"0 firing {alertname="Hot", room="a", severity="page"}"#])
        #expect(
            bench.bench.written(at: 0) == [
                #"ALERTS_FOR_STATE{alertname="Hot", room="a", severity="page"} 0"#,
                #"ALERTS{alertname="Hot", alertstate="firing", room="a", severity="page"} 1"#,
            ])
        let first = try #require(bench.bench.takeNotices().first)
        #expect(first.annotations == [Label(name: "summary", value: "a has 60")])
        #expect(first.startsAt == 0 && first.endsAt == 4 * 60 * second)
        #expect(first.generatorURL == "/graph?g0.expr=temperature+%3E+50&g0.tab=1")

        heat(bench, "a", 15 * second, 40)
        try bench.evaluate(at: 15 * second)
        #expect(bench.bench.takeEvents() == [#"15000 resolved {alertname="Hot", room="a", severity="page"}"#])
        #expect(
            bench.bench.written(at: 15 * second) == [
                #"ALERTS_FOR_STATE{alertname="Hot", room="a", severity="page"} stale"#,
                #"ALERTS{alertname="Hot", alertstate="firing", room="a", severity="page"} stale"#,
            ])
        let last = try #require(bench.bench.takeNotices().first)
        #expect(last.endsAt == 15 * second && last.isResolved(at: 15 * second))
        #expect(bench.state.alerting[0].activeAlerts.isEmpty && bench.state.alerting[0].allAlerts.count == 1)
    }

    @Test func `an alert is told of again after the resend delay, an ended one for fifteen minutes`() throws {
        var bench = try bench()
        heat(bench, "a", 0, 60)
        var told: [Timestamp] = []
        for time in stride(from: 0, through: 180 * second, by: 15 * Int(second)) {
            try bench.evaluate(at: Timestamp(time))
            if !bench.bench.takeNotices().isEmpty { told.append(Timestamp(time) / second) }
        }
        // A notice is due once the delay is over, not when it has just passed.
        #expect(told == [0, 75, 150])
        heat(bench, "a", 190 * second, 0)
        var ended: [Timestamp] = []
        for time in stride(from: 195, through: 1200, by: 15) {
            heat(bench, "a", Timestamp(time) * second, 0)
            try bench.evaluate(at: Timestamp(time) * second)
            if !bench.bench.takeNotices().isEmpty { ended.append(Timestamp(time)) }
        }
        #expect(ended.first == 195 && ended.last == 1095)
        #expect(bench.state.alerting[0].allAlerts.isEmpty)
    }

    @Test func `with for an alert is pending first, and inactive if the expression stops to hold before`() throws {
        var bench = try bench("    for: 1m")
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 0)
        #expect(bench.state.alerting[0].state == .pending && bench.bench.takeNotices().isEmpty)
        try bench.evaluate(at: 45 * second)
        heat(bench, "a", 50 * second, 0)
        try bench.evaluate(at: 60 * second)
        #expect(
            bench.bench.takeEvents() == [
                #"0 pending {alertname="Hot", room="a", severity="page"}"#, #"60000 inactive {alertname="Hot", room="a", severity="page"}"#,
            ])
        #expect(bench.state.alerting[0].allAlerts.isEmpty && bench.bench.takeNotices().isEmpty)

        heat(bench, "a", 75 * second, 70)
        for time in stride(from: 75, through: 135, by: 15) { try bench.evaluate(at: Timestamp(time) * second) }
        #expect(
            bench.bench.takeEvents() == [
                #"75000 pending {alertname="Hot", room="a", severity="page"}"#,
                #"135000 firing {alertname="Hot", room="a", severity="page"}"#,
            ])
        let alert = try #require(bench.state.alerting[0].activeAlerts.first)
        #expect(alert.activeAt == 75 * second && alert.firedAt == 135 * second && alert.value == 70)
        #expect(try #require(bench.bench.takeNotices().first).startsAt == 135 * second)
        #expect(
            bench.bench.written(at: 135 * second) == [
                #"ALERTS_FOR_STATE{alertname="Hot", room="a", severity="page"} 75"#,
                #"ALERTS{alertname="Hot", alertstate="firing", room="a", severity="page"} 1"#,
                #"ALERTS{alertname="Hot", alertstate="pending", room="a", severity="page"} stale"#,
            ])
    }

    @Test func `keep_firing_for keeps an alert up, and starts anew when the expression holds again`() throws {
        var bench = try bench("    keep_firing_for: 30s")
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 0)
        heat(bench, "a", 10 * second, 0)
        try bench.evaluate(at: 15 * second)
        #expect(bench.state.alerting[0].activeAlerts.first?.keepFiringSince == 15 * second)
        heat(bench, "a", 25 * second, 80)
        try bench.evaluate(at: 30 * second)
        #expect(bench.state.alerting[0].activeAlerts.first?.keepFiringSince == nil)
        heat(bench, "a", 40 * second, 0)
        for time in [45, 60, 75] { try bench.evaluate(at: Timestamp(time) * second) }
        #expect(
            bench.bench.takeEvents().map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                "0 firing", "15000 kept_firing", "30000 firing", "45000 kept_firing", "75000 resolved",
            ])
        #expect(
            bench.bench.written(at: 60 * second).contains(#"ALERTS{alertname="Hot", alertstate="firing", room="a", severity="page"} 1"#))
    }

    @Test func `several elements are several alerts`() throws {
        var bench = try bench("    for: 30s")
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 0)
        heat(bench, "b", 10 * second, 90)
        try bench.evaluate(at: 15 * second)
        try bench.evaluate(at: 30 * second)
        #expect(bench.state.alerting[0].activeAlerts.map(\.state) == [.firing, .pending])
        #expect(bench.state.alerting[0].state == .firing)
    }

    @Test func `more alerts than the limit are none`() throws {
        var bench = try bench(group: "  limit: 1")
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 0)
        heat(bench, "b", 10 * second, 90)
        try bench.evaluate(at: 15 * second)
        #expect(bench.state.alerting[0].allAlerts.isEmpty)
        #expect(bench.state.health[0].state == .err && bench.state.health[0].lastError == "exceeded limit of 1 with 2 alerts")
        #expect(bench.bench.written(at: 15 * second).isEmpty)
    }

    @Test func `elements that differ in labels which the rule sets are a fault, and change nothing`() throws {
        var bench = SteppedGroup(
            try parsedGroup("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: x > 0\n    labels: {room: all}\n"), bench: RuleBench())
        bench.bench.set(["__name__": "x", "room": "a"], 0, 1)
        try bench.evaluate(at: 0)
        bench.bench.set(["__name__": "x", "room": "b"], 15 * second, 1)
        try bench.evaluate(at: 15 * second)
        #expect(bench.state.health[0].lastError == "vector contains metrics with the same labelset after applying alert labels")
        #expect(bench.state.alerting[0].activeAlerts.count == 1 && bench.bench.written(at: 15 * second).isEmpty)
    }

    @Test func `an alert that ended and begins anew is a new one`() throws {
        var bench = try bench()
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 0)
        heat(bench, "a", 10 * second, 0)
        try bench.evaluate(at: 15 * second)
        heat(bench, "a", 20 * second, 60)
        try bench.evaluate(at: 30 * second)
        let alert = try #require(bench.state.alerting[0].activeAlerts.first)
        #expect(alert.activeAt == 30 * second && alert.firedAt == 30 * second && alert.resolvedAt == nil)
        #expect(bench.bench.takeNotices().map(\.startsAt) == [0, 0, 30 * second])
    }

    @Test func `a longer for makes a firing alert pending again`() throws {
        var bench = try bench("    for: 15s")
        heat(bench, "a", 0, 60)
        for time in [0, 15] { try bench.evaluate(at: Timestamp(time) * second) }
        var longer = try self.bench("    for: 1m")
        longer.state.adopt(bench.state)
        var moved = SteppedGroup(longer.state.group, bench: bench.bench)
        moved.state = longer.state
        _ = bench.bench.takeEvents()
        try moved.evaluate(at: 30 * second)
        #expect(bench.bench.takeEvents() == [#"30000 pending {alertname="Hot", room="a", severity="page"}"#])
        #expect(moved.state.alerting[0].activeAlerts.first?.activeAt == 0)
        try moved.evaluate(at: 60 * second)
        #expect(moved.state.alerting[0].state == .firing)
    }

    @Test func `with an offset data are read and written earlier, and alerts live in the present`() throws {
        var bench = try bench(group: "  query_offset: 30s")
        heat(bench, "a", 0, 60)
        try bench.evaluate(at: 15 * second)
        #expect(bench.state.alerting[0].activeAlerts.isEmpty)
        try bench.evaluate(at: 30 * second)
        #expect(bench.state.alerting[0].activeAlerts.first?.activeAt == 30 * second)
        #expect(bench.bench.written(at: 0).first == #"ALERTS_FOR_STATE{alertname="Hot", room="a", severity="page"} 30"#)
    }
}
