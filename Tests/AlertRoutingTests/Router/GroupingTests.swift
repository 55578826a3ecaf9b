internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("When groups are told of")
struct GroupingTests {
    private static let file = "route: {receiver: r, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}"

    @Test func `a new group waits for more alerts and is told of once`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("2")])
        harness.pass(seconds: 29)
        harness.receive([harness.alert("1")])
        #expect(harness.told.isEmpty)
        harness.pass(seconds: 2)
        #expect(harness.told.map(\.content) == ["1,2;"])
        #expect(harness.told.map(\.at) == [30])
        #expect(harness.told.map(\.groupKey) == [#"{}:{alertname="Down"}"#])
        #expect(harness.told.map(\.reason) == [.first])
        harness.pass(seconds: 3000)
        #expect(harness.told.count == 1)
    }

    @Test func `what is new is told at the next interval`() throws {
        var harness = try RouterHarness(Self.file)
        let first = harness.alert("1")
        harness.receive([first])
        harness.pass(seconds: 60)
        harness.receive([harness.alert("2")])
        harness.pass(seconds: 300)
        harness.receive([harness.ended(first)])
        harness.pass(seconds: 600)
        #expect(harness.told.map(\.at) == [30, 330, 630])
        #expect(harness.told.map(\.content) == ["1;", "1,2;", "2;1"])
        #expect(harness.told.map(\.reason) == [.first, .newAlerts, .resolved])
        // What was told as ended is gone.
        #expect(harness.router.groups(at: harness.now).map { $0.alerts.map { $0.alert.labels["a"] } } == [["2"]])
    }

    @Test func `nothing new is told again after the repeat interval`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 10 * 3600)
        // Looked at every 5 minutes, and the interval has to be over: 4 hours and one look later.
        #expect(harness.told.map(\.at) == [30, 30 + 14_700, 30 + 29_400])
        #expect(harness.told.map(\.reason) == [.first, .repeated, .repeated])
    }

    @Test func `an alert that has fired for long is told at once`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1", firingFor: 31), harness.alert("2")])
        #expect(harness.told.map(\.content) == ["1,2;"])
        var waiting = try RouterHarness(Self.file)
        waiting.receive([waiting.alert("1")])
        waiting.receive([waiting.alert("2", firingFor: 30)])
        #expect(waiting.told.isEmpty)
        waiting.receive([waiting.alert("3", firingFor: 31)])
        #expect(waiting.told.map(\.content) == ["1,2,3;"])
    }

    @Test func `an alert that ends before it is told is not told`() throws {
        var harness = try RouterHarness(Self.file)
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 10)
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 1000)
        #expect(harness.told.isEmpty)
        #expect(harness.router.counts.groups == 0)
    }

    @Test func `an alert of which there is no news ends when its time is over`() throws {
        var harness = try RouterHarness(Self.file)
        var alert = harness.alert("1")
        alert.endsAt = harness.now + 300_000
        harness.receive([alert])
        harness.pass(seconds: 700)
        #expect(harness.told.map(\.content) == ["1;", ";1"])
        #expect(harness.told.map(\.at) == [30, 330])
    }

    @Test func `an alert that fires again before its end was told stays`() throws {
        var harness = try RouterHarness(Self.file)
        harness.answer = { notification, now in
            notification.alerts.contains { $0.isResolved(at: notification.now) } ? nil : .delivered
        }
        var alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 60)
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 280)
        #expect(harness.pending.count == 1)
        alert = harness.alert("1")
        harness.receive([alert])
        harness.finishPending(.delivered)
        #expect(harness.router.counts.groups == 1)
        harness.pass(seconds: 300)
        #expect(harness.told.map(\.content) == ["1;", ";1", "1;"])
    }

    @Test func `an end that is sent again and again is told once, also across reloads and restarts`() throws {
        let file = "route: {receiver: r, group_wait: 10s, group_interval: 30s, repeat_interval: 4h}"
        var harness = try RouterHarness(file)
        let (first, second) = (harness.alert("1"), harness.alert("2"))
        harness.receive([first, second])
        harness.pass(seconds: 60)
        let end = harness.ended(second)
        for minute in 0..<15 {
            harness.receive([first, end] + (minute >= 3 ? [harness.alert("3")] : []))
            if minute == 8 { try harness.reconfigure(file) }
            if minute == 11 { try harness.restart(file, receivers: ["r"]) }
            harness.pass(seconds: 60)
        }
        #expect(harness.told.map(\.content) == ["1,2;", "1;2", "1,3;"])
        // It fires again.
        harness.receive([harness.alert("2")])
        harness.pass(seconds: 60)
        #expect(harness.told.last?.content == "1,2,3;")
    }

    @Test func `an alert that nobody was told of and that comes as ended makes no group`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.ended(harness.alert("1", firingFor: 60))])
        #expect(harness.router.counts.groups == 0)
        #expect(harness.router.counts.alerts == 1)
        harness.pass(seconds: 3600)
        #expect(harness.router.counts.alerts == 0)
        #expect(harness.told.isEmpty)
    }

    @Test func `without labels to group by all alerts of a route are one group, and with all labels each is its own`() throws {
        var one = try RouterHarness("route: {receiver: r}")
        one.receive([one.alert("1"), one.alert("2", [("alertname", "Up")])])
        one.pass(seconds: 60)
        #expect(one.told.map(\.groupKey) == ["{}:{}"])
        var all = try RouterHarness("route: {receiver: r, group_by: ['...']}")
        all.receive([all.alert("1"), all.alert("2")])
        all.pass(seconds: 60)
        #expect(all.told.map(\.groupKey) == [#"{}:{a="1", alertname="Down"}"#, #"{}:{a="2", alertname="Down"}"#])
    }

    @Test func `a group interval below ten seconds gives attempts ten seconds`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 1s, group_interval: 2s}")
        let actions = harness.router.receive([harness.alert("1", firingFor: 5)], now: harness.now)
        let deadlines = actions.compactMap { action -> Timestamp? in
            if case .send(_, let deadline) = action { return deadline }
            return nil
        }
        #expect(deadlines == [harness.now + 10_000])
    }

    @Test func `no wait at all tells at once and a start that is put off holds everything back`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s}")
        harness.receive([harness.alert("1")])
        #expect(harness.told.count == 1)
        var options = RouterOptions()
        options.startDelayMilliseconds = 60_000
        var delayed = try RouterHarness("route: {receiver: r, group_wait: 0s}", options: options)
        delayed.receive([delayed.alert("1", firingFor: 3600)])
        delayed.pass(seconds: 59)
        #expect(delayed.told.isEmpty)
        delayed.pass(seconds: 1)
        #expect(delayed.told.count == 1)
    }

    @Test func `what comes into a group is recorded with its route`() throws {
        var harness = try RouterHarness(
            """
            route:
              receiver: r
              routes: [{matchers: ['a="1"'], receiver: s}]
            """, receivers: ["r", "s"])
        harness.receive([harness.alert("1")])
        harness.receive([harness.alert("1")])
        let events = harness.events.filter { $0.kind == .grouped }
        #expect(events.map(\.routeID) == [#"{}/{a="1"}/0"#])
        #expect(events.map(\.receiver) == ["s"])
        #expect(events.map(\.groupKey) == [#"{}/{a="1"}:{}"#])
    }

    @Test func `alerts are sorted by job, instance and then as label sets`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s}")
        harness.receive([
            harness.alert("9"), harness.alert("8", [("x", "1")]), harness.alert("7", [("job", "b")]),
            harness.alert("6", [("job", "a"), ("instance", "2")]), harness.alert("5", [("job", "a"), ("instance", "10")]),
            harness.alert("4", [("instance", "1")]), harness.alert("3", [("job", "a")]),
        ])
        #expect(harness.told.map(\.content) == ["5,6,3,7,4,9,8;"])
    }
}
