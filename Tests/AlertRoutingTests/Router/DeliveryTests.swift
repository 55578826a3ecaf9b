internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("How notifications are delivered")
struct DeliveryTests {
    private static let file = "route: {receiver: r2, group_wait: 0s, group_interval: 5m, repeat_interval: 1h}"

    @Test func `a failed attempt is made again after growing pauses until the next look`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, group_interval: 5m}")
        harness.answer = { _, _ in .retry(after: nil) }
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 299)
        let times = harness.attempts.map(\.at)
        let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(times.count > 10 && times.count < 40)
        #expect(pauses.allSatisfy { $0 <= 90 })
        #expect((pauses.max() ?? 0) > 10)
        // The next look tries anew.
        let before = harness.attempts.count
        harness.answer = { _, _ in .delivered }
        harness.pass(seconds: 2)
        #expect(harness.attempts.count == before + 1)
        #expect(harness.told.map(\.content) == ["1;"])
        #expect(harness.told.map(\.reason) == [.first])
        // Every attempt is kept.
        #expect(harness.events.filter { $0.kind == .deliveryFailed }.count == before - 1)
        #expect(harness.events.filter { $0.kind == .deliveryGivenUp }.count == 1)
        #expect(harness.events.filter { $0.kind == .notified }.map(\.payload) == ["sent"])
    }

    @Test func `every attempt is kept also where a notification is about many alerts, and a failure that repeats itself only once`() throws
    {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, group_interval: 5m}")
        harness.answer = { _, _ in .retry(after: nil) }
        harness.receive((0..<150).map { harness.alert("\($0)") })
        harness.pass(seconds: 120)
        #expect(harness.attempts.count > 5)
        let failures = harness.events.filter { $0.kind == .deliveryFailed }
        #expect(failures.count == 150 + harness.attempts.count - 1)
        #expect(Set(failures.dropFirst(150).map(\.labels)).count == 1)
    }

    @Test func `the pauses are drawn around half a second that grows by half to a minute`() {
        var backoff = Backoff(seed: 7)
        for (failures, middle) in [(1, 500.0), (2, 750), (3, 1125), (10, 19221), (13, 60_000), (1000, 60_000)] {
            let waits = (0..<200).map { _ in Double(backoff.wait(failures: failures)) }
            #expect(waits.allSatisfy { $0 >= middle * 0.5 - 1 && $0 < middle * 1.5 + 1 }, "\(failures)")
            #expect((waits.max() ?? 0) > middle * 1.3 && (waits.min() ?? 0) < middle * 0.7)
        }
    }

    @Test func `a receiver that asks for a pause gets it`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, group_interval: 5m}")
        harness.answer = { _, now in now < RouterHarness.start + 45_000 ? .retry(after: 45_000) : .delivered }
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 60)
        #expect(harness.attempts.map(\.at) == [0, 45])
    }

    @Test func `an integration that fails does not delay its neighbour`() throws {
        var harness = try RouterHarness(Self.file, receivers: ["r2"])
        // The first hangs, and its attempts end long after the next look at the group.
        harness.answer = { notification, _ in notification.integration.index == 0 ? nil : .delivered }
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 60)
        harness.receive([harness.alert("2")])
        harness.pass(seconds: 250)
        #expect(harness.told.map(\.integration) == ["r2/webhook[1]", "r2/webhook[1]"])
        #expect(harness.told.map(\.at) == [0, 300])
        #expect(harness.attempts.filter { $0.integration == "r2/webhook[0]" }.count == 1)
        // It learns of all at once when it is free.
        harness.answer = { _, _ in .delivered }
        harness.finishPending(.retry(after: nil))
        #expect(harness.told.last?.integration == "r2/webhook[0]")
        #expect(harness.told.last?.content == "1,2;")
        harness.pass(seconds: 3000)
        #expect(harness.told.count == 3)
    }

    @Test func `what was refused is tried again at the next look and nobody else is told twice`() throws {
        var harness = try RouterHarness(Self.file, receivers: ["r2"])
        harness.answer = { notification, now in
            notification.integration.index == 0 && now < RouterHarness.start + 1000_000 ? .refused : .delivered
        }
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 1300)
        #expect(harness.told.map(\.integration) == ["r2/webhook[1]", "r2/webhook[0]"])
        #expect(harness.told.map(\.at) == [0, 1200])
        #expect(harness.attempts.filter { $0.integration == "r2/webhook[0]" }.map(\.at) == [0, 300, 600, 900, 1200])
    }

    @Test func `an ended alert stays until everybody was told of its end`() throws {
        var harness = try RouterHarness(Self.file, receivers: ["r2"])
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.answer = { notification, now in
            notification.integration.index == 0 && now < RouterHarness.start + 1000_000 ? .refused : .delivered
        }
        harness.pass(seconds: 10)
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 2000)
        #expect(
            harness.told.map { "\($0.at) \($0.integration) \($0.content)" } == [
                "0 r2/webhook[0] 1;", "0 r2/webhook[1] 1;", "300 r2/webhook[1] ;1", "1200 r2/webhook[0] ;1",
            ])
        #expect(harness.router.counts.groups == 0)
    }

    @Test func `what fired and ended while nobody could be told is told as ended`() throws {
        var harness = try RouterHarness(Self.file, receivers: ["r2"])
        harness.answer = { notification, now in
            notification.integration.index == 0 && now < RouterHarness.start + 700_000 ? .refused : .delivered
        }
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 10)
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 2000)
        #expect(harness.told.filter { $0.integration == "r2/webhook[0]" }.map(\.content) == [";1"])
        #expect(harness.told.filter { $0.integration == "r2/webhook[1]" }.map(\.content) == ["1;", ";1"])
    }

    @Test func `an integration that wants no ends is told of none, and of the next firing`() throws {
        var harness = try RouterHarness("route: {receiver: r*, group_wait: 0s, group_interval: 5m}", receivers: ["r*"])
        let alert = harness.alert("1")
        harness.receive([alert, harness.alert("2")])
        harness.pass(seconds: 10)
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 300)
        #expect(harness.told.map(\.content) == ["1,2;"])
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 300)
        // It was among the firing alerts that were told last.
        #expect(harness.told.count == 1)
        harness.receive([harness.ended(harness.alert("1")), harness.ended(harness.alert("2"))])
        harness.pass(seconds: 300)
        #expect(harness.told.count == 1)
        #expect(harness.log.values.map(\.firing) == [[]])
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 300)
        #expect(harness.told.map(\.content) == ["1,2;", "1;"])
    }

    @Test func `an entry of the log is kept for two repeat intervals, within what is kept at all`() throws {
        for (interval, kept) in [("1h", 7200), ("90h", 432_000), ("200h", 720_600)] as [(String, Int64)] {
            var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, repeat_interval: \(interval)}")
            harness.receive([harness.alert("1")])
            #expect(harness.log.values.map { ($0.expiresAt - harness.now) / 1000 } == [kept])
        }
    }

    @Test func `an integration is not waited for for ever where an answer is lost`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, group_interval: 1m}")
        var lost: [RoutingAction] = []
        lost = harness.router.receive([harness.alert("1")], now: harness.now)
        #expect(lost.count == 2)
        harness.pass(seconds: 119)
        #expect(harness.told.isEmpty)
        harness.pass(seconds: 120)
        #expect(harness.told.map(\.content) == ["1;"])
        #expect(harness.events.map(\.kind) == [.deliveryGivenUp, .notified])
    }

    @Test func `an answer that comes twice or to nothing is passed over`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s}")
        harness.receive([harness.alert("1")])
        let attempt = DeliveryAttempt(outcome: .delivered, detail: "", payload: "", startedAt: 0, endedAt: 0)
        for id in [0, 1, 2, UInt64.max] { #expect(harness.router.finished(id, attempt, now: harness.now).isEmpty) }
    }

    @Test func `a restart between sending and delivery sends again, one after it does not`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, repeat_interval: 1h}")
        harness.answer = { _, _ in nil }
        let alert = harness.alert("1")
        harness.receive([alert])
        #expect(harness.attempts.count == 1)
        // The process dies; the receiver may have got it.
        var second = try RouterHarness(
            "route: {receiver: r, group_wait: 0s, repeat_interval: 1h}", log: Array(harness.log.values), now: harness.now + 5000)
        second.receive([alert])
        #expect(second.told.map(\.content) == ["1;"])
        var third = try RouterHarness(
            "route: {receiver: r, group_wait: 0s, repeat_interval: 1h}", log: Array(second.log.values), now: second.now + 5000)
        third.receive([alert])
        third.pass(seconds: 3000)
        #expect(third.told.isEmpty)
        // It has ended while nobody was there.
        third.receive([third.ended(alert)])
        third.pass(seconds: 300)
        #expect(third.told.map(\.content) == [";1"])
    }
}
