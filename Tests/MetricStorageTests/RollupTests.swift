internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Rollups as a storage makes and reads them, against the samples that they were made of.
@Suite struct RollupTests {
    private static let day: Int64 = 86_400_000
    private static let hour: Int64 = 3_600_000
    /// 2026-11-22T00:00:00Z.
    private static let midnight = StorageFixture.noon - 12 * hour

    /// A week of samples every two minutes of counters and gauges, some of them at midnight to the millisecond, with resets, gaps and stale markers.
    private func fill(_ fixture: StorageFixture, _ generator: inout SeededGenerator, days: Int = 3, series: Int = 8) throws {
        var batch = MetricBatch()
        for number in 0..<series {
            batch.beginSeries(["__name__": number % 2 == 0 ? "requests_total" : "temperature", "host": "host-\(number)"])
            var time = RollupTests.midnight - Int64(days) * RollupTests.day
            var value = 0.0
            while time < RollupTests.midnight + RollupTests.hour {
                switch Int.random(in: 0..<200, using: &generator) {
                case 0: batch.append(timestamp: time, value: StaleMarker.value)
                case 1: time += Int64.random(in: 0...4, using: &generator) * RollupTests.hour
                case 2: value = 0
                default:
                    value =
                        number % 2 == 0
                        ? value + Double(Int.random(in: 0...9, using: &generator)) : Double.random(in: -5...5, using: &generator)
                    batch.append(timestamp: time, value: value)
                }
                time += 120_000
            }
        }
        #expect(try fixture.storage.append(batch).rejected.isEmpty)
        fixture.clock.set(RollupTests.midnight + RollupTests.day + 2 * RollupTests.hour)
    }

    private struct Window {
        var purpose: SampleUse.Purpose
        var window: Int64
        var step: Int64
    }

    private static let windows = [
        Window(purpose: .maximum, window: 6 * hour, step: 6 * hour), Window(purpose: .minimum, window: hour, step: hour),
        Window(purpose: .count, window: 15 * 60_000, step: hour), Window(purpose: .last, window: 3 * hour, step: 2 * hour),
        Window(purpose: .presence, window: hour, step: hour), Window(purpose: .lookup, window: 5 * 60_000, step: 30 * 60_000),
        Window(purpose: .lookup, window: 5 * 60_000, step: day), Window(purpose: .increase, window: hour, step: hour),
        Window(purpose: .sum, window: hour, step: hour),
    ]

