import ColumnCoding
import Compression
import TelemetryModel
import TestSupport
import Testing

@Suite struct HistogramChunkTests {
    /// Histograms of one series as a service makes them: counts rise, now and then a bucket more is populated, or the service restarts.
    private static func series(count: Int, _ generator: inout SeededGenerator) -> [HistogramSample] {
        var first = -3
        var buckets = [Double](repeating: 0, count: 5)
        var sum = 0.0
        return (0..<count).map { index in
            if index % 23 == 22 { buckets.append(0) }
            if index % 31 == 30 {
                buckets.insert(0, at: 0)
                first -= 1
            }
            if index % 57 == 56 { buckets = buckets.map { _ in 0 } }
            for bucket in buckets.indices { buckets[bucket] += Double(Int.random(in: 0...20, using: &generator)) }
            sum += Double.random(in: 0...5, using: &generator)
            let half = buckets.count / 2
            let histogram = NativeHistogram(
                resetHint: index == 0 ? .unknown : .notReset, schema: 3, zeroThreshold: 1e-128, zeroCount: Double(index),
                count: buckets.reduce(0, +),
                sum: sum,
                positiveSpans: [
                    .init(offset: Int32(first), length: UInt32(half)), .init(offset: 2, length: UInt32(buckets.count - half)),
                ], positiveBuckets: buckets, isFloat: false)
            return HistogramSample(timestamp: 1_790_000_000_000 + Int64(index) * 15_000, histogram: histogram)
        }
    }

    private static func roundTrip(_ chunks: [(UInt32, [HistogramSample])]) throws -> (page: EncodedPage, decoded: [[HistogramSample]]) {
        var builder = ChunkPageBuilder()
        for (series, histograms) in chunks { builder.append(series: series, histograms: histograms[...]) }
        let encoded = try builder.finish(ZstdCompressor())
        return (encoded, try decode(encoded.bytes, ZstdDecompressor()))
    }

    private static func decode(_ bytes: [UInt8], _ decompressor: ZstdDecompressor) throws -> [[HistogramSample]] {
        var cursor = ChunkPageCursor(try ChunkPage(decoding: bytes, decompressor))
        return try cursor.page.chunks.indices.map { index in
            var histograms: [HistogramSample] = []
            try cursor.decode(chunk: index, histograms: &histograms)
            return histograms
        }
    }

    /// Equality by bits: a stale marker is a NaN.
    private static func areSame(_ left: [HistogramSample], _ right: [HistogramSample]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                var (one, other) = (left.histogram, right.histogram)
                guard one.sum.bitPattern == other.sum.bitPattern, one.zeroThreshold.bitPattern == other.zeroThreshold.bitPattern else {
                    return false
                }
                (one.sum, other.sum, one.zeroThreshold, other.zeroThreshold) = (0, 0, 0, 0)
                return left.timestamp == right.timestamp && one == other
            }
    }

    @Test(arguments: [1, 2, 60, 240])
    func histogramsComeBack(count: Int) throws {
        var generator = SeededGenerator(seed: 41)
        let chunks = (0..<5).map { (UInt32($0), HistogramChunkTests.series(count: count, &generator)) }
        let result = try HistogramChunkTests.roundTrip(chunks)
        for (chunk, decoded) in zip(chunks, result.decoded) { #expect(HistogramChunkTests.areSame(chunk.1, decoded)) }
        #expect(result.page.sampleCount == count * 5)
        if count == 240 { #expect(result.page.bytes.count < result.page.sampleCount * 20) }
    }

    @Test func staleMarkersCustomBoundsAndNegativeBucketsComeBack() throws {
        let custom = NativeHistogram(
            schema: NativeHistogram.customBucketsSchema, count: 6, sum: 3.5, positiveSpans: [.init(offset: 0, length: 3)],
            positiveBuckets: [1, 2, 3], customBounds: [0.1, 0.5])
        let negative = NativeHistogram(
            resetHint: .gauge, schema: 0, zeroThreshold: 0.001, zeroCount: 2.5, count: 4, sum: -1,
            positiveSpans: [.init(offset: -1, length: 1)],
            negativeSpans: [.init(offset: 5, length: 1), .init(offset: 0, length: 1)], positiveBuckets: [0.5], negativeBuckets: [0.5, 0.5])
        let histograms = [custom, negative, .staleMarker, custom, .staleMarker].enumerated().map {
            HistogramSample(timestamp: Int64($0.offset), histogram: $0.element)
        }
        let result = try HistogramChunkTests.roundTrip([(7, histograms)])
        #expect(HistogramChunkTests.areSame(result.decoded[0], histograms))
    }

    @Test func spansThatDoNotDescribeTheBucketsComeBack() throws {
        let odd = NativeHistogram(positiveSpans: [.init(offset: 0, length: 4_000_000_000)], positiveBuckets: [1, 2])
        let backwards = NativeHistogram(
            positiveSpans: [.init(offset: 5, length: 1), .init(offset: -3, length: 1)], positiveBuckets: [1, 2], customBounds: [1])
        let histograms = [odd, backwards].enumerated().map { HistogramSample(timestamp: Int64($0.offset), histogram: $0.element) }
        let result = try HistogramChunkTests.roundTrip([(1, histograms)])
        #expect(HistogramChunkTests.areSame(result.decoded[0], histograms))
    }

    @Test func floatsAndHistogramsShareAPage() throws {
        var generator = SeededGenerator(seed: 42)
        let histograms = HistogramChunkTests.series(count: 50, &generator)
        var builder = ChunkPageBuilder()
        let times = histograms.map(\.timestamp)
        let values = times.indices.map { Double($0) * 3 }
        builder.append(series: 1, timestamps: times.span, values: values.span)
        builder.append(series: 2, histograms: histograms[...])
        builder.append(series: 3, timestamps: times.span, values: values.span)
        let page = try ChunkPage(decoding: builder.finish(ZstdCompressor()).bytes, ZstdDecompressor())
        #expect(page.chunks.map(\.kind) == [.float, .histogram, .float])
        var cursor = ChunkPageCursor(page)
        var decodedTimes: [Int64] = []
        var decodedValues: [Double] = []
        try cursor.decode(chunk: 2, timestamps: &decodedTimes, values: &decodedValues)
        #expect(decodedTimes == times && decodedValues == values)
        var decoded: [HistogramSample] = []
        try cursor.decode(chunk: 1, histograms: &decoded)
        #expect(HistogramChunkTests.areSame(decoded, histograms))
        #expect(throws: ColumnCodingError.self) { try cursor.decode(chunk: 0, histograms: &decoded) }
        #expect(throws: ColumnCodingError.self) { try cursor.decode(chunk: 1, timestamps: &decodedTimes, values: &decodedValues) }
    }

    @Test func damageUnderARightChecksumNeverTraps() throws {
        var generator = SeededGenerator(seed: 43)
        let chunks = (0..<4).map { (UInt32($0), HistogramChunkTests.series(count: 40, &generator)) }
        let bytes = try HistogramChunkTests.roundTrip(chunks).page.bytes
        let decompressor = try ZstdDecompressor()
        for _ in 0..<800 {
            let damaged = try DamagedPage.make(from: bytes, using: &generator)
            _ = try? HistogramChunkTests.decode(damaged, decompressor)
        }
    }
}
