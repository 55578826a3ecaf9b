internal import Foundation
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import MetricStorage

/// When samples began to be counted: kept exactly from the append to the merged shard.
@Suite struct StartRunTests {
    private let noon = StorageFixture.noon
    private let counter: LabelSet = ["__name__": "hits_total"]

    /// Times, and the start of each; 0 says nothing.
    private typealias Told = [(time: Timestamp, start: Timestamp)]

    private func append(_ told: Told, to fixture: StorageFixture) throws {
        var batch = MetricBatch()
        batch.beginSeries(counter)
        for (time, start) in told {
            batch.append(timestamp: time, value: 1)
            batch.noteStart(start, at: time)
        }
        #expect(try fixture.storage.append(batch).samplesWritten == told.count)
    }

    private func starts(_ fixture: StorageFixture, in range: TimeRange = .all) throws -> [Timestamp: Timestamp] {
        let selection = try fixture.storage.select([], in: range)
        guard selection.count == 1 else { return [:] }
        var columns = SampleColumns()
        try selection.read(0, into: &columns)
        let starts = try selection.startRuns(of: 0).starts(of: columns.timestamps)
        return Dictionary(uniqueKeysWithValues: zip(columns.timestamps, starts))
    }

    private func check(_ fixture: StorageFixture, _ told: Told, _ comment: Comment) throws {
        #expect(try starts(fixture) == Dictionary(told.map { ($0.time, $0.start) }) { $1 }, comment)
    }

    @Test func theyOutliveRestartSealAndMerge() throws {
        let fixture = try StorageFixture()
        var told: Told = []
        for round in 0..<10 {
            let part: Told = (0..<20).map { number in
                let time = noon + Int64(round * 20 + number) * 1000
                switch number {
                case 0..<5: return (time, noon - 7)
                case 5..<10: return (time, 0)
                case 10..<15: return (time, time - 1000)
                default: return (time, noon + Int64(round))
                }
            }
            told += part
            try append(part, to: fixture)
            try check(fixture, told, "in the head, round \(round)")
            if round % 3 == 1 {
                try fixture.restart()
                try check(fixture, told, "read back, round \(round)")
            }
            if round % 2 == 1 {
                try fixture.storage.flush()
                try check(fixture, told, "in the shard, round \(round)")
            }
        }
        try fixture.restart()
        try check(fixture, told, "opened again")
    }

    @Test func aSampleWithoutStartEndsARun() throws {
        let fixture = try StorageFixture()
        let told: Told = [(noon, noon - 1), (noon + 1, 0), (noon + 2, noon - 1), (noon + 3, noon - 1)]
        for one in told { try append([one], to: fixture) }
        try check(fixture, told, "in the head")
        #expect(try fixture.storage.select([], in: .all).startRuns(of: 0).count == 2)
        try fixture.storage.flush()
        try check(fixture, told, "in the shard")
    }

    @Test func theLaterWrittenStartHolds() throws {
        let fixture = try StorageFixture()
        try append((0..<5).map { (noon + Int64($0), noon - 1) }, to: fixture)
        try fixture.storage.flush()
        try append([(noon + 2, noon - 9)], to: fixture)
        let told: Told = [(noon, noon - 1), (noon + 1, noon - 1), (noon + 2, noon - 9), (noon + 3, noon - 1), (noon + 4, noon - 1)]
        try check(fixture, told, "beside the shard")
        try fixture.storage.flush()
        try check(fixture, told, "both in the shard")
    }

    @Test func daysKeepTheirOwn() throws {
        let fixture = try StorageFixture()
        let midnight = noon - 43_200_000
        let told: Told = (-5..<5).map { (midnight + $0 * 1000, midnight - 100_000) }
        try append(told, to: fixture)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.shards == 2)
        try check(fixture, told, "over two days")
        #expect(try starts(fixture, in: TimeRange(start: midnight, end: midnight + 1000)).count == 2)
    }

    @Test func histogramsTellToo() throws {
        let fixture = try StorageFixture()
        var batch = MetricBatch()
        batch.beginSeries(counter)
        for number in 0..<3 {
            batch.append(HistogramSample(timestamp: noon + Int64(number), histogram: NativeHistogram(count: 1, sum: 1)))
            batch.noteStart(noon - 5, at: noon + Int64(number))
        }
        _ = try fixture.storage.append(batch)
        try fixture.restart()
        try fixture.storage.flush()
        let runs = try fixture.storage.select([], in: .all).startRuns(of: 0)
        #expect(runs == [StartRun(samples: TimeRange(start: noon, end: noon + 2), start: noon - 5)])
    }

    @Test func whereNobodyTellsNothingIsKept() throws {
        let fixture = try StorageFixture()
        try fixture.append(counter, [(noon, 1)])
        try fixture.storage.flush()
        let selection = try fixture.storage.select([], in: .all)
        #expect(!selection.hasStarts)
        #expect(try selection.startRuns(of: 0).isEmpty)
    }

    @Test func flattenedRunsSayTheSame() {
        var generator = SeededGenerator(seed: 51)
        for round in 0..<200 {
            let runs = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                let first = Int64.random(in: 0...30, using: &generator)
                return StartRun(
                    samples: TimeRange(start: first, end: first + Int64.random(in: 0...10, using: &generator)),
                    start: Int64.random(in: 1...5, using: &generator))
            }
            let flat = runs.flattened
            let times = (0..<45).map(Int64.init)
            #expect(flat.starts(of: times) == runs.starts(of: times), "round \(round)")
            #expect(zip(flat, flat.dropFirst()).allSatisfy { $0.samples.end < $1.samples.start }, "round \(round)")
        }
    }
}
