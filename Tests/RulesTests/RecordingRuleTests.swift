import Rules
import TelemetryModel
import Testing

@Suite struct RecordingRuleTests {
    private func group(_ rules: String) throws -> SteppedGroup {
        SteppedGroup(try parsedGroup("groups:\n- name: g\n  rules:\n\(rules)"), bench: RuleBench())
    }

    @Test func `a rule writes its series with its name and labels, and ends them when they go`() throws {
        var group = try group("  - {record: 'job:up:sum', expr: sum by (job) (up), labels: {team: shop, job: ''}}\n")
        group.bench.set(["__name__": "up", "job": "a"], 0, 1)
        try group.evaluate(at: 1000)
        #expect(group.bench.written(at: 1000) == [#"job:up:sum{team="shop"} 1"#])
        group.bench.set(["__name__": "up", "job": "a"], 2000, StaleMarker.value)
        try group.evaluate(at: 3000)
        #expect(group.bench.written(at: 3000) == [#"job:up:sum{team="shop"} stale"#])
    }

    @Test func `later rules see what earlier ones wrote, and earlier ones what was there before`() throws {
        var group = try group(
            "  - {record: c, expr: d}\n  - {record: a, expr: x}\n  - {record: b, expr: a * 2}\n  - {record: d, expr: b + 1}\n")
        group.bench.set(["__name__": "x"], 0, 1)
        try group.evaluate(at: 1000)
        #expect(group.bench.written(at: 1000) == ["a 1", "b 2", "d 3"])
        group.bench.set(["__name__": "x"], 2000, 5)
        try group.evaluate(at: 3000)
        #expect(group.bench.written(at: 3000) == ["a 5", "b 10", "c 3", "d 11"])
    }

    @Test func `series that are the same once they are named are a fault`() throws {
        var group = try group("  - {record: a, expr: 'x or y', labels: {n: '1'}}\n  - {record: b, expr: '{__name__=~\"x|y\"}'}\n")
        group.bench.set(["__name__": "x"], 0, 1)
        group.bench.set(["__name__": "y"], 0, 1)
        try group.evaluate(at: 1000)
        #expect(group.state.health.map(\.lastError) == ["", "vector contains metrics with the same labelset after applying rule labels"])
    }

    @Test func `more series than the limit are a fault`() throws {
        var group = SteppedGroup(
            try parsedGroup("groups:\n- name: g\n  limit: 1\n  rules: [{record: a, expr: x}, {record: b, expr: 'x{n=\"1\"}'}]\n"),
            bench: RuleBench())
        group.bench.set(["__name__": "x", "n": "1"], 0, 1)
        group.bench.set(["__name__": "x", "n": "2"], 0, 1)
        try group.evaluate(at: 1000)
        #expect(group.state.health.map(\.lastError) == ["exceeded limit of 1 with 2 series", ""])
        #expect(group.bench.written(at: 1000) == [#"b{n="1"} 1"#])
    }

    @Test func `a rule that fails leaves what it wrote before`() throws {
        var group = try group("  - {record: a, expr: 'x * on (n) y'}\n")
        group.bench.set(["__name__": "x", "n": "1"], 0, 1)
        group.bench.set(["__name__": "y", "n": "1"], 0, 1)
        try group.evaluate(at: 1000)
        group.bench.set(["__name__": "y", "n": "1", "m": "2"], 1500, 1)
        try group.evaluate(at: 2000)
        #expect(group.state.health[0].state == .err && group.bench.written(at: 2000).isEmpty)
    }

    @Test func `a series that goes from one rule to another is not ended`() throws {
        var group = try group("  - {record: a, expr: 'x > 5'}\n  - {record: a, expr: 'x <= 5'}\n")
        group.bench.set(["__name__": "x"], 0, 9)
        try group.evaluate(at: 1000)
        group.bench.set(["__name__": "x"], 1500, 1)
        try group.evaluate(at: 2000)
        #expect(group.bench.written(at: 2000) == ["a 1"])
    }

    @Test func `a scalar is one element without labels, a string a fault`() throws {
        var group = try group("  - {record: a, expr: 1 + 1}\n  - {record: b, expr: '\"text\"'}\n")
        try group.evaluate(at: 1000)
        #expect(group.bench.written(at: 1000) == ["a 2"])
        #expect(group.state.health[1].lastError == "rule result is not a vector or scalar")
    }

    @Test(arguments: [
        (["x", "y", "z"], [[0, 1, 2]]), (["x", "r0", "r1"], [[0], [1], [2]]), (["r2", "x", "y"], [[0, 1, 2]]),
        (["r2", "x", "r1"], [[0, 1], [2]]), (["x", "{n=\"1\"}", "y"], [[0], [1, 2]]), (["x", "{__name__=~\"r.*\"}", "y"], [[0], [1, 2]]),
        (["x", "ALERTS", "y"], [[0, 1, 2]]), (["x", "rate(r0[5m])", "sum(r1)"], [[0], [1], [2]]),
        (["x", "max_over_time(r0[5m:1m])", "r0"], [[0], [1, 2]]),
    ])
    func `rules are evaluated together only where that changes nothing`(expressions: [String], waves: [[Int]]) throws {
        let rules = expressions.enumerated().map { "  - {record: r\($0.offset), expr: '\($0.element)'}\n" }.joined()
        #expect(try group(rules).state.waves == waves)
    }

    @Test func `rules that read ALERTS come behind the alerts that they mean`() throws {
        let group = try group(
            "  - {alert: A, expr: x > 0}\n  - {alert: B, expr: y > 0}\n  - {record: a, expr: 'count(ALERTS{alertname=\"A\"})'}\n"
                + "  - {record: b, expr: 'count(ALERTS{alertname=\"C\"})'}\n")
        #expect(group.state.waves == [[0, 1, 3], [2]])
    }
}
