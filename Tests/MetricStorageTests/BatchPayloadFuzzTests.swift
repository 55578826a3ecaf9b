internal import ByteCoding
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import MetricStorage

/// The journal's payloads: what is written comes back, and any other bytes are refused.
@Suite struct BatchPayloadFuzzTests {
    private func randomBatch(_ generator: inout SeededGenerator) -> MetricBatch {
        var batch = MetricBatch()
        for number in 0..<Int.random(in: 0...20, using: &generator) {
            batch.beginSeries(["__name__": "m", "n": "\(number)"])
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let time = Int64(bitPattern: generator.spreadUInt64())
                batch.append(timestamp: time, value: randomValue(&generator))
                if Int.random(in: 0..<8, using: &generator) == 0 { batch.noteStart(Int64(bitPattern: generator.next()), at: time) }
            }
            if Int.random(in: 0..<6, using: &generator) == 0 {
                let buckets = (0..<Int.random(in: 0...5, using: &generator)).map { _ in Double(bitPattern: generator.next()) }
                let histogram = NativeHistogram(
                    resetHint: .gauge, schema: -53, count: 3, sum: .nan, positiveSpans: [.init(offset: -7, length: 5)],
                    positiveBuckets: buckets, negativeBuckets: [1, 2, -0.0], customBounds: [1, .infinity], isFloat: false)
                batch.append(HistogramSample(timestamp: .min, histogram: histogram))
                batch.append(Exemplar(labels: ["trace_id": "x"], value: 1, timestamp: .max))
            }
        }
        return batch
    }

    /// Numbers of every form that is written, and those beside their bounds.
    private func randomValue(_ generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: Double(bitPattern: generator.spreadUInt64())
        case 1: Double(Int.random(in: -40_000...40_000, using: &generator))
        case 2: Double(Int.random(in: -3_000_000_000...3_000_000_000, using: &generator))
        case 3: Double(Int.random(in: -3_000_000_000...3_000_000_000, using: &generator)) / 1000
        case 4: Double(Int.random(in: -999...999, using: &generator)) / 100
        default:
            [0.0, -0.0, 32767, 32768, -32768, -32769, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, .nan, .infinity]
                .randomElement(using: &generator) ?? 0
        }
    }

    private func encode(_ batch: MetricBatch, _ generator: inout SeededGenerator) -> [UInt8] {
        let references = (0..<batch.seriesCount).map { SeriesReference(partition: $0 % 16, place: UInt32($0 * 1000), life: 3) }
        let defines = (0..<batch.seriesCount).map { _ in Bool.random(using: &generator) }
        let resolution = Head.Resolution(
            references: references, defines: defines, order: [], bounds: [], definesAny: defines.contains(true))
        return BatchPayload.encode(batch, resolution)
    }

    @Test func everythingComesBackBitForBit() throws {
        var generator = SeededGenerator(seed: 21)
        var decoded = MetricBatch()
        var numbers: [UInt64] = []
        for round in 0..<300 {
            let batch = randomBatch(&generator)
            let payload = encode(batch, &generator)
            try payload.withUnsafeBytes { try BatchPayload.decode($0, into: &decoded, numbers: &numbers) }
            #expect(decoded.timestamps == batch.timestamps, "round \(round)")
            #expect(decoded.values.map(\.bitPattern) == batch.values.map(\.bitPattern))
            #expect(decoded.exemplars == batch.exemplars)
            #expect(decoded.startRuns.map(\.run) == batch.startRuns.map(\.run))
            #expect(decoded.startRuns.map(\.series) == batch.startRuns.map(\.series))
            #expect(decoded.startRuns.map(\.count) == batch.startRuns.map(\.count))
            #expect("\(decoded.histograms)" == "\(batch.histograms)")
            let expected: [UInt64] = (0..<batch.seriesCount).map { (series: Int) -> UInt64 in UInt64(series * 16_000 + series % 16) }
            #expect(numbers == expected)
            for series in 0..<batch.seriesCount {
                #expect(decoded.sampleRange(series) == batch.sampleRange(series))
                if !decoded.labelRange(series).isEmpty { #expect(decoded.labels(at: series) == batch.labels(at: series)) }
            }
        }
    }

    @Test(arguments: [1, 2] as [UInt8]) func payloadsOfEarlierProgramsAreRead(version: UInt8) throws {
        let values = [1.5, 7, -0.0, .infinity]
        var payload: [UInt8] = [version, 0, 0, 0, 0]
        // Two series: one without a sample of its own flag, which has three, and one with that flag.
        payload.appendVarint(count: 2)
        payload.appendVarint(count: values.count)
        payload += [1 << 3, 3, 2 << 3 | 1]
        if version == 2 { payload.appendVarint(count: 0) }
        payload.appendZigZag(1000)
        payload.appendVarint(count: values.count)
        for value in values { payload.appendLittleEndian(value.bitPattern) }
        let checksum = CRC32C.checksum(payload, in: 5..<payload.count)
        for index in 0..<4 { payload[1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        var decoded = MetricBatch()
        var numbers: [UInt64] = []
        try payload.withUnsafeBytes { try BatchPayload.decode($0, into: &decoded, numbers: &numbers) }
        #expect(numbers == [1, 2])
        #expect(decoded.timestamps == [1000, 2000, 3000, 4000])
        #expect(decoded.values.map(\.bitPattern) == values.map(\.bitPattern))
        #expect((0..<2).map { decoded.sampleRange($0) } == [0..<3, 3..<4])
    }

    @Test func wholeNumbersAndThousandthsTakeFewBytes() {
        func bytes(_ values: [Double]) -> Int {
            var bytes: [UInt8] = []
            PackedValues.append(values, to: &bytes)
            return bytes.count
        }
        #expect(bytes([]) == 0)
        #expect(bytes([1, -2, 300, 32_767]) == 1 + 4 * 2)
        #expect(bytes([100_000, -2_000_000_000, 0.125, 1.97]) == 1 + 4 * 4)
        #expect(bytes([0.1 + 0.2, -0.0, .nan, 1e300, 1]) == 2 + 4 * 8 + 2)
    }

    @Test func otherBytesAreRefused() {
        var generator = SeededGenerator(seed: 22)
        var decoded = MetricBatch()
        var numbers: [UInt64] = []
        for _ in 0..<3000 {
            var payload = encode(randomBatch(&generator), &generator)
            let place = Int.random(in: 0..<payload.count, using: &generator)
            if Bool.random(using: &generator) {
                payload.removeSubrange(place...)
            } else {
                payload[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            }
            // Where the checksum is made to fit, the rest has to hold by itself: an error or a batch, never a trap.
            let isMended = Bool.random(using: &generator) && payload.count > 5
            if isMended {
                let checksum = CRC32C.checksum(payload, in: 5..<payload.count)
                for index in 0..<4 { payload[1 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
            }
            do {
                try payload.withUnsafeBytes { try BatchPayload.decode($0, into: &decoded, numbers: &numbers) }
                #expect(isMended, "a payload whose checksum does not hold was taken")
            } catch {
                #expect(error is ByteCodingError)
            }
        }
    }

    @Test func randomBytesAreNoGroupOfSeriesAndNoList() {
        var generator = SeededGenerator(seed: 23)
        for _ in 0..<500 {
            let bytes = generator.bytes(Int.random(in: 0...60, using: &generator))
            var series: [UInt32] = []
            let count = Int.random(in: -1...80, using: &generator)
            do {
                try bytes.withUnsafeBytes { try PostingCoding.decode($0, count: count, limit: 1000, into: &series) }
                #expect(series.count == count && series.allSatisfy { $0 < 1000 })
            } catch {
                #expect(error is ByteCodingError)
            }
        }
    }
}
