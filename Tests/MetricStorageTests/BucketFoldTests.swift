internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import MetricStorage

/// Buckets against a plain grouping of samples, and the increase that comes out of them against the increase of the samples.
@Suite struct BucketFoldTests {
    private static let start: Timestamp = 1_795_305_600_000

    /// A counter that is reset now and then, with gaps, stale markers and times that jitter.
    private func samples(_ generator: inout SeededGenerator, isCounter: Bool) -> SampleColumns {
        var columns = SampleColumns()
        var time = BucketFoldTests.start + 1
        var value = Double(Int.random(in: 0...1000, using: &generator))
        for _ in 0..<Int.random(in: 1...400, using: &generator) {
            time += 15_000 + Int64.random(in: -20...20, using: &generator)
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<3:
                columns.append(time, StaleMarker.value)
                continue
            case 3..<5: time += Int64.random(in: 0...7_200_000, using: &generator)
            case 5..<9 where isCounter: value = Double(Int.random(in: 0...5, using: &generator))
            case 9 where !isCounter: columns.append(time - 5000, .nan)
            default: break
            }
            value = isCounter ? value + Double(Int.random(in: 0...50, using: &generator)) : Double.random(in: -3...3, using: &generator)
            columns.append(time, value)
        }
        return columns
    }

    @Test(arguments: Array(1...40) as [UInt64], RollupResolution.allCases)
    func bucketsAreWhatAPlainGroupingGives(seed: UInt64, resolution: RollupResolution) {
        var generator = SeededGenerator(seed: seed)
        let samples = samples(&generator, isCounter: seed % 2 == 0)
        var fold = BucketFold(resolution)
        fold.fold(samples)
        var buckets: [Int64: [(time: Timestamp, value: Double)]] = [:]
        for (time, value) in zip(samples.timestamps, samples.values) where !StaleMarker.matches(value) {
            // (end - length, end]
            let end = Int64((Double(time) / Double(resolution.milliseconds)).rounded(.up)) * resolution.milliseconds
            buckets[end, default: []].append((time, value))
        }
        let ends = buckets.keys.sorted()
        #expect(fold[.count].timestamps == ends.map { buckets[$0]!.last!.time })
        #expect(fold[.count].values == ends.map { Double(buckets[$0]!.count) })
        #expect(fold[.sum].timestamps == fold[.count].timestamps)
        for (index, end) in ends.enumerated() {
            let values = buckets[end]!.map(\.value)
            let numbers = values.filter { !$0.isNaN }
            #expect(fold[.max].values[index].bitPattern == (numbers.max() ?? values.last!).bitPattern, "seed \(seed)")
            #expect(fold[.min].values[index].bitPattern == (numbers.min() ?? values.last!).bitPattern, "seed \(seed)")
            let sum = values.reduce(0, +)
            #expect(sum.isNaN ? fold[.sum].values[index].isNaN : abs(fold[.sum].values[index] - sum) <= abs(sum) * 1e-9 + 1e-9)
            let last = fold[.last].timestamps.firstIndex(of: buckets[end]!.last!.time)
            #expect(last.map { fold[.last].values[$0].bitPattern } == values.last!.bitPattern)
        }
        let stale = zip(fold[.last].timestamps, fold[.last].values).filter { StaleMarker.matches($0.1) }.map(\.0)
        for time in stale {
            let end = resolution.bucketEnd(time)
            let later = zip(samples.timestamps, samples.values).contains { $0 > time && $0 <= end && !StaleMarker.matches($1) }
            #expect(!later, "seed \(seed): a stale marker stays only where it ends the bucket")
        }
    }

    @Test(arguments: Array(1...60) as [UInt64], RollupResolution.allCases)
    func theIncreaseOverBucketsIsThatOfTheSamples(seed: UInt64, resolution: RollupResolution) {
        var generator = SeededGenerator(seed: seed)
        let samples = samples(&generator, isCounter: true)
        var fold = BucketFold(resolution)
        fold.fold(samples)
        let end = resolution.bucketEnd(samples.timestamps.last!)
        let use = SampleUse(.increase, window: resolution.milliseconds, firstEnd: end, step: 0, count: 1)
        var emitted = SampleColumns()
        RollupEmission(use: use, resolution: resolution).emit(
            [.first: fold[.first], .last: fold[.last], .resets: fold[.resets]], within: .all, into: &emitted)
        #expect(zip(emitted.timestamps, emitted.timestamps.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed): times rise")
        // Over the whole, and over every range of buckets.
        var window = BucketFoldTests.start
        while window < end {
            let from = window
            let to = from + resolution.milliseconds * Int64.random(in: 1...6, using: &generator)
            #expect(
                increase(emitted, after: from, through: to) == increase(samples, after: from, through: to),
                "seed \(seed), from \(from) to \(to)")
            window += resolution.milliseconds
        }
    }

    /// The increase of a counter as a plain walk over its samples finds it.
    private func increase(_ columns: SampleColumns, after start: Timestamp, through end: Timestamp) -> Double {
        var previous: Double?
        var increase = 0.0
        for (time, value) in zip(columns.timestamps, columns.values) where time > start && time <= end && !StaleMarker.matches(value) {
            if let previous { increase += value < previous ? value : value - previous }
            previous = value
        }
        return increase
    }

    @Test func bucketsAreOpenOnTheLeft() {
        let hour = RollupResolution.hour
        #expect(hour.bucketEnd(3_600_000) == 3_600_000)
        #expect(hour.bucketEnd(3_600_001) == 7_200_000)
        #expect(hour.bucketEnd(0) == 0)
        #expect(hour.bucketEnd(-1) == 0)
        #expect(hour.bucketEnd(-3_600_000) == -3_600_000)
        let day = RollupResolution.times(ofDay: 1)
        #expect(day == TimeRange(start: 86_400_001, end: 172_800_000))
    }

    @Test func histogramsAreSummedAndTheirIncreaseIsKept() {
        func histogram(_ count: Double, _ hint: NativeHistogram.ResetHint = .unknown) -> NativeHistogram {
            NativeHistogram(
                resetHint: hint, count: count, sum: count * 2, positiveSpans: [.init(offset: 0, length: 1)], positiveBuckets: [count])
        }
        var samples = SampleColumns()
        for (index, count) in [5.0, 9, 2, 4, 30].enumerated() {
            samples.histograms.append(HistogramSample(timestamp: 60_000 * Int64(index + 1), histogram: histogram(count)))
        }
        var fold = BucketFold(.fiveMinutes)
        fold.fold(samples)
        #expect(fold[.count].values == [5])
        #expect(fold[.sum].histograms.map(\.histogram.count) == [50])
        #expect(fold[.resets].histograms.map(\.histogram.count) == [9])
        var emitted = SampleColumns()
        let use = SampleUse(.increase, window: 300_000, firstEnd: 300_000, step: 0, count: 1)
        RollupEmission(use: use, resolution: .fiveMinutes).emit(
            [.first: fold[.first], .last: fold[.last], .resets: fold[.resets]], within: .all, into: &emitted)
        #expect(emitted.histograms.map(\.histogram.count) == [5, 9, 0, 30])
        let resets = zip(emitted.histograms, emitted.histograms.dropFirst()).map { $1.histogram.isReset(since: $0.histogram) }
        #expect(resets == [false, true, false])
    }
}
