internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("Many alerts, for long", .serialized)
struct RouterLoadTests {
    private static let file = """
        route:
          receiver: r
          group_by: [alertname]
          group_wait: 30s
          group_interval: 5m
          routes:
          - {matchers: [severity="page"], receiver: s, group_wait: 10s}
        inhibit_rules:
        - {source_matchers: [severity="page"], target_matchers: [severity="warn"], equal: [alertname, instance]}
        """

    @Test(arguments: [1, 1000]) func `ten thousand alerts in so many groups are told in time`(groups: Int) throws {
        var harness = try RouterHarness(Self.file, receivers: ["r", "s"])
        harness.set(try harness.silence("s", #"instance=~"host-99.*""#))
        let alerts = (0..<10_000).map { index in
            harness.alert("\(index)", [("alertname", "A\(index % groups)"), ("instance", "host-\(index)"), ("severity", "warn")])
        }
        let clock = ContinuousClock()
        let start = harness.now
        let received = clock.measure { harness.receive(alerts) }
        let flushed = clock.measure { harness.pass(seconds: 31) }
        #expect(harness.told.count == groups)
        #expect(harness.told.allSatisfy { $0.at == (start + 30_000 - RouterHarness.start) / 1000 })
        #expect(harness.told.reduce(0) { $0 + $1.firing.count } == 10_000 - 111)
        let again = clock.measure { harness.receive(alerts) }
        let lookedAgain = clock.measure { harness.pass(seconds: 300) }
        #expect(harness.told.count == groups)
        var views: [AlertView] = []
        let viewed = clock.measure { views = harness.router.alerts(at: harness.now) }
        #expect(views.count == 10_000)
        print(
            "10,000 alerts in \(groups) groups: received in \(received), told in \(flushed), received again in \(again),",
            "looked at again in \(lookedAgain), viewed in \(viewed)")
        // Far above what it takes, also without optimisation and on a busy machine.
        #expect(flushed < .seconds(30))
        #expect(received < .seconds(30))
    }

    @Test func `a day of alerts that come and go takes no more memory than its first hours`() throws {
        var harness = try RouterHarness(
            """
            route:
              receiver: r
              group_by: [alertname, pod]
              group_wait: 10s
              group_interval: 1m
              repeat_interval: 1h
            """)
        var hours: [RouterCounts] = []
        var timers: [Int] = []
        var slots: [Int] = []
        var firing: [Alert] = []
        for minute in 0..<24 * 60 {
            // Each pod lives ten minutes and never comes again; one alert flaps for ever.
            let ended = firing.filter { $0.startsAt <= harness.now - 600_000 }
            firing.removeAll { $0.startsAt <= harness.now - 600_000 }
            firing += (0..<8).map { harness.alert("p", [("pod", "\(minute)-\($0)")]) }
            var flapping = harness.alert("f", [("pod", "fixed")])
            if minute % 2 == 1 { flapping.endsAt = harness.now }
            if minute % 30 == 0 { harness.set(try harness.silence("\(minute)", "pod=\(minute)", seconds: 600)) }
            harness.receive(ended.map { harness.ended($0) } + firing + [flapping])
            harness.pass(seconds: 60)
            if minute % 60 == 59 {
                hours.append(harness.router.counts)
                timers.append(harness.router.timers.count)
                slots.append(harness.router.table.entries.count)
                harness.forgetTold()
            }
        }
        print("a day of flapping, hour by hour: \(hours.map { "\($0.alerts)/\($0.groups)/\($0.logEntries)" })")
        // Entries of the log live two hours, so from the third hour on nothing may grow.
        for hour in 3..<24 {
            #expect(hours[hour].alerts <= hours[2].alerts + 8, "hour \(hour)")
            #expect(hours[hour].groups <= hours[2].groups + 8, "hour \(hour)")
            #expect(hours[hour].logEntries <= hours[2].logEntries + 130, "hour \(hour)")
            #expect(timers[hour] <= timers[2] + 20, "hour \(hour)")
            #expect(slots[hour] <= slots[2] + 20, "hour \(hour)")
            #expect(hours[hour].deliveries == 0)
        }
        #expect(harness.log.count == hours[23].logEntries)
    }

    @Test func `silences, and alerts whose end nobody could be told, are kept for as long as is said`() throws {
        var options = RouterOptions()
        options.retentionMilliseconds = 7_200_000
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s}", options: options)
        harness.answer = { _, _ in .refused }
        harness.set(try harness.silence("s", "x=1", seconds: 600))
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 60)
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 7000)
        #expect(harness.router.counts.alerts == 1)
        #expect(harness.router.counts.silences == 1)
        harness.pass(seconds: 2000)
        #expect(harness.router.counts == RouterCounts(alerts: 0, groups: 0, silences: 0, logEntries: 0, deliveries: 0))
        #expect(harness.events.last?.kind == .deliveryGivenUp)
    }
}
