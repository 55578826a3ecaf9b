internal import RemoteReadFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct SampleChunkTests {
    /// Values as they come: constant, counters, random, and those that are no numbers.
    private static func value(_ kind: Int, _ index: Int, _ generator: inout SeededGenerator) -> Double {
        switch kind {
        case 0: 42.5
        case 1: Double(index * 17)
        case 2: Double(bitPattern: generator.next())
        case 3: [0, -0.0, .infinity, -.infinity, .nan, StaleMarker.value, .leastNonzeroMagnitude].randomElement(using: &generator) ?? 0
        default: Double.random(in: 0...1, using: &generator)
        }
    }

    private static func step(_ kind: Int, _ generator: inout SeededGenerator) -> Int64 {
        switch kind {
        case 0: 15_000
        case 1: 15_000 + Int64.random(in: -5...5, using: &generator)
        case 2: Int64.random(in: 1...(1 << 22), using: &generator)
        default: Int64(generator.spreadUInt64() >> 12) + 1
        }
    }

    @Test(arguments: 0..<200)
    func `float samples come back bit for bit`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let (values, steps) = (Int.random(in: 0...4, using: &generator), Int.random(in: 0...3, using: &generator))
        var columns = SampleColumns()
        var time = Int64.random(in: -5_000_000_000_000...5_000_000_000_000, using: &generator)
        for index in 0..<Int.random(in: 0...300, using: &generator) {
            columns.append(time, Self.value(values, index, &generator))
            let (next, overflows) = time.addingReportingOverflow(Self.step(steps, &generator))
            if overflows { break }
            time = next
        }
        let chunks = SampleChunk.chunks(of: columns)
        #expect(chunks.count == (columns.count + 119) / 120)
        var read: [(time: Timestamp, bits: UInt64)] = []
        for chunk in chunks {
            #expect(chunk.encoding == .xor)
            let samples = try ChunkReading.floats(chunk.bytes)
            #expect(chunk.times == TimeRange(start: samples[0].time, end: samples[samples.count - 1].time))
            read += samples
        }
        #expect(read.map(\.time) == columns.timestamps)
        #expect(read.map(\.bits) == columns.values.map(\.bitPattern))
    }

    @Test func `the bytes are those of the format's description`() throws {
        var columns = SampleColumns()
        for (time, value) in [(1000, 1.0), (2000, 1.0), (3000, 2.0)] { columns.append(Timestamp(time), value) }
        // Count 3; 1000 zig-zag; 1.0; step 1000; value unchanged (0); step unchanged (0); value changed (1), new window (1): 1 zero in front
        // (00001), 11 bits (001011), 0x7ff of the difference 0x7ff0….
        let expected: [UInt8] = [
            0, 3, 0xd0, 0x0f, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xe8, 0x07, 0b0011_0000, 0b1001_0111, 0b1111_1111, 0b1100_0000,
        ]
        #expect(SampleChunk.chunks(of: columns).map(\.bytes) == [expected])
    }

    private static func histogram(_ generator: inout SeededGenerator, after previous: NativeHistogram?) -> NativeHistogram {
        if var next = previous, Int.random(in: 0..<10, using: &generator) > 0 {
            for index in next.positiveBuckets.indices { next.positiveBuckets[index] += Double(Int.random(in: 0...90, using: &generator)) }
            for index in next.negativeBuckets.indices { next.negativeBuckets[index] += Double(Int.random(in: 0...3, using: &generator)) }
            next.zeroCount += 1
            next.count = next.zeroCount + next.positiveBuckets.reduce(0, +) + next.negativeBuckets.reduce(0, +)
            next.sum += Double.random(in: 0...10, using: &generator)
            if Int.random(in: 0..<40, using: &generator) == 0 { return .staleMarker }
            if Int.random(in: 0..<20, using: &generator) == 0 {
                next.resetHint = .reset
            } else if next.resetHint != .gauge {
                next.resetHint = .unknown
            }
            return next
        }
        var histogram = NativeHistogram(isFloat: Bool.random(using: &generator))
        histogram.resetHint = Bool.random(using: &generator) ? .unknown : .gauge
        let isCustom = Int.random(in: 0..<3, using: &generator) == 0
        histogram.schema = isCustom ? NativeHistogram.customBucketsSchema : Int32.random(in: -4...8, using: &generator)
        if isCustom {
            histogram.customBounds = [-1, 0.005, 0.1, 0.2, 33_554.43, 33_554.431, 1e10]
        } else {
            histogram.zeroThreshold = [0, 0x1p-128, 0x1p-243, 0x1p10, 0x1p11, 0.001].randomElement(using: &generator) ?? 0
        }
        histogram.positiveSpans = [.init(offset: isCustom ? 0 : -3, length: 2), .init(offset: 1, length: 3)]
        histogram.positiveBuckets = (0..<5).map { _ in Double(Int.random(in: 0...1000, using: &generator)) }
        if !isCustom && Bool.random(using: &generator) {
            histogram.negativeSpans = [.init(offset: 5, length: 1)]
            histogram.negativeBuckets = [3]
        }
        histogram.count = histogram.positiveBuckets.reduce(0, +) + histogram.negativeBuckets.reduce(0, +)
        histogram.sum = Double.random(in: 0...1000, using: &generator)
        return histogram
    }

    @Test(arguments: 0..<100)
    func `histograms come back, and chunks end where the counter was reset or the layout changes`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var columns = SampleColumns()
        var previous: NativeHistogram?
        for index in 0..<Int.random(in: 1...400, using: &generator) {
            let histogram = Self.histogram(&generator, after: previous?.isStaleMarker == true ? nil : previous)
            columns.histograms.append(HistogramSample(timestamp: Int64(index) * 15_000, histogram: histogram))
            previous = histogram
        }
        var read: [HistogramSample] = []
        for chunk in SampleChunk.chunks(of: columns) {
            let samples = try ChunkReading.histograms(chunk.bytes, isFloat: chunk.encoding == .floatHistogram)
            #expect(samples.count <= SampleChunk.samplesMax)
            // Within a chunk readers take it that nothing was reset.
            for (index, sample) in samples.enumerated().dropFirst() where sample.histogram.resetHint == .notReset {
                var compared = sample.histogram
                compared.resetHint = .unknown
                #expect(!compared.isReset(since: samples[index - 1].histogram) || compared.isStaleMarker)
            }
            read += samples
        }
        try #require(read.count == columns.histograms.count)
        for (got, wanted) in zip(read, columns.histograms) {
            #expect(got.timestamp == wanted.timestamp)
            if wanted.histogram.isStaleMarker {
                #expect(got.histogram.isStaleMarker)
                continue
            }
            var (got, wanted) = (got.histogram, wanted.histogram)
            if wanted.resetHint == .reset { #expect(got.resetHint == .reset) }
            if wanted.resetHint == .gauge { #expect(got.resetHint == .gauge) }
            (got.resetHint, wanted.resetHint) = (.unknown, .unknown)
            #expect(got == wanted)
        }
    }

    @Test func `where floats and histograms take turns, so do chunks`() throws {
        var columns = SampleColumns()
        for time: Timestamp in [1, 2, 5, 6] { columns.append(time, Double(time)) }
        for time: Timestamp in [3, 4, 7] {
            columns.histograms.append(HistogramSample(timestamp: time, histogram: NativeHistogram(count: 1, sum: 2)))
        }
        let chunks = SampleChunk.chunks(of: columns)
        #expect(chunks.map(\.encoding) == [.xor, .floatHistogram, .xor, .floatHistogram])
        #expect(chunks.map(\.times.start) == [1, 3, 5, 7])
    }
}
