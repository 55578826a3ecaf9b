internal import TelemetryModel

extension SampleChunk {
    /// The first two bits of a histogram chunk's third byte: what is known of a counter reset before it.
    private enum Header {
        static let unknown: UInt8 = 0
        static let reset: UInt8 = 0b1000_0000
        static let gauge: UInt8 = 0b1100_0000
    }

    /// What all histograms of a chunk have in common.
    private struct Layout: Equatable {
        var isFloat: Bool
        var isGauge: Bool
        var isStale: Bool
        var schema: Int32
        var zeroThreshold: UInt64
        var positiveSpans: [NativeHistogram.BucketSpan]
        var negativeSpans: [NativeHistogram.BucketSpan]
        var bounds: [UInt64]

        init(_ histogram: NativeHistogram) {
            isFloat = histogram.isFloat
            isGauge = histogram.resetHint == .gauge
            isStale = histogram.isStaleMarker
            schema = histogram.schema
            zeroThreshold = histogram.zeroThreshold.bitPattern
            positiveSpans = histogram.positiveSpans
            negativeSpans = histogram.negativeSpans
            bounds = histogram.customBounds.map(\.bitPattern)
        }
    }

    /// Chunks of histograms. A new one begins where the layout changes or the counter was reset, for readers take it that within a chunk
    /// nothing was.
    static func histogramChunks(_ samples: [HistogramSample]) -> [SampleChunk] {
        var chunks: [SampleChunk] = []
        var run: [HistogramSample] = []
        var layout: Layout?
        for sample in samples {
            let next = Layout(sample.histogram)
            let goesOn =
                next == layout && run.count < samplesMax && run.last.map { !isCut(sample.histogram, after: $0.histogram) } ?? true
            if !goesOn, let previous = run.first { chunks.append(chunk(of: run, previous.histogram)) }
            if !goesOn { run = [] }
            run.append(sample)
            layout = next
        }
        if let first = run.first { chunks.append(chunk(of: run, first.histogram)) }
        return chunks
    }

    private static func isCut(_ histogram: NativeHistogram, after previous: NativeHistogram) -> Bool {
        if histogram.resetHint == .gauge || histogram.isStaleMarker { return false }
        return histogram.isReset(since: previous)
    }

    private static func chunk(of samples: [HistogramSample], _ first: NativeHistogram) -> SampleChunk {
        var bits = ChunkBits([0, 0, 0])
        bits.setCount(samples.count)
        switch first.resetHint {
        case .gauge: bits.set(Header.gauge, at: 2)
        case .reset: bits.set(Header.reset, at: 2)
        case .unknown, .notReset: bits.set(Header.unknown, at: 2)
        }
        // A stale marker has no layout.
        write(layout: first.isStaleMarker ? NativeHistogram() : first, to: &bits)
        if first.isFloat { writeFloats(samples, to: &bits) } else { writeIntegers(samples, to: &bits) }
        let times = TimeRange(start: samples.first?.timestamp ?? 0, end: samples.last?.timestamp ?? 0)
        return SampleChunk(encoding: first.isFloat ? .floatHistogram : .histogram, times: times, bytes: bits.bytes)
    }

    // MARK: Layout

    private static func write(layout histogram: NativeHistogram, to bits: inout ChunkBits) {
        write(zeroThreshold: histogram.zeroThreshold, to: &bits)
        bits.write(varbit: Int64(histogram.schema))
        for spans in [histogram.positiveSpans, histogram.negativeSpans] {
            bits.write(unsignedVarbit: UInt64(spans.count))
            for span in spans {
                bits.write(unsignedVarbit: UInt64(span.length))
                bits.write(varbit: Int64(span.offset))
            }
        }
        guard histogram.usesCustomBuckets else { return }
        bits.write(unsignedVarbit: UInt64(histogram.customBounds.count))
        for bound in histogram.customBounds { write(customBound: bound, to: &bits) }
    }

    /// 0 is a byte; so are powers of two from 2^-243 to 2^10; others take nine.
    private static func write(zeroThreshold threshold: Double, to bits: inout ChunkBits) {
        if threshold == 0 { return bits.write(byte: 0) }
        if threshold.isNormal, threshold.sign == .plus, threshold.significand == 1, (-243...10).contains(threshold.exponent) {
            return bits.write(byte: UInt8(threshold.exponent + 244))
        }
        bits.write(byte: 255)
        bits.write(threshold.bitPattern, 64)
    }

