internal import LabelMatching
internal import LogStorage
internal import TelemetryModel
internal import Testing

/// What there is over whole days follows what comes, is merged and is deleted.
struct DayStreamsTests {
    @Test func `streams of whole days are those that have entries there`() throws {
        let fixture = try LogFixture()
        let day = LogFixture.day
        var sent: Set<SentEntry> = []
        func append(_ pods: Range<Int>, daysAgo: Int) throws {
            let entries = pods.map { pod in
                SentEntry(
                    labels: LabelSet([("service", pod % 2 == 0 ? "orders" : "users"), ("pod", "p\(pod)")]),
                    time: LogFixture.noon - Int64(daysAgo) * day, line: Array("\(pod)".utf8), metadata: LabelSet())
            }
            try fixture.append(entries)
            sent.formUnion(entries)
        }
        func check(_ comment: String) throws {
            for daysAgo in 0..<4 {
                // From the middle of a night on; the last range ends before the last night, so that a day is whole or is not.
                let start = LogFixture.noon - Int64(daysAgo) * day - day / 2
                for end in [LogFixture.noon + day, LogFixture.noon - day / 2, LogFixture.noon - day / 2 - 1] where start < end {
                    let expected = Set(sent.filter { $0.time >= start && $0.time < end }.map(\.labels))
                    #expect(try Set(fixture.storage.streams(matching: [], from: start, to: end)) == expected, "\(comment)")
                    let orders = [LabelMatcher("service", equals: "orders")]
                    #expect(
                        try fixture.storage.labelValues(of: "pod", matching: orders, from: start, to: end)
                            == expected.filter { $0["service"] == "orders" }.compactMap { $0["pod"] }.sorted(), "\(comment)")
                }
            }
        }
        for daysAgo in 0..<4 { try append(0..<10 + daysAgo, daysAgo: daysAgo) }
        try check("in memory")
        try fixture.storage.flush()
        try check("sealed")
        try append(20..<25, daysAgo: 2)
        try check("late, in memory")
        fixture.clock.advance(LogFixture.hour)
        try fixture.storage.maintain()
        try check("late, sealed")
        try fixture.storage.flush()
        try check("merged")
        try fixture.storage.delete(
            matching: [LabelMatcher("pod", equals: "p3")], from: LogFixture.noon - 2 * day, to: LogFixture.noon - day)
        sent = sent.filter { !($0.labels["pod"] == "p3" && $0.time == LogFixture.noon - 2 * day) }
        try check("deleted")
        try append(30..<32, daysAgo: 1)
        try fixture.storage.flush()
        try check("new behind what was deleted")
        try fixture.restart()
        try check("opened again")
    }
}
