internal import Foundation
internal import MetricStorage
internal import ShardStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct BacklogTests {
    /// Reads everything behind a place, by series.
    private func read(
        _ storage: MetricStorage, from position: JournalPosition, as reader: String = "r", bytesMax: Int = 1 << 20
    ) throws -> (samples: [LabelSet: [Double]], end: JournalPosition, lost: Int) {
        var names: [UInt64: LabelSet] = [:]
        var samples: [LabelSet: [Double]] = [:]
        var (end, lost) = (JournalPosition(segment: position.segment), 0)
        while true {
            let reading = try storage.readBacklog(reader, after: end, bytesMax: bytesMax)
            for batch in reading.batches {
                if batch.position.segment != end.segment { names = [:] }
                end = batch.position
                batch.forEachSeries { series in
                    if !series.packedLabels.isEmpty { names[series.number] = LabelSet(canonical: Array(series.packedLabels)) }
                    if batch.position > position { samples[names[series.number] ?? LabelSet(), default: []] += series.values }
                }
            }
            end = reading.position
            lost += reading.lostSamples
            if reading.isAtEnd { return (samples, end, lost) }
        }
    }

    @Test func `a reader gets what was appended since it began, across seals and restarts`() throws {
        let fixture = try StorageFixture()
        let (a, b): (LabelSet, LabelSet) = (["__name__": "a"], ["__name__": "b"])
        try fixture.append(a, [(StorageFixture.noon, 1)])
        let start = fixture.storage.openBacklog("r", from: nil)
        try fixture.append(a, [(StorageFixture.noon + 1, 2)])
        try fixture.storage.flush()
        try fixture.append(b, [(StorageFixture.noon + 2, 3)])
        #expect(fixture.storage.backlogKept.segments == 1)
        try fixture.restart()
        #expect(fixture.storage.openBacklog("r", from: start) == start)
        try fixture.append(a, [(StorageFixture.noon + 3, 4)])
        try fixture.storage.flush()
        try fixture.append(b, [(StorageFixture.noon + 4, 5)])
        let first = try read(fixture.storage, from: start, bytesMax: 1)
        #expect(first.samples == [a: [2, 4], b: [3, 5]])
        #expect(first.lost == 0)
        // Reading again from the same place gives the same.
        #expect(try read(fixture.storage, from: start).samples == first.samples)
        try fixture.storage.releaseBacklog("r", before: first.end)
        #expect(fixture.storage.backlogKept.segments == 0)
        #expect(try read(fixture.storage, from: first.end).samples.isEmpty)
        // All that is kept for the reader had been sealed; queries are not concerned.
        #expect(try fixture.read().values.map(\.count).sorted() == [2, 3])
    }

    @Test func `a reader at a place of which the file is gone, as nothing was written to it, goes on behind it`() throws {
        let fixture = try StorageFixture()
        let start = fixture.storage.openBacklog("r", from: nil)
        for _ in 0..<3 { try fixture.restart() }
        #expect(fixture.storage.statistics.journalSegments == 1)
        #expect(fixture.storage.openBacklog("r", from: start) == start)
        #expect(try read(fixture.storage, from: start).samples.isEmpty)
        try fixture.append(["__name__": "a"], [(StorageFixture.noon, 1)])
        let first = try read(fixture.storage, from: start)
        #expect(first.samples == [["__name__": "a"]: [1]])
        #expect(first.lost == 0)
        try fixture.restart()
        #expect(fixture.storage.openBacklog("r", from: start) == start)
        #expect(try read(fixture.storage, from: start).samples == [["__name__": "a"]: [1]])
    }

    @Test func `nothing is kept where nobody reads, or everybody is behind it`() throws {
        let fixture = try StorageFixture()
        try fixture.append(["__name__": "a"], [(StorageFixture.noon, 1)])
        try fixture.storage.flush()
        #expect(fixture.storage.backlogKept.segments == 0)
        let start = fixture.storage.openBacklog("r", from: nil)
        try fixture.append(["__name__": "a"], [(StorageFixture.noon + 1, 1)])
        try fixture.storage.flush()
        try fixture.append(["__name__": "a"], [(StorageFixture.noon + 2, 1)])
        try fixture.storage.flush()
        #expect(fixture.storage.backlogKept.segments == 2)
        let end = try read(fixture.storage, from: start).end
        try fixture.storage.releaseBacklog("r", before: end)
        #expect(fixture.storage.backlogKept.segments == 0)
        try fixture.append(["__name__": "a"], [(StorageFixture.noon + 3, 1)])
        try fixture.storage.flush()
        #expect(fixture.storage.backlogKept.segments == 1)
        try fixture.storage.closeBacklog("r")
        #expect(fixture.storage.backlogKept.segments == 0)
        #expect(throws: MetricStorageError.self) { try fixture.storage.readBacklog("r", after: end, bytesMax: 1) }
    }

    @Test func `what a reader that does not come again left is deleted`() throws {
        let fixture = try StorageFixture()
        _ = fixture.storage.openBacklog("r", from: nil)
        try fixture.append(["__name__": "a"], [(StorageFixture.noon, 1)])
        try fixture.storage.flush()
        try fixture.restart()
        #expect(fixture.storage.backlogKept.segments == 1)
        try fixture.storage.deleteUnneededBacklog()
        #expect(fixture.storage.backlogKept.segments == 0)
    }

    @Test func `beyond the limit the oldest goes, and each reader is told what it missed`() throws {
        let fixture = try StorageFixture()
        let start = fixture.storage.openBacklog("slow", from: nil)
        _ = fixture.storage.openBacklog("quick", from: start)
        fixture.storage.backlogBytesMax = 1
        let labels: LabelSet = ["__name__": "a"]
        try fixture.append(labels, [(StorageFixture.noon, 1), (StorageFixture.noon + 1, 2)])
        _ = try read(fixture.storage, from: start, as: "quick")
        try fixture.append(labels, [(StorageFixture.noon + 2, 3)])
        try fixture.storage.flush()
        try fixture.append(labels, [(StorageFixture.noon + 3, 4)])
        #expect(fixture.storage.backlogKept.segments == 0)
        let slow = try read(fixture.storage, from: start, as: "slow")
        #expect(slow.samples == [labels: [4]])
        #expect(slow.lost == 3)
        #expect(try read(fixture.storage, from: start, as: "quick").lost == 1)
        #expect(try read(fixture.storage, from: start, as: "slow").lost == 0)
    }

    @Test func `histograms, exemplars and start times come with their series`() throws {
        let fixture = try StorageFixture()
        let start = fixture.storage.openBacklog("r", from: nil)
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "a"])
        batch.append(timestamp: StorageFixture.noon, value: 1)
        batch.noteStart(StorageFixture.noon - 500, at: StorageFixture.noon)
        batch.append(Exemplar(labels: ["trace_id": "x"], value: 2, timestamp: StorageFixture.noon))
        batch.beginSeries(["__name__": "h"])
        batch.append(HistogramSample(timestamp: StorageFixture.noon, histogram: NativeHistogram(count: 3, sum: 4)))
        _ = try fixture.storage.append(batch)
        let reading = try fixture.storage.readBacklog("r", after: start, bytesMax: 1 << 20)
        try #require(reading.batches.count == 1)
        #expect(reading.batches[0].sampleCount == 2)
        var seen: [String] = []
        reading.batches[0].forEachSeries { series in
            let name = LabelSet(canonical: Array(series.packedLabels)).metricName ?? ""
            seen.append("\(name) \(series.values.count) \(series.histograms.count) \(series.exemplars.count)")
            if name == "a" {
                #expect(series.start(at: StorageFixture.noon) == StorageFixture.noon - 500)
                #expect(series.start(at: StorageFixture.noon + 1) == 0)
            }
        }
        #expect(seen == ["a 1 0 1", "h 0 1 0"])
    }

    @Test func `a damaged segment is left out and told of`() throws {
        let fixture = try StorageFixture()
        let start = fixture.storage.openBacklog("r", from: nil)
        for number in 0..<2000 { try fixture.append(["__name__": "a"], [(StorageFixture.noon + Int64(number), Double(number))]) }
        try fixture.storage.flush()
        try fixture.append(["__name__": "a"], [(StorageFixture.noon + 9000, 7)])
        let file = fixture.directory + "/.unsent/journal-\(start.segment).sqlite"
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        try handle.seek(toOffset: 8192)
        try handle.write(contentsOf: Data(repeating: 0xab, count: 64 << 10))
        try handle.close()
        let found = try read(fixture.storage, from: start)
        #expect(found.samples[["__name__": "a"]]?.last == 7)
        #expect(fixture.storage.statistics.damagedFiles > 0)
    }
}
