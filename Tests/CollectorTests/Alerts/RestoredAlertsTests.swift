import AlertModel
import TelemetryModel
import Testing

@testable import Collector

@Suite struct RestoredAlertsTests {
    private let now: Timestamp = 10_000_000

    private func alert(_ name: String, endsAt: Timestamp, updatedAt: Timestamp) -> Alert {
        Alert(labels: ["alertname": name], startsAt: 1_000, endsAt: endsAt, updatedAt: updatedAt)
    }

    private func log(firing: [Alert] = [], resolved: [Alert] = []) -> NotificationLogEntry {
        NotificationLogEntry(
            key: .init(groupKey: "{}:{}", integration: .init(receiver: "r", kind: "webhook", index: 0)), timestamp: 2_000,
            firing: firing.map(\.fingerprint), resolved: resolved.map(\.fingerprint), expiresAt: .max)
    }

    private func restored(_ alerts: [Alert], _ log: [NotificationLogEntry] = [], aliveAt: Timestamp? = 9_000_000) -> [Alert] {
        RestoredAlerts.restored(alerts, log: log, aliveAt: aliveAt, graceMilliseconds: 300_000, now: now)
    }

    @Test func `an alert that fires goes on, with time for its sender to prolong it`() {
        let alert = alert("Down", endsAt: 10_000_100, updatedAt: 8_990_000)
        #expect(restored([alert]).map(\.endsAt) == [10_300_000])
        let longer = self.alert("Down", endsAt: 20_000_000, updatedAt: 8_990_000)
        #expect(restored([longer]) == [longer])
    }

    @Test func `one whose end came while nobody listened goes on as well`() {
        let alert = alert("Down", endsAt: 9_500_000, updatedAt: 8_990_000)
        #expect(restored([alert]).map(\.endsAt) == [10_300_000])
    }

    @Test func `one that timed out while somebody listened does not fire again`() {
        let alert = alert("Down", endsAt: 8_000_000, updatedAt: 7_000_000)
        #expect(restored([alert]) == [])
        #expect(restored([alert], [log(firing: [alert])]) == [alert], "who was told that it fires is told that it has ended")
    }

    @Test func `one whose end was told just before the kill does not fire again`() {
        let alert = alert("Down", endsAt: 8_995_000, updatedAt: 8_000_000)
        #expect(restored([alert], [log(resolved: [alert])]) == [])
    }

    @Test func `an end that was posted counts only for those who do not know it`() {
        let alert = alert("Down", endsAt: 8_999_000, updatedAt: 8_999_000)
        #expect(restored([alert]) == [])
        #expect(restored([alert], [log(firing: [alert])]) == [alert])
    }

    @Test func `without a word of when the process lived all that fired goes on`() {
        let alert = alert("Down", endsAt: 2_000, updatedAt: 1_000)
        #expect(restored([alert], aliveAt: nil).map(\.endsAt) == [10_300_000])
    }
}

@Suite struct PostedAlertsTests {
    private func alert(_ endsAt: Timestamp, byTimeout: Bool = false) -> Alert {
        Alert(labels: ["alertname": "Down"], startsAt: 0, endsAt: endsAt, updatedAt: 0, endsByTimeout: byTimeout)
    }

    @Test func `an alert begins once, however often it comes, and ends once`() {
        var posted = PostedAlerts()
        #expect(posted.receive([alert(100)], now: 10).map(\.kind) == [.firing])
        #expect(posted.receive([alert(200)], now: 20).isEmpty)
        #expect(posted.expire(at: 150).isEmpty)
        #expect(posted.receive([alert(160)], now: 160).map(\.kind) == [.resolved])
        #expect(posted.receive([alert(160)], now: 161).isEmpty)
        #expect(posted.receive([alert(300)], now: 170).map(\.kind) == [.firing])
    }

    @Test func `an alert without news ends at its end, and begins again when it comes again`() {
        var posted = PostedAlerts()
        _ = posted.receive([alert(100, byTimeout: true)], now: 10)
        let ended = posted.expire(at: 120)
        #expect(ended.map(\.kind) == [.resolved] && ended.map(\.time) == [100])
        #expect(ended.first?.detail.contains("resolve_timeout") == true)
        #expect(posted.expire(at: 130).isEmpty)
        #expect(posted.receive([alert(300)], now: 140).map(\.kind) == [.firing])
    }

    @Test func `after a restart what fired before is no news`() {
        var posted = PostedAlerts()
        posted.restore([alert(100)], now: 10)
        #expect(posted.receive([alert(200)], now: 20).isEmpty)
        #expect(posted.expire(at: 300).map(\.kind) == [.resolved])
    }
}

@Suite struct ClockWatchTests {
    @Test func `a clock that runs on did not jump, one that was set did`() {
        let start: Timestamp = 1_000_000_000
        var watch = ClockWatch(wall: start)
        // The test may stand still for a while, which looks like a clock that was set back.
        let still = ContinuousClock.now
        let jump = watch.jump(at: start + 5)
        #expect(jump == nil || ContinuousClock.now - still > .seconds(1), "\(jump ?? 0)")
        let forward = watch.jump(at: start + 3_600_000) ?? 0
        #expect(abs(forward - 3_600_000) < 60_000, "\(forward)")
        let back = watch.jump(at: start) ?? 0
        #expect(abs(back + 3_600_000) < 60_000, "\(back)")
    }
}
