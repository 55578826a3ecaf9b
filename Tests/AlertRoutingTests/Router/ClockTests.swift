internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("A clock that jumps")
struct ClockTests {
    private static let file = "route: {receiver: r, group_wait: 30s, group_interval: 5m, repeat_interval: 1h}"

    /// An alert that is sent again every minute and would end five minutes after its last report.
    private func run(_ harness: inout RouterHarness, minutes: Int, startsAt: Timestamp) {
        for _ in 0..<minutes {
            var alert = harness.alert("1")
            alert.startsAt = startsAt
            alert.endsAt = harness.now + 300_000
            harness.receive([alert])
            harness.pass(seconds: 60)
        }
    }

    @Test(arguments: [-86_400_000, -3_600_000, -90_000, 90_000, 3_600_000, 86_400_000] as [Int64])
    func `a jump makes nobody be told twice, and later ends and repeats in time`(jump: Int64) throws {
        var harness = try RouterHarness(Self.file)
        let startsAt = harness.now
        run(&harness, minutes: 10, startsAt: startsAt)
        #expect(harness.told.map(\.content) == ["1;"])
        harness.clockMoved(by: jump)
        run(&harness, minutes: 48, startsAt: min(startsAt, harness.now))
        #expect(harness.told.count == 1)
        run(&harness, minutes: 10, startsAt: min(startsAt, harness.now))
        // An hour of time gone by, whatever the clock says, and one look.
        #expect(harness.told.map(\.reason) == [.first, .repeated])
        harness.pass(seconds: 660)
        #expect(harness.told.map(\.content) == ["1;", "1;", ";1"])
    }

    @Test func `a step back that nobody reports is taken for one`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 10)
        harness.now -= 7_200_000
        // The first call finds out.
        harness.pass(seconds: 0)
        harness.pass(seconds: 19)
        #expect(harness.told.isEmpty)
        harness.pass(seconds: 1)
        #expect(harness.told.count == 1)
    }

    @Test func `an alert that ended before a step back stays ended`() throws {
        var harness = try RouterHarness(Self.file)
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 60)
        harness.receive([harness.ended(alert)])
        harness.clockMoved(by: -3_600_000)
        harness.pass(seconds: 600)
        #expect(harness.told.map(\.content) == ["1;", ";1"])
    }

    @Test func `calls that overtake each other by a little do no harm`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1")])
        harness.pass(seconds: 29)
        harness.now -= 2000
        harness.pass(seconds: 4)
        #expect(harness.told.map(\.at) == [30])
    }

    @Test func `after a restart entries from the future count as of now`() throws {
        var harness = try RouterHarness(Self.file)
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 60)
        var restarted = try RouterHarness(Self.file, log: Array(harness.log.values), now: harness.now - 10_000_000)
        var again = alert
        again.startsAt = restarted.now - 60_000
        for _ in 0..<55 {
            restarted.receive([again])
            restarted.pass(seconds: 60)
        }
        #expect(restarted.told.isEmpty)
        restarted.pass(seconds: 900)
        #expect(restarted.told.map(\.reason) == [.repeated])
    }
}
