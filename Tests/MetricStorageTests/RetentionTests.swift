internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import ShardStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// How long samples stay: by age, by rules for some series, by the size of the folder.
@Suite struct RetentionTests {
    private static let noon = StorageFixture.noon
    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    private func labels(_ job: String, _ number: Int) -> LabelSet {
        ["__name__": "metric_\(number % 3)", "job": job, "instance": "host-\(number)"]
    }

    /// One sample a minute of the hours before noon, for some series.
    private func fill(_ fixture: StorageFixture, jobs: [String], series: Int = 20, hours: Int64 = 6) throws {
        let now = fixture.clock.now
        var generator = SeededGenerator(seed: UInt64(now))
        var batch = MetricBatch()
        for job in jobs {
            for number in 0..<series {
                batch.beginSeries(labels(job, number))
                for minute in 0..<hours * 60 {
                    batch.append(timestamp: now - minute * 60_000, value: Double.random(in: 0...1, using: &generator))
                }
            }
        }
        #expect(try fixture.storage.append(batch).rejected.isEmpty)
    }

    private func jobs(_ fixture: StorageFixture) throws -> Set<String> {
        Set(try fixture.read().keys.compactMap { $0["job"] })
    }

    private func rule(_ job: String, _ keep: Int64?) -> RetentionRule {
        RetentionRule(LabelSelector([LabelMatcher("job", equals: job)]), keep: keep)
    }

    @Test func aShorterRuleTakesItsSeriesOutOfTheFileOnly() throws {
        let fixture = try StorageFixture { $0.retentionRules = [rule("debug", 2 * RetentionTests.day)] }
        try fill(fixture, jobs: ["debug", "shop"], series: 150, hours: 3)
        try fixture.storage.flush()
        let before = fixture.storage.statistics
        let shop = try fixture.read([LabelMatcher("job", equals: "shop")])
        #expect(shop.count == 150)

        fixture.clock.advance(2 * RetentionTests.day + RetentionTests.hour)
        // What is past its age is not shown, before anything is done about it.
        let shown = try fixture.read([LabelMatcher("job", equals: "debug")])
        #expect(shown.isEmpty)
        fixture.clock.advance(RetentionTests.day)
        for _ in 0..<50 { try fixture.storage.maintain() }
        let after = fixture.storage.statistics
        #expect(after.seriesDropped == 150)
        #expect(after.pageSamples == before.pageSamples / 2)
        #expect(after.shardBytes < before.shardBytes * 2 / 3, "\(before.shardBytes) -> \(after.shardBytes)")
        #expect(try fixture.storage.labelValues("job") == ["shop"])
        #expect(try fixture.storage.series([LabelSelector([LabelMatcher("job", equals: "debug")])]).isEmpty)
        #expect(try fixture.read() == shop)
        #expect(try fixture.storage.verify().isEmpty)
        try fixture.restart()
        #expect(try fixture.read() == shop)
    }

    @Test func aShorterRuleHidesByTheMillisecond() throws {
        let fixture = try StorageFixture { $0.retentionRules = [rule("debug", 2 * RetentionTests.hour)] }
        try fill(fixture, jobs: ["debug", "shop"], series: 1)
        let debug = try #require(try fixture.read([LabelMatcher("job", equals: "debug")]).values.first)
        #expect(debug.count == 121)
        #expect(debug.keys.min() == RetentionTests.noon - 2 * RetentionTests.hour)
        #expect(try fixture.read([LabelMatcher("job", equals: "shop")]).values.first?.count == 360)
    }