    /// Thousandths up to 33554.43 are whole numbers from 1; others follow a zero.
    private static func write(customBound bound: Double, to bits: inout ChunkBits) {
        let thousandths = bound * 1000
        if thousandths >= 0, thousandths <= 33_554_430, thousandths.rounded() / 1000 == bound {
            return bits.write(unsignedVarbit: UInt64(thousandths.rounded()) + 1)
        }
        bits.write(bit: false)
        bits.write(bound.bitPattern, 64)
    }

    // MARK: Samples

    /// Counts as whole numbers: the first as they are, then how much their steps change.
    private static func writeIntegers(_ samples: [HistogramSample], to bits: inout ChunkBits) {
        guard let first = samples.first else { return }
        var sum = XORValue(first.histogram.sum)
        let numbers = integers(first)
        bits.write(varbit: first.timestamp)
        bits.write(unsignedVarbit: UInt64(bitPattern: numbers[1]))
        bits.write(unsignedVarbit: UInt64(bitPattern: numbers[2]))
        bits.write(first.histogram.sum.bitPattern, 64)
        for number in numbers[3...] { bits.write(varbit: number) }
        var previous = numbers
        var steps = [Int64](repeating: 0, count: numbers.count)
        for sample in samples.dropFirst() {
            let numbers = integers(sample)
            for index in numbers.indices {
                if index == 3 { sum.write(sample.histogram.sum, to: &bits) }
                let step = numbers[index] &- previous[index]
                bits.write(varbit: step &- steps[index])
                steps[index] = step
            }
            if numbers.count == 3 { sum.write(sample.histogram.sum, to: &bits) }
            previous = numbers
        }
    }

    /// Time, count, zero count, and the buckets as differences of neighbours.
    private static func integers(_ sample: HistogramSample) -> [Int64] {
        let histogram = sample.histogram
        if histogram.isStaleMarker { return [sample.timestamp, 0, 0] }
        var numbers = [sample.timestamp, whole(histogram.count), whole(histogram.zeroCount)]
        for (spans, counts) in [
            (histogram.positiveSpans, histogram.positiveBuckets), (histogram.negativeSpans, histogram.negativeBuckets),
        ] {
            var previous: Int64 = 0
            for index in 0..<bucketCount(spans) {
                let count = index < counts.count ? whole(counts[index]) : 0
                numbers.append(count &- previous)
                previous = count
            }
        }
        return numbers
    }

    private static func writeFloats(_ samples: [HistogramSample], to bits: inout ChunkBits) {
        guard let first = samples.first else { return }
        bits.write(varbit: first.timestamp)
        let floats = floats(first.histogram)
        for float in floats { bits.write(float.bitPattern, 64) }
        var states = floats.map { XORValue($0) }
        var time = first.timestamp
        var step: Int64 = 0
        for sample in samples.dropFirst() {
            let next = sample.timestamp &- time
            bits.write(varbit: next &- step)
            step = next
            time = sample.timestamp
            for (index, float) in SampleChunk.floats(sample.histogram).enumerated() { states[index].write(float, to: &bits) }
        }
    }

    /// Count, zero count, sum, and the buckets.
    private static func floats(_ histogram: NativeHistogram) -> [Double] {
        if histogram.isStaleMarker { return [0, 0, histogram.sum] }
        var floats = [histogram.count, histogram.zeroCount, histogram.sum]
        for (spans, counts) in [
            (histogram.positiveSpans, histogram.positiveBuckets), (histogram.negativeSpans, histogram.negativeBuckets),
        ] {
            for index in 0..<bucketCount(spans) { floats.append(index < counts.count ? counts[index] : 0) }
        }
        return floats
    }

    /// What spans say, within reason: what was taken in has as many counts as its spans say.
    private static func bucketCount(_ spans: [NativeHistogram.BucketSpan]) -> Int {
        min(spans.reduce(0) { $0 + Int($1.length) }, 1 << 20)
    }

    private static func whole(_ count: Double) -> Int64 {
        if !(count > 0) { return 0 }
        return count >= 0x1p63 ? .max : Int64(count)
    }
}
