internal import LabelMatching
internal import LogStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Random deliveries, late and repeated ones among them, with seals, merges, deletions and restarts between, against a list of what was sent.
struct LogModelTests {
    @Test(arguments: 0..<4) func `tables hold what was sent, each entry once`(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var random = RandomLogs(seed: seed)
        let fixture = try LogFixture {
            $0.headEntriesMax = 150
            $0.blockEntriesMax = 900
        }
        var sent: [SentEntry] = []
        for step in 0..<30 {
            switch random.below(12) {
            case 0: try fixture.storage.flush()
            case 1: try fixture.restart()
            case 2, 3: try fixture.storage.maintain()
            case 4 where !sent.isEmpty:
                // Some of it once more.
                let start = random.below(sent.count)
                try fixture.append(Array(sent[start..<min(sent.count, start + 40)]))
            case 5:
                var late = random.entries(random.below(20))
                for index in late.indices { late[index].time -= Int64(random.below(4)) * LogFixture.day }
                try fixture.append(late)
                sent += late
            case 6 where !sent.isEmpty:
                let start = random.now - Int64(random.below(1_000_000_000))
                let end = start + Int64(random.below(500_000_000))
                let byte = UInt8(random.below(256))
                let service = random.pick(["gateway", "orders"])
                let isDeleted: (SentEntry) -> Bool = { entry in
                    entry.labels["service"] == service && entry.time >= start && entry.time < end && entry.line.contains { $0 < byte }
                }
                let before = Set(TableCheckModel.distinct(sent)).count
                sent.removeAll(where: isDeleted)
                let deleted = try fixture.storage.delete(matching: [LabelMatcher("service", equals: service)], from: start, to: end) {
                    line in
                    line.contains { $0 < byte }
                }
                // Copies of an entry that lie in several blocks count each.
                #expect(deleted >= before - Set(TableCheckModel.distinct(sent)).count, "step \(step), seed \(seed)")
            default:
                let entries = random.entries(1 + random.below(120))
                #expect(try fixture.append(entries).acceptedEntries == entries.count)
                sent += entries
            }
            if step % 6 == 5 { try compare(fixture, sent, &random, "step \(step), seed \(seed)") }
        }
        try compare(fixture, sent, &random, "at the end, seed \(seed)")
        try fixture.storage.flush()
        try compare(fixture, sent, &random, "at rest, seed \(seed)")
        #expect(try fixture.storage.verify() == [], "seed \(seed)")
        #expect(fixture.events.all.filter { $0.contains("damaged") } == [], "seed \(seed)")
    }

    private func compare(_ fixture: LogFixture, _ sent: [SentEntry], _ random: inout RandomLogs, _ comment: String) throws {
        try TableCheck(sent, comment).check(fixture.tables(), random: &random)
        let service = random.pick(["gateway", "orders", "nobody"])
        let matcher = LabelMatcher("service", equals: service)
        let (start, end) = (random.now - Int64(random.below(3_000_000_000)), random.now)
        let own = sent.filter { $0.labels["service"] == service && $0.time >= start && $0.time < end }
        let tables = try fixture.storage.tables(matching: [matcher], from: start, to: end)
        let found = try TableReading.entries(tables).filter { $0.labels["service"] == service && $0.time >= start && $0.time < end }
        #expect(Set(TableCheckModel.distinct(found)) == Set(TableCheckModel.distinct(own)), "\(comment)")
        let streams = try fixture.storage.streams(matching: [matcher], from: start, to: end)
        #expect(Set(streams).isSuperset(of: own.map(\.labels)), "\(comment)")
        #expect(Set(streams).isSubset(of: sent.filter { $0.labels["service"] == service }.map(\.labels)), "\(comment)")
        let pods = try fixture.storage.labelValues(of: "pod", matching: [], from: .min, to: .max)
        #expect(pods == Set(sent.compactMap { $0.labels["pod"] }).sorted(), "\(comment)")
    }

    @Test func `entries of one time stay in the order in which they came`() throws {
        let fixture = try LogFixture()
        let labels = LabelSet([("service", "orders")])
        var lines: [[UInt8]] = []
        for part in 0..<3 {
            let entries = (0..<50).map { number in
                SentEntry(
                    labels: labels, time: LogFixture.noon, line: Array("line \((number * 7) % 50) of \(part)".utf8), metadata: LabelSet())
            }
            lines += entries.map(\.line)
            try fixture.append(entries)
            if part == 1 { try fixture.storage.flush() }
            // A copy of what is sealed already.
            try fixture.append(Array(entries.prefix(10)))
            #expect(try TableReading.entries(fixture.tables().reversed()).map(\.line) == lines)
        }
        try fixture.storage.flush()
        #expect(try TableReading.entries(fixture.tables()).map(\.line) == lines)
    }

    @Test func `what several tables have and a rule hides does not hide the rest`() throws {
        let fixture = try LogFixture {
            $0.headEntriesMax = 1
            $0.retentionRules = [LogRetentionRule(LabelSelector([LabelMatcher("env", equals: "dev")]), keep: LogFixture.hour)]
        }
        func entries(_ env: String, _ count: Int, _ time: Int64) -> [SentEntry] {
            (0..<count).map {
                SentEntry(labels: LabelSet([("env", env)]), time: time + Int64($0), line: Array("\(env) \($0)".utf8), metadata: LabelSet())
            }
        }
        let (prod, dev) = (entries("prod", 10, LogFixture.noon - 10), entries("dev", 10, LogFixture.noon - 10))
        // The same in two blocks and in memory, with a little that is new.
        for _ in 0..<2 {
            try fixture.append(prod + dev)
            try fixture.storage.maintain()
        }
        let new = entries("new", 3, LogFixture.noon)
        try fixture.append(prod + dev + new)
        #expect(try Set(TableReading.entries(fixture.tables())) == Set(prod + dev + new))
        fixture.clock.advance(2 * LogFixture.hour)
        let found = try TableReading.entries(fixture.tables())
        #expect(Set(found) == Set(prod + new) && found.count == 13)
    }

    @Test func `what may not be kept is counted and hurts nothing else`() throws {
        let fixture = try LogFixture { $0.lineBytesMax = 100 }
        let labels = LabelSet([("service", "orders")])
        func entry(_ time: Int64, _ line: String) -> SentEntry {
            SentEntry(labels: labels, time: time, line: Array(line.utf8), metadata: LabelSet([("k", "v")]))
        }
        let noon = LogFixture.noon
        let good = [entry(noon, "one"), entry(noon - 13 * LogFixture.day, "two"), entry(noon + LogFixture.hour, "three")]
        let result = try fixture.append([
            good[0], entry(noon - 15 * LogFixture.day, "old"), good[1], entry(noon + 3 * LogFixture.day, "early"),
            entry(noon, String(repeating: "x", count: 101)), good[2],
        ])
        #expect(result.acceptedEntries == 3 && result.tooOld == 1 && result.tooFarInFuture == 1 && result.tooLong == 1)
        #expect(!result.message.isEmpty)
        try fixture.restart()
        #expect(try Set(TableReading.entries(fixture.tables())) == Set(good))
    }
}

enum TableCheckModel {
    /// What entries are told apart by.
    static func distinct(_ entries: [SentEntry]) -> [SentEntry] {
        entries.map { SentEntry(labels: $0.labels, time: $0.time, line: $0.line, metadata: LabelSet()) }
    }
}
