internal import AlertModel
internal import AlertRouting
internal import GoTemplate
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Recurring times")
struct TimeIntervalTests {
    private func contains(_ interval: TimeInterval, _ time: String) throws -> Bool {
        interval.contains(try #require(rfc3339(time)), zones: TestZones.all)
    }

    @Test func `every list has to hold that is not empty, and one range of it`() throws {
        let interval = TimeInterval(
            times: [9 * 60..<17 * 60], weekdays: [1...5], daysOfMonth: [TimeInterval.DayRange(1, 7), TimeInterval.DayRange(-1, -1)],
            months: [1...3], years: [2026...2027])
        #expect(try contains(interval, "2026-03-02T09:00:00Z"))
        #expect(try contains(interval, "2026-03-31T16:59:59Z"))
        for outside in [
            "2026-03-02T08:59:59Z", "2026-03-02T17:00:00Z", "2026-03-01T12:00:00Z", "2026-03-30T12:00:00Z", "2026-04-01T12:00:00Z",
            "2028-03-02T12:00:00Z",
        ] {
            #expect(try !contains(interval, outside), "\(outside)")
        }
        #expect(try contains(TimeInterval(), "1969-12-31T23:59:59Z"))
        #expect(try contains(TimeInterval(times: [1439..<1440]), "1969-12-31T23:59:59.999Z"))
    }

    @Test(arguments: [
        (-1, -1, "2026-02-28", true), (-1, -1, "2026-02-27", false), (-1, -1, "2028-02-29", true), (-3, -1, "2026-04-28", true),
        (-3, -1, "2026-04-27", false), (30, 31, "2026-02-28", false), (31, 31, "2026-04-30", false), (25, 31, "2026-02-28", true),
        (-31, -1, "2026-02-01", true), (15, -1, "2026-02-20", true), (15, -1, "2026-02-14", false), (-31, -31, "2026-02-01", false),
    ])
    func `days may be counted from the end of the month`(first: Int, last: Int, date: String, isWithin: Bool) throws {
        let interval = TimeInterval(daysOfMonth: [TimeInterval.DayRange(first, last)])
        #expect(try contains(interval, date + "T12:00:00Z") == isWithin)
    }

    @Test func `clocks and calendars of the place count`() throws {
        let office = TimeInterval(times: [9 * 60..<10 * 60], weekdays: [1...1], location: "Test/Berlin")
        #expect(try contains(office, "2026-01-05T08:30:00Z"))
        #expect(try !contains(office, "2026-01-05T09:30:00Z"))
        #expect(try contains(office, "2026-07-06T07:30:00Z"))
        #expect(try !contains(office, "2026-07-06T08:30:00Z"))
        let newYear = TimeInterval(months: [1...1], years: [2026...2026], location: "Test/NewYork")
        #expect(try !contains(newYear, "2026-01-01T04:59:59Z"))
        #expect(try contains(newYear, "2026-01-01T05:00:00Z"))
        #expect(try !contains(TimeInterval(location: "Test/Nowhere"), "2026-01-01T05:00:00Z"))
    }

    @Test func `an hour that the clocks skip is never within, one that comes twice is within twice`() throws {
        let hour = TimeInterval(times: [2 * 60..<3 * 60], location: "Test/Berlin")
        func minutes(from start: String, to end: String) throws -> Int {
            let (start, end) = (try #require(rfc3339(start)), try #require(rfc3339(end)))
            return stride(from: start, to: end, by: 60_000).count { hour.contains($0, zones: TestZones.all) }
        }
        #expect(try minutes(from: "2026-03-28T00:00:00Z", to: "2026-03-29T00:00:00Z") == 60)
        #expect(try minutes(from: "2026-03-29T00:00:00Z", to: "2026-03-30T00:00:00Z") == 0)
        #expect(try minutes(from: "2026-10-25T00:00:00Z", to: "2026-10-26T00:00:00Z") == 120)
    }

    @Test func `a negative day of the month is found across a change of the clocks`() throws {
        // The clocks change on the night of the last day but two.
        let last = TimeInterval(daysOfMonth: [TimeInterval.DayRange(-3, -3)], location: "Test/Berlin")
        #expect(try contains(last, "2026-03-29T00:30:00Z"))
        #expect(try contains(last, "2026-03-29T21:59:00Z"))
        #expect(try !contains(last, "2026-03-29T22:00:00Z"))
    }

    @Test func `texts stand for ranges`() throws {
        #expect(try TimeIntervalText.weekdays("Monday:FRIDAY") == 1...5)
        #expect(try TimeIntervalText.weekdays("sunday") == 0...0)
        #expect(try TimeIntervalText.months("january:3") == 1...3)
        #expect(try TimeIntervalText.years("2026:2030") == 2026...2030)
        #expect(try TimeIntervalText.daysOfMonth("-3:-1") == TimeInterval.DayRange(-3, -1))
        #expect(try TimeIntervalText.daysOfMonth("15") == TimeInterval.DayRange(15, 15))
        #expect(try TimeIntervalText.times(from: "00:00", to: "24:00") == 0..<1440)
    }

    @Test(arguments: [
        (#"{weekdays: ["friday:monday"]}"#, "start day cannot be before end day"), ("{weekdays: [mon]}", "mon is not a valid weekday"),
        ("{weekdays: ['a:b:c']}", "couldn't parse range a:b:c, invalid format"),
        ("{days_of_month: ['0']}", "0 is not a valid day of the month: out of range"),
        ("{days_of_month: ['1:32']}", "32 is not a valid day of the month: out of range"),
        ("{days_of_month: ['-3:1']}", "end day must be negative if start day is negative"),
        ("{days_of_month: ['10:5']}", "end day 5 is always before start day 10"),
        ("{days_of_month: ['x']}", #"strconv.Atoi: parsing "x": invalid syntax"#),
        ("{months: ['may:april']}", "end month april is before start month may"), ("{months: ['13']}", "13 is not a valid month"),
        ("{years: ['2027:2026']}", "end year 2026 is before start year 2027"),
        ("{times: [{start_time: '9:00', end_time: '10:00'}]}", "couldn't parse timestamp 9:00, invalid format"),
        ("{times: [{start_time: '10:00', end_time: '24:01'}]}", "couldn't parse timestamp 24:01, invalid format"),
        ("{times: [{start_time: '10:00', end_time: '10:00'}]}", "start time cannot be equal or greater than end time"),
        ("{times: [{start_time: '10:00'}]}", "both start and end times must be provided"),
    ])
    func `what is no range is refused in Alertmanager's words`(interval: String, message: String) {
        let file = "route: {receiver: r}\ntime_intervals: [{name: a, time_intervals: [\(interval)]}]"
        #expect((try? RoutingConfiguration(yaml: file, receivers: ["r"])) == nil)
        do {
            _ = try RoutingConfiguration(yaml: file, receivers: ["r"])
        } catch {
            #expect("\(error)".hasSuffix(": " + message), "\(error)")
        }
    }

    @Test func `a file names zones that are read with it`() throws {
        let configuration = try RoutingConfiguration(
            yaml: """
                route: {receiver: r}
                mute_time_intervals: [{name: b, time_intervals: [{location: Test/Berlin, weekdays: ['saturday:saturday']}]}]
                time_intervals: [{name: a, time_intervals: [{location: Test/NewYork}, {location: UTC}]}]
                """, receivers: ["r"])
        #expect(configuration.timeIntervals.map(\.name) == ["b", "a"])
        #expect(configuration.zones.keys.sorted() == ["Test/Berlin", "Test/NewYork", "UTC"])
    }
}
