internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("Alerts that are sent to Perch")
struct PostedAlertTests {
    private func normalised(startsAt: Timestamp? = nil, endsAt: Timestamp? = nil, labels: [(String, String)] = [("a", "1")]) throws -> Alert
    {
        try Alert.normalised(
            PostedAlert(labels: labels.map { Label(name: $0.0, value: $0.1) }, startsAt: startsAt, endsAt: endsAt), now: 1000,
            resolveTimeoutMilliseconds: 300)
    }

    @Test func `missing times are filled in`() throws {
        func times(_ alert: Alert) -> [Timestamp] { [alert.startsAt, alert.endsAt, alert.updatedAt] }
        #expect(try times(normalised()) == [1000, 1300, 1000])
        #expect(try normalised().endsByTimeout)
        #expect(try times(normalised(startsAt: 500)) == [500, 1300, 1000])
        #expect(try times(normalised(endsAt: 700)) == [700, 700, 1000])
        #expect(try times(normalised(startsAt: 500, endsAt: 700)) == [500, 700, 1000])
        #expect(try !normalised(endsAt: 700).endsByTimeout)
    }

    @Test func `what is no alert is refused in Alertmanager's words`() {
        func message(_ body: () throws -> Alert) -> String? {
            do {
                _ = try body()
                return nil
            } catch { return "\(error)" }
        }
        #expect(message { try normalised(startsAt: 800, endsAt: 700) } == "start time must be before end time")
        #expect(message { try normalised(startsAt: 1301) } == "start time must be before end time")
        #expect(message { try normalised(labels: []) } == "at least one label pair required")
        #expect(message { try normalised(labels: [("a", "")]) } == "at least one label pair required")
        #expect(message { try normalised(labels: [("", "x"), ("a", "b")]) } == "invalid label set: invalid name \"\"")
    }

    private func alert(_ start: Timestamp, _ end: Timestamp, updated: Timestamp, byTimeout: Bool = false) -> Alert {
        Alert(labels: ["a": "1"], startsAt: start, endsAt: end, updatedAt: updated, endsByTimeout: byTimeout)
    }

    @Test func `overlapping reports are joined`() {
        func times(_ old: Alert, _ news: Alert) -> [Timestamp] {
            let alert = old.updated(by: news, now: 1000)
            return [alert.startsAt, alert.endsAt]
        }
        // The earliest start, and the end of the younger report where the older one's came from a timeout.
        #expect(times(alert(100, 1500, updated: 900, byTimeout: true), alert(200, 1400, updated: 1000)) == [100, 1400])
        // An end that was given and lies later holds against one that lies earlier.
        #expect(times(alert(100, 1500, updated: 900), alert(200, 1400, updated: 1000)) == [100, 1500])
        // The younger report has ended: so it has.
        #expect(times(alert(100, 1500, updated: 900), alert(100, 950, updated: 1000)) == [100, 950])
        // Both have ended: the later end.
        #expect(times(alert(100, 980, updated: 900), alert(200, 950, updated: 1000)) == [100, 980])
        // The report is older than what is known.
        #expect(times(alert(100, 1500, updated: 900), alert(200, 1400, updated: 800)) == [100, 1500])
    }

    @Test func `reports that do not overlap stand alone`() {
        let old = alert(100, 500, updated: 500)
        let news = alert(600, 1500, updated: 1000)
        #expect(old.updated(by: news, now: 1000) == news)
    }

    @Test func `absurd times cannot stop the program`() throws {
        var harness = try RouterHarness("route: {receiver: r, group_wait: 1s}")
        for start in [Timestamp.min, 0, .max] {
            for end in [Timestamp.min, 0, .max] {
                harness.receive([
                    Alert(labels: LabelSet([("a", "\(start) \(end)")]), startsAt: start, endsAt: end, updatedAt: start)
                ])
            }
        }
        harness.pass(seconds: 310)
        #expect(harness.told.last?.firing.count == 3)
        _ = harness.router.clockMoved(by: 1000, now: harness.now + 1000)
    }
}