    /// What a query makes of each window, as a plain walk over its samples finds it.
    private func results(
        _ storage: MetricStorage, _ window: Window, days: Int = 3, rollups: Bool
    ) throws -> (values: [LabelSet: [Timestamp: Double]], usedRollups: Bool) {
        let first = RollupTests.midnight - Int64(days - 1) * RollupTests.day
        let count = Int((RollupTests.midnight + RollupTests.hour - first) / window.step) + 1
        let use = SampleUse(window.purpose, window: window.window, firstEnd: first, step: window.step, count: count)
        let range = TimeRange(start: first - window.window + 1, end: first + Int64(count - 1) * window.step)
        let selection = try storage.select([], in: range, for: rollups ? use : nil)
        var values: [LabelSet: [Timestamp: Double]] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            var byEnd: [Timestamp: Double] = [:]
            var through = 0
            for end in 0..<count {
                let end = first + Int64(end) * window.step
                while through < columns.timestamps.count, columns.timestamps[through] <= end { through += 1 }
                let inside = (0..<through).suffix(while: { columns.timestamps[$0] > end - window.window })
                let present = inside.filter { !StaleMarker.matches(columns.values[$0]) }
                let all = present.map { columns.values[$0] }
                switch window.purpose {
                case .lookup: if let last = inside.last, last == present.last { byEnd[end] = columns.values[last] }
                case .last: byEnd[end] = all.last
                case .presence: byEnd[end] = all.isEmpty ? nil : 1
                case .count: byEnd[end] = all.isEmpty ? nil : selection.countsAsValues ? all.reduce(0, +) : Double(all.count)
                case .maximum: byEnd[end] = all.max()
                case .minimum: byEnd[end] = all.min()
                case .sum: byEnd[end] = all.isEmpty ? nil : (all.reduce(0, +) * 1e6).rounded() / 1e6
                case .increase:
                    guard all.count > 1 else { break }
                    byEnd[end] = zip(all, all.dropFirst()).reduce(0) { $0 + ($1.1 < $1.0 ? $1.1 : $1.1 - $1.0) }
                default: break
                }
            }
            if !byEnd.isEmpty { values[selection.labels(at: index)] = byEnd }
        }
        return (values, !selection.rollupRanges.isEmpty)
    }

    private func counters(_ values: [LabelSet: [Timestamp: Double]]) -> [LabelSet: [Timestamp: Double]] {
        values.filter { $0.key["__name__"] == "requests_total" }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func rollupsAnswerAsSamplesDoWhereTheyMay(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try StorageFixture()
        try fill(fixture, &generator)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.rollups == 6)
        for window in RollupTests.windows {
            let raw = try results(fixture.storage, window, rollups: false)
            let rolled = try results(fixture.storage, window, rollups: true)
            #expect(rolled.usedRollups == (window.purpose != .increase && window.purpose != .sum), "\(window)")
            #expect(rolled.values == raw.values, "seed \(seed), \(window)")
        }
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test(arguments: [4, 5] as [UInt64])
    func rollupsStandForSamplesThatAreGone(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try StorageFixture { $0.retention = 5 * RollupTests.day }
        try fill(fixture, &generator)
        try fixture.storage.flush()
        let before = try RollupTests.windows.map { try results(fixture.storage, $0, rollups: false).values }
        fixture.clock.advance(7 * RollupTests.day)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.shards == 0)
        #expect(try fixture.read().isEmpty)
        for restarts in [false, true] {
            if restarts { try fixture.restart() }
            for (window, expected) in zip(RollupTests.windows, before) {
                let found = try results(fixture.storage, window, rollups: true)
                #expect(found.usedRollups)
                if window.purpose == .increase {
                    #expect(counters(found.values) == counters(expected), "seed \(seed), \(window)")
                } else {
                    #expect(found.values == expected, "seed \(seed), \(window)")
                }
            }
        }
        // What comes for a day that is gone would take the place of its rollups.
        let late = try fixture.append(["__name__": "temperature", "host": "host-1"], [(RollupTests.midnight - 60_000, 1)])
        #expect(late.rejected.map(\.reason) == [.tooOld])
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func lateSamplesAreReadAtOnceAndRolledUpAgain() throws {
        var generator = SeededGenerator(seed: 8)
        let fixture = try StorageFixture()
        try fill(fixture, &generator)
        try fixture.storage.flush()
        let made = fixture.storage.statistics.rollups
        let labels: LabelSet = ["__name__": "temperature", "host": "host-1"]
        let other: LabelSet = ["__name__": "temperature", "host": "late"]
        // One within a day, and one at the midnight that is the end of the day before.
        try fixture.append(labels, [(RollupTests.midnight - 30 * 60_000 - 7, 1000), (RollupTests.midnight - RollupTests.day, 2000)])
        try fixture.append(other, [(RollupTests.midnight - 90 * 60_000, 1)])
        func compare(_ comment: String) throws {
            for window in RollupTests.windows {
                let raw = try results(fixture.storage, window, rollups: false)
                #expect(try results(fixture.storage, window, rollups: true).values == raw.values, "\(comment), \(window)")
            }
        }
        try compare("in the head")
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.rollups > made)
        try compare("rolled up again")
        let highest = try results(fixture.storage, RollupTests.windows[0], rollups: true)
        #expect(highest.usedRollups)
        #expect(highest.values[labels]?[RollupTests.midnight] == 1000)
        #expect(highest.values[labels]?[RollupTests.midnight - RollupTests.day] == 2000)
        try fixture.storage.delete([LabelMatcher("host", equals: "late")], in: .all)
        try compare("deleted")
        try fixture.storage.flush()
        try compare("deleted and rolled up again")
        #expect(try results(fixture.storage, RollupTests.windows[0], rollups: true).values[other] == nil)
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func deletionTakesRollupsOfSamplesThatAreGone() throws {
        var generator = SeededGenerator(seed: 9)
        let fixture = try StorageFixture { $0.retention = 5 * RollupTests.day }
        try fill(fixture, &generator)
        try fixture.storage.flush()
        fixture.clock.advance(7 * RollupTests.day)
        try fixture.storage.flush()
        try fixture.storage.delete([LabelMatcher("host", equals: "host-1")], in: .all)
        let left = try results(fixture.storage, RollupTests.windows[0], rollups: true).values
        #expect(left.count == 7)
        #expect(!left.keys.contains { $0["host"] == "host-1" })
    }

    @Test func seriesKeptShorterHaveNoRollupsAndSeriesKeptLongerHaveBoth() throws {
        var generator = SeededGenerator(seed: 10)
        func rule(_ host: String, _ keep: Int64) -> RetentionRule {
            RetentionRule(LabelSelector([LabelMatcher("host", equals: host)]), keep: keep)
        }
        let fixture = try StorageFixture {
            $0.retention = 5 * RollupTests.day
            $0.retentionRules = [rule("host-1", 4 * RollupTests.day), rule("host-3", 100 * RollupTests.day)]
        }
        try fill(fixture, &generator)
        let before = try results(fixture.storage, RollupTests.windows[0], rollups: false).values
        try fixture.storage.flush()
        fixture.clock.advance(7 * RollupTests.day)
        try fixture.storage.flush()
        let long: LabelSet = ["__name__": "temperature", "host": "host-3"]
        #expect(Set(try fixture.read().keys) == [long])
        let found = try results(fixture.storage, RollupTests.windows[0], rollups: true).values
        #expect(found == before.filter { $0.key["host"] != "host-1" })
        // A late sample of the series that is there has the day rolled up again; what the others have left stays.
        try fixture.append(long, [(RollupTests.midnight - 30 * 60_000 - 7, 1000)])
        try fixture.storage.flush()
        let after = try results(fixture.storage, RollupTests.windows[0], rollups: true).values
        #expect(after[long]?[RollupTests.midnight] == 1000)
        #expect(after.filter { $0.key != long } == found.filter { $0.key != long })
    }

    @Test func rollupsGoByTheirOwnAge() throws {
        var generator = SeededGenerator(seed: 11)
        let fixture = try StorageFixture {
            $0.retention = 5 * RollupTests.day
            $0.rollups = [RollupKeeping(.fiveMinutes, keep: 20 * RollupTests.day), RollupKeeping(.hour, keep: 200 * RollupTests.day)]
        }
        try fill(fixture, &generator)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.rollupShards == 2)
        fixture.clock.advance(60 * RollupTests.day)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.rollupShards == 1)
        #expect(fixture.storage.statistics.shards == 0)
        #expect(try results(fixture.storage, RollupTests.windows[0], rollups: true).usedRollups)
        fixture.clock.advance(200 * RollupTests.day)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.rollupShards == 0)
    }

    @Test func noRollupsWhereNoneAreWanted() throws {
        var generator = SeededGenerator(seed: 12)
        let fixture = try StorageFixture { $0.rollups = [] }
        try fill(fixture, &generator)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.rollupShards == 0)
        #expect(try !results(fixture.storage, RollupTests.windows[0], rollups: true).usedRollups)
    }

    /// Looks at the folder as a kill at each step of the making would leave it.
    @Test func aKillAtAnyStepLeavesRollupsThatAreRightOrNone() throws {
        var generator = SeededGenerator(seed: 13)
        let fixture = try StorageFixture()
        try fill(fixture, &generator, days: 2, series: 4)
        try fixture.storage.flush()
        try fixture.append(["__name__": "temperature", "host": "host-1"], [(RollupTests.midnight - 30 * 60_000 - 7, 1000)])
        try fixture.storage.close()
        let copies = Mutex<[String]>([])
        var options = fixture.options
        let directory = fixture.directory
        options.stepReached = { step in
            guard [.rollupWriting, .rollupCommitted, .deletionWriting, .deletionCommitted, .mergeCommitted].contains(step) else { return }
            copies.withLock { copies in
                let copy = "\(directory)-kill-\(copies.count)"
                do { try FileManager.default.copyItem(atPath: directory, toPath: copy) } catch { Issue.record(error) }
                copies.append(copy)
            }
        }
        let now = fixture.clock.now
        let storage = try MetricStorage(directory: directory, options: options, clock: { now })
        try storage.flush()
        try storage.close()
        let all = copies.withLock { $0 }
        #expect(all.count > 6)
        for copy in all {
            defer { try? FileManager.default.removeItem(atPath: copy) }
            let storage = try MetricStorage(directory: copy, options: fixture.options, clock: { now })
            defer { try? storage.close() }
            for flushes in [false, true] {
                if flushes { try storage.flush() }
                for window in RollupTests.windows {
                    let raw = try results(storage, window, days: 2, rollups: false)
                    let rolled = try results(storage, window, days: 2, rollups: true)
                    #expect(rolled.values == raw.values, "\(copy), \(window), flushed \(flushes)")
                }
            }
            #expect(try results(storage, RollupTests.windows[0], days: 2, rollups: true).usedRollups)
            #expect(try storage.verify().isEmpty)
        }
        try fixture.restart()
    }
}

extension Range<Int> {
    /// The longest part at the end all of which passes.
    fileprivate func suffix(while passes: (Int) -> Bool) -> Range<Int> {
        var start = upperBound
        while start > lowerBound, passes(start - 1) { start -= 1 }
        return start..<upperBound
    }
}