    @Test func aLongerRuleKeepsItsSeriesAlone() throws {
        let fixture = try StorageFixture {
            $0.retention = 3 * RetentionTests.day
            $0.retentionRules = [rule("audit", 10 * RetentionTests.day), rule("eternal", nil)]
        }
        try fill(fixture, jobs: ["audit", "eternal", "shop"], hours: 1)
        try fixture.storage.flush()
        let all = try fixture.read()
        fixture.clock.advance(4 * RetentionTests.day)
        try fixture.storage.flush()
        #expect(try jobs(fixture) == ["audit", "eternal"])
        fixture.clock.advance(7 * RetentionTests.day)
        // Samples as old as the longest rule are taken; those of other series go with the next round.
        try fixture.append(labels("shop", 1), [(RetentionTests.noon + RetentionTests.day, 1)])
        try fixture.append(labels("eternal", 1), [(RetentionTests.noon + RetentionTests.day, 1)])
        try fixture.storage.flush()
        #expect(try jobs(fixture) == ["eternal"])
        let expected = all.filter { $0.key["job"] == "eternal" }.mapValues(\.count).values.reduce(1, +)
        #expect(try fixture.read().values.map(\.count).reduce(0, +) == expected)
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func theFirstRuleCountsAndADayWithNothingLeftGoesAsAFile() throws {
        let both = LabelSelector([try LabelMatcher("job", .matches, "debug|shop")])
        let fixture = try StorageFixture {
            $0.retentionRules = [rule("debug", RetentionTests.day), RetentionRule(both, keep: 2 * RetentionTests.day)]
        }
        try fill(fixture, jobs: ["debug", "shop"], hours: 1)
        try fixture.storage.flush()
        fixture.clock.advance(2 * RetentionTests.day)
        try fixture.storage.flush()
        #expect(try jobs(fixture) == ["shop"])
        #expect(fixture.storage.statistics.shards == 1)
        fixture.clock.advance(2 * RetentionTests.day)
        try fixture.storage.maintain()
        #expect(fixture.storage.statistics.shards == 0)
    }

    @Test func sizeTakesTheOldestDaysAndNeverThePresentOne() throws {
        let fixture = try StorageFixture()
        for _ in 0..<6 {
            try fill(fixture, jobs: ["shop"], series: 80)
            try fixture.storage.flush()
            fixture.clock.advance(RetentionTests.day)
        }
        let bytes = try FileOperations.allocatedBytes(inFolder: fixture.directory)
        let perDay = fixture.storage.statistics.shardBytes / 6
        fixture.options.retentionBytesMax = bytes - perDay * 5 / 2
        try fixture.restart()
        try fixture.storage.maintain()
        #expect(fixture.storage.statistics.shards == 3)
        #expect(fixture.events.contains("size"))
        let times = try fixture.read().values.flatMap(\.keys)
        #expect(times.min() == RetentionTests.noon + 3 * RetentionTests.day - 359 * 60_000, "the oldest went")

        fixture.options.retentionBytesMax = 1
        try fixture.restart()
        try fill(fixture, jobs: ["shop"], series: 20)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.shards == 1)
        #expect(try fixture.read().values.allSatisfy { $0.count == 360 })
    }

    /// A process that dies while series are taken out has every other sample afterwards, and the rest goes at the next try.
    @Test func removalGoesOnAfterItWasCutOff() throws {
        let fixture = try StorageFixture {
            $0.retentionRules = [rule("debug", RetentionTests.day)]
        }
        try fill(fixture, jobs: ["debug", "shop"], series: 300, hours: 1)
        try fixture.storage.flush()
        let shop = try fixture.read([LabelMatcher("job", equals: "shop")])
        fixture.clock.advance(3 * RetentionTests.day)
        // One step, then as after a kill: what is on the disk is copied while the storage is open, and opened from the copy.
        try fixture.storage.maintain()
        let copy = fixture.directory + "-copy"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let now = fixture.clock.now
        let storage = try MetricStorage(directory: copy, options: fixture.options, clock: { now })
        defer { try? storage.close() }
        #expect(try storage.select([LabelMatcher("job", equals: "shop")], in: .all).count == shop.count)
        try storage.flush()
        #expect(try storage.labelValues("job") == ["shop"])
        #expect(try storage.verify().isEmpty)
    }
}
