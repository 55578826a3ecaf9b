internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("Another configuration")
struct ReconfigurationTests {
    private static let file = "route: {receiver: r, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 1h}"

    @Test func `nobody is told twice because of a reload`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 60)
        let events = harness.events
        for _ in 0..<5 {
            try harness.reconfigure(Self.file)
            harness.pass(seconds: 60)
        }
        #expect(harness.told.count == 1)
        #expect(harness.events == events)
    }

    @Test func `reloads start no wait anew`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1")])
        for _ in 0..<6 {
            harness.pass(seconds: 6)
            try harness.reconfigure(Self.file)
        }
        #expect(harness.told.map(\.at) == [30])
    }

    @Test func `alerts go where the new tree leads`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1"), harness.alert("2")])
        harness.pass(seconds: 60)
        try harness.reconfigure(
            """
            route:
              receiver: r
              group_by: [alertname]
              routes: [{matchers: [a="1"], receiver: s}]
            """, receivers: ["r", "s"])
        harness.pass(seconds: 60)
        #expect(harness.told.map { $0.integration + " " + $0.content } == ["r/webhook[0] 1,2;", "s/webhook[0] 1;"])
        #expect(harness.events.filter { $0.kind == .grouped }.map(\.receiver) == ["r", "r", "s"])
        #expect(harness.router.groups(at: harness.now).map(\.routeID).sorted() == ["{}", #"{}/{a="1"}/0"#])
    }

    @Test func `what is on its way when the configuration changes is not sent twice`() throws {
        var harness = try RouterHarness(Self.file)
        harness.answer = { _, _ in nil }
        harness.receive([harness.alert("1", firingFor: 60)])
        #expect(harness.pending.count == 1)
        try harness.reconfigure(Self.file)
        harness.pass(seconds: 10)
        harness.finishPending(.delivered)
        harness.pass(seconds: 1000)
        #expect(harness.attempts.count == 1)
        #expect(harness.told.count == 1)
    }

    @Test func `attempts of an integration that is gone are given up, those of others go on`() throws {
        var harness = try RouterHarness(
            "route: {receiver: r, group_wait: 0s, routes: [{matchers: [a=1], receiver: s, continue: true}, {matchers: [a=1]}]}",
            receivers: ["r", "s"])
        harness.answer = { _, _ in .retry(after: 10_000) }
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 5)
        #expect(harness.attempts.map(\.integration) == ["s/webhook[0]", "r/webhook[0]"])
        try harness.reconfigure(
            "route: {receiver: r, group_wait: 0s, routes: [{matchers: [b=1], continue: true}, {matchers: [a=1]}]}")
        harness.answer = { _, _ in .delivered }
        harness.pass(seconds: 20)
        #expect(harness.told.map(\.integration) == ["r/webhook[0]"])
        #expect(harness.events.filter { $0.kind == .deliveryGivenUp }.map(\.receiver) == ["s"])
        harness.pass(seconds: 2000)
        #expect(harness.told.count == 1)
    }

    @Test func `inhibition rules of the new configuration hold for alerts of before`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1"), harness.alert("2")])
        try harness.reconfigure(
            Self.file + "\ninhibit_rules: [{source_matchers: [a=1], target_matchers: [a=2]}]")
        harness.pass(seconds: 60)
        #expect(harness.told.map(\.content) == ["1;"])
    }
}
