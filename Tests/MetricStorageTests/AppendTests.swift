internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// What an append takes and refuses.
@Suite struct AppendTests {
    private let noon = StorageFixture.noon

    @Test func samplesOutsideOfTheTimesAreRejectedAndTheRestKept() throws {
        let fixture = try StorageFixture { $0.retention = 86_400_000 }
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "a"])
        batch.append(timestamp: noon, value: 1)
        batch.append(timestamp: noon - 2 * 86_400_000, value: 2)
        batch.beginSeries(["__name__": "b"])
        batch.append(timestamp: noon + 3 * 86_400_000, value: 3)
        batch.append(timestamp: noon + 1000, value: 4)
        batch.append(timestamp: .min, value: 5)
        let result = try fixture.storage.append(batch)
        #expect(result.samplesWritten == 2)
        #expect(
            result.rejected == [
                RejectedSample(reason: .tooOld, seriesIndex: 0, timestamp: noon - 2 * 86_400_000),
                RejectedSample(reason: .tooFarInFuture, seriesIndex: 1, timestamp: noon + 3 * 86_400_000),
                RejectedSample(reason: .tooOld, seriesIndex: 1, timestamp: .min),
            ])
        #expect(try fixture.read().values.reduce(0) { $0 + $1.count } == 2)
    }

    @Test func anyTimeOfTheCalendarIsTakenWhereNothingExpires() throws {
        let fixture = try StorageFixture {
            $0.retention = nil
            $0.futureLimit = .max
        }
        let labels: LabelSet = ["__name__": "m"]
        let times: [Timestamp] = [-62_135_596_800_000, -1, 0, noon, 253_402_300_799_999]
        try fixture.append(labels, times.map { ($0, 1) })
        #expect(try fixture.append(labels, [(.min, 1), (.max, 1)]).rejected.count == 2)
        try fixture.storage.flush()
        try fixture.restart()
        #expect(try fixture.read()[labels]?.keys.sorted() == times)
        #expect(fixture.storage.statistics.shards == 5)
    }

    @Test func seriesBeyondTheLimitAreRejected() throws {
        let fixture = try StorageFixture { $0.activeSeriesMax = 3 }
        var batch = MetricBatch()
        for number in 0..<5 {
            batch.beginSeries(["__name__": "m", "number": "\(number)"])
            batch.append(timestamp: noon, value: 1)
        }
        let result = try fixture.storage.append(batch)
        #expect(result.samplesWritten == 3)
        #expect(result.rejected.map(\.reason) == [.tooManySeries, .tooManySeries])
        #expect(result.references.count == 5)
        #expect(result.references.filter { $0 == .unknown }.count == 2)
        // Known ones are taken as before.
        #expect(try fixture.storage.append(batch).samplesWritten == 3)
    }

    @Test func `new series are rejected where labels would take more bytes than they may, until others have left`() throws {
        let fixture = try StorageFixture { $0.activeLabelBytesMax = 1000 }
        func labels(_ number: Int) -> LabelSet { ["__name__": "m", "text": String(repeating: "\(number)", count: 300)] }
        var batch = MetricBatch()
        for number in 0..<5 {
            batch.beginSeries(labels(number))
            batch.append(timestamp: noon, value: 1)
        }
        batch.beginSeries(["__name__": "small"])
        batch.append(timestamp: noon, value: 1)
        let result = try fixture.storage.append(batch)
        #expect(result.samplesWritten == 4)
        #expect(result.rejected.map(\.reason) == [.tooManyLabelBytes, .tooManyLabelBytes])
        #expect(result.rejected.allSatisfy { $0.seriesIndex < 5 }, "the small one has room")
        let taken = fixture.storage.statistics.activeLabelBytes
        #expect(taken > 900 && taken <= 1000)
        // Known ones are taken as before, after a start, too.
        #expect(try fixture.storage.append(batch).samplesWritten == 4)
        try fixture.restart()
        #expect(fixture.storage.statistics.activeLabelBytes == taken)
        #expect(try fixture.storage.append(batch).samplesWritten == 4)
        // Those that fall silent leave when what they held is sealed.
        for _ in 0..<3 {
            try fixture.append(["__name__": "small"], [(noon + 1, 1)])
            try fixture.storage.flush()
        }
        #expect(fixture.storage.statistics.activeLabelBytes < 100)
        #expect(try fixture.append(labels(4), [(noon + 2, 1)]).rejected.isEmpty)
    }

    @Test func `limits on series and on bytes of labels are told apart`() throws {
        let fixture = try StorageFixture {
            $0.activeSeriesMax = 2
            $0.activeLabelBytesMax = 100
        }
        let reasons = try [String(repeating: "x", count: 200), "a", "b", "c"].map { text in
            try fixture.append(["__name__": "m", "text": text], [(noon, 1)]).rejected.map(\.reason)
        }
        #expect(reasons == [[.tooManyLabelBytes], [], [], [.tooManySeries]])
    }

    @Test func referencesStandInForLabelsAndGoStaleSafely() throws {
        let fixture = try StorageFixture()
        var batch = MetricBatch()
        let labels: [LabelSet] = (0..<50).map { ["__name__": "m", "number": "\($0)"] }
        for set in labels {
            batch.beginSeries(set)
            batch.append(timestamp: noon, value: 0)
        }
        var references = try fixture.storage.append(batch).references
        for round in 1...6 {
            batch.removeAll()
            // Every other series falls silent, others come in their places.
            for number in stride(from: 0, to: 50, by: round < 4 ? 2 : 1) {
                batch.beginSeries(references[number], packed: labels[number].packed)
                batch.append(timestamp: noon + Int64(round), value: Double(number))
            }
            batch.beginSeries(["__name__": "new", "round": "\(round)"])
            batch.append(timestamp: noon, value: 0)
            let result = try fixture.storage.append(batch)
            if round >= 4 { references = Array(result.references.prefix(50)) }
            try fixture.storage.flush()
        }
        let found = try fixture.read([LabelMatcher("__name__", equals: "m")])
        for (number, set) in labels.enumerated() {
            let rounds = number % 2 == 0 ? Array(1...6) : [4, 5, 6]
            var expected: [Timestamp: UInt64] = [noon: 0]
            for round in rounds { expected[noon + Int64(round)] = Double(number).bitPattern }
            #expect(found[set] == expected, "series \(number)")
        }
        #expect(fixture.storage.statistics.seriesRemoved > 0)
    }

    @Test func referencesAloneAreEnoughForTheJournalAndFailAsAWholeWhereUnknown() throws {
        let fixture = try StorageFixture()
        let labels: [LabelSet] = (0..<30).map { ["__name__": "m", "number": "\($0)"] }
        var batch = MetricBatch()
        for set in labels {
            batch.beginSeries(set)
            batch.append(timestamp: noon, value: 0)
        }
        let references = try fixture.storage.append(batch).references
        // Sealed: the next journal segment does not know the labels, and gets them from the head.
        try fixture.storage.flush()
        batch.removeAll()
        for (number, reference) in references.enumerated() where number % 2 == 0 {
            batch.beginSeries(reference)
            batch.append(timestamp: noon + 1, value: Double(number))
        }
        let again = try fixture.storage.append(batch)
        #expect(again.references == references.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        try fixture.restart()
        for (number, set) in labels.enumerated() {
            let expected = number % 2 == 0 ? [noon: UInt64(0), noon + 1: Double(number).bitPattern] : [noon: 0]
            #expect(try fixture.read([LabelMatcher("number", equals: "\(number)")])[set] == expected)
        }
        // After the restart no reference means anything in places that are not taken, and the batch is refused as a whole.
        batch.removeAll()
        batch.beginSeries(["__name__": "good"])
        batch.append(timestamp: noon, value: 1)
        batch.beginSeries(SeriesReference(rawValue: 1 << 30))
        batch.append(timestamp: noon, value: 2)
        #expect(throws: MetricStorageError.self) { try fixture.storage.append(batch) }
        #expect(try fixture.read([LabelMatcher("__name__", equals: "good")]).isEmpty)
    }

    @Test func histogramsExemplarsAndMetadataSurviveEverything() throws {
        let fixture = try StorageFixture()
        let labels: LabelSet = ["__name__": "h"]
        let spans: [NativeHistogram.BucketSpan] = [.init(offset: -2, length: 2), .init(offset: 1, length: 1)]
        let histograms: [HistogramSample] = (0..<20).map { (number: Int) -> HistogramSample in
            let histogram = NativeHistogram(
                schema: 3, zeroThreshold: 0.001, zeroCount: 2, count: Double(number * 3), sum: Double(number) / 3, positiveSpans: spans,
                positiveBuckets: [1, 2.5, Double(number)], isFloat: true)
            return HistogramSample(timestamp: noon + Int64(number) * 1000, histogram: histogram)
        }
        let exemplar = Exemplar(labels: ["trace_id": "4bf92f35"], value: 0.25, timestamp: noon)
        for histogram in histograms {
            var batch = MetricBatch()
            batch.beginSeries(labels)
            batch.append(histogram)
            if histogram.timestamp == noon { batch.append(exemplar) }
            #expect(try fixture.storage.append(batch).histogramsWritten == 1)
            if histogram.timestamp == noon + 7000 { try fixture.storage.flush() }
            if histogram.timestamp == noon + 12_000 { try fixture.restart() }
        }
        try fixture.storage.setMetadata(family: "h", MetricMetadata(type: .histogram, help: "how long", unit: "seconds"))
        for _ in 0..<2 {
            var columns = SampleColumns()
            try fixture.storage.select([], in: .all).read(0, into: &columns)
            // What is known of resets belongs to the storage, not to the sender.
            for index in columns.histograms.indices { columns.histograms[index].histogram.resetHint = .unknown }
            #expect(columns.histograms == histograms)
            let found = try fixture.storage.exemplars([LabelSelector([LabelMatcher("__name__", equals: "h")])], in: .all)
            #expect(found.map(\.labels) == [labels] && found.first?.exemplars == [exemplar])
            #expect(fixture.storage.metadata(family: "h")?.help == "how long")
            try fixture.storage.flush()
            try fixture.restart()
        }
    }

    @Test func histogramsKnowWhetherTheOneBeforeWasReset() throws {
        let fixture = try StorageFixture()
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "h"])
        for (number, count) in [1.0, 2, 3, 1, 2].enumerated() {
            let histogram = NativeHistogram(
                resetHint: number == 4 ? .reset : .unknown, schema: 0, count: count, sum: count,
                positiveSpans: [.init(offset: 0, length: 1)],
                positiveBuckets: [count])
            batch.append(HistogramSample(timestamp: noon + Int64(number), histogram: histogram))
        }
        _ = try fixture.storage.append(batch)
        for _ in 0..<2 {
            var columns = SampleColumns()
            try fixture.storage.select([], in: .all).read(0, into: &columns)
            #expect(columns.histograms.map(\.histogram.resetHint) == [.unknown, .notReset, .notReset, .unknown, .unknown])
            try fixture.storage.flush()
        }
    }

    @Test func everyBitOfAValueSurvives() throws {
        let fixture = try StorageFixture()
        let labels: LabelSet = ["__name__": "bits"]
        let values: [UInt64] = [
            StaleMarker.bits, StaleMarker.normalNaNBits, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 0x8000_0000_0000_0000, 0, 1,
            0xffff_ffff_ffff_ffff, Double.greatestFiniteMagnitude.bitPattern, 0.1.bitPattern,
        ]
        try fixture.append(labels, values.enumerated().map { (noon + Int64($0), Double(bitPattern: $1)) })
        for _ in 0..<2 {
            let found = try fixture.read()[labels] ?? [:]
            #expect(values.indices.map { found[noon + Int64($0)] } == values.map { $0 })
            try fixture.storage.flush()
        }
    }

    @Test func timesFarApartAreKeptInTheOrderTheyCome() throws {
        let fixture = try StorageFixture { $0.retention = 2000 * 86_400_000 }
        var generator = SeededGenerator(seed: 61)
        var expected: [LabelSet: [Timestamp: UInt64]] = [:]
        for round in 0..<600 {
            let labels: LabelSet = ["__name__": "m", "number": "\(Int.random(in: 0..<3, using: &generator))"]
            let days = [0, 0, 0, 1, 24, 25, 26, 49, 50, 1500][Int.random(in: 0..<10, using: &generator)] as Int64
            let time = noon - days * 86_400_000 + Int64.random(in: -50...50, using: &generator)
            try fixture.append(labels, [(time, Double(round))])
            expected[labels, default: [:]][time] = Double(round).bitPattern
        }
        #expect(try fixture.read() == expected, "seed 61")
        try fixture.restart()
        #expect(try fixture.read() == expected, "seed 61")
        try fixture.storage.flush()
        #expect(try fixture.read() == expected, "seed 61")
    }

    @Test func mergesStepAsideForTheHead() throws {
        let steps = Mutex<[MetricStorageStep]>([])
        let atFirstMerge = Mutex<(@Sendable () throws -> Void)?>(nil)
        let fixture = try StorageFixture {
            $0.headBytesMax = 256 << 10
            $0.stepReached = { step in
                steps.withLock { $0.append(step) }
                guard step == .mergeCommitted, let fill = atFirstMerge.withLock({ $0.take() }) else { return }
                do { try fill() } catch { Issue.record(error) }
            }
        }
        // So much, and so little alike, that three groups of series take three transactions.
        @Sendable func fill(_ round: Int, _ storage: MetricStorage) throws {
            var generator = SeededGenerator(seed: UInt64(67 + round))
            var batch = MetricBatch()
            for number in 0..<600 {
                batch.beginSeries(["__name__": "m", "number": "\(1000 + number)"])
                for offset in 0..<72 {
                    batch.append(timestamp: noon + Int64(round * 72 + offset), value: Double(bitPattern: generator.next() >> 2))
                }
            }
            _ = try storage.append(batch)
        }
        let storage = fixture.storage
        for round in 0..<8 {
            if round == 7 { atFirstMerge.withLock { $0 = { try fill(8, storage) } } }
            try fill(round, storage)
            try storage.maintain()
        }
        let merges = steps.withLock { steps in steps.indices.filter { steps[$0] == .mergeCommitted } }
        #expect(merges.count == 3)
        #expect(steps.withLock { $0[merges[0]...merges[1]].contains(.allShardsCommitted) })
        let selection = try storage.select([LabelMatcher("__name__", equals: "m")], in: .all)
        var columns = SampleColumns()
        var count = 0
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            count += columns.count
        }
        #expect(count == 9 * 600 * 72)
    }

    @Test func retentionDeletesWholeDays() throws {
        let fixture = try StorageFixture { $0.retention = 2 * 86_400_000 }
        let labels: LabelSet = ["__name__": "m"]
        try fixture.append(labels, (0..<48).map { (noon - Int64($0) * 3_600_000, Double($0)) })
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.shards == 3)
        fixture.clock.advance(2 * 86_400_000)
        // A day goes when it is rolled up, which a flush does not wait with.
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.shards == 1)
        #expect(try fixture.read()[labels]?.count == 13)
    }

    @Test func writersReadersAndMaintenanceAtOnce() throws {
        let fixture = try StorageFixture { $0.headBytesMax = 64 << 10 }
        let storage = fixture.storage
        let writersLeft = Atomic<Int>(3)
        let failures = Mutex<[String]>([])
        let threads = DispatchGroup()
        func run(_ body: @escaping @Sendable () throws -> Void) {
            threads.enter()
            Thread.detachNewThread {
                do { try body() } catch { failures.withLock { $0.append("\(error)") } }
                threads.leave()
            }
        }
        for writer in 0..<3 {
            run {
                defer { writersLeft.subtract(1, ordering: .relaxed) }
                for round in 0..<100 {
                    try writeAndLook(storage, writer: writer, round: round) { text in failures.withLock { $0.append(text) } }
                }
            }
        }
        run { while writersLeft.load(ordering: .relaxed) > 0 { try storage.maintain() } }
        run {
            while writersLeft.load(ordering: .relaxed) > 0 {
                usleep(50_000)
                try storage.flush()
                _ = try storage.labelValues("number")
            }
        }
        threads.wait()
        #expect(failures.withLock { $0 } == [])
        #expect(try fixture.read().values.reduce(0) { $0 + $1.count } == 3 * 100 * 40)
        #expect(storage.statistics.seals > 1)
    }
}

/// Appends a round of samples and looks whether all of them are there at once.
private func writeAndLook(_ storage: MetricStorage, writer: Int, round: Int, _ failed: (String) -> Void) throws {
    var batch = MetricBatch()
    for number in 0..<40 {
        batch.beginSeries(["__name__": "m", "writer": "\(writer)", "number": "\((number + round) % 60)"])
        batch.append(timestamp: StorageFixture.noon + Int64(round) * 1000, value: Double(round))
    }
    try appendPatiently(batch, to: storage)
    let selection = try storage.select([LabelMatcher("writer", equals: "\(writer)")], in: .all)
    var columns = SampleColumns()
    var seen = 0
    for index in 0..<selection.count {
        try selection.read(index, into: &columns)
        if columns.values.last == Double(round) { seen += 1 }
    }
    if seen != 40 { failed("writer \(writer) round \(round): \(seen) of 40 seen") }
}

/// Comes again where the storage asks for it, as senders do.
private func appendPatiently(_ batch: MetricBatch, to storage: MetricStorage) throws {
    for _ in 0..<10_000 {
        do {
            _ = try storage.append(batch)
            return
        } catch let error {
            guard error.code == .overloaded else { throw error }
            usleep(1000)
        }
    }
}
