internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct NativeHistogramTests {
    private let simple = NativeHistogram(
        schema: 0, zeroThreshold: 0.001, zeroCount: 2, count: 12, sum: 18.5,
        positiveSpans: [.init(offset: 0, length: 2), .init(offset: 1, length: 1)],
        negativeSpans: [.init(offset: 1, length: 1)], positiveBuckets: [1, 4, 2], negativeBuckets: [3])

    @Test func textShowsPopulatedBucketsFromTheLowestUp() {
        #expect(
            simple.description
                == "{count:12, sum:18.5, [-2,-1):3, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:4, (4,8]:2}")
        let custom = NativeHistogram(
            schema: -53, count: 3, sum: 1e9, positiveSpans: [.init(offset: 0, length: 1), .init(offset: 1, length: 1)],
            positiveBuckets: [1, 2], customBounds: [5, 10])
        #expect(custom.description == "{count:3, sum:1e+09, [-Inf,5]:1, (10,+Inf]:2}")
    }

    @Test func scaling() {
        var histogram = simple
        histogram.multiply(by: 2)
        #expect(histogram.count == 24 && histogram.positiveBuckets == [2, 8, 4] && histogram.resetHint == .unknown)
        histogram.multiply(by: -1)
        #expect(histogram.resetHint == .gauge)
        histogram.divide(by: -2)
        #expect(histogram.isEquivalent(to: simple))
        histogram.divide(by: 0)
        #expect(histogram.count == .infinity && histogram.positiveBuckets.isEmpty && histogram.positiveSpans.isEmpty)
    }

    @Test func mixedSchemasAreRefused() {
        var histogram = simple
        let custom = NativeHistogram(schema: -53, customBounds: [1])
        #expect(throws: NativeHistogramError.self) { try histogram.add(custom) }
        #expect(throws: NativeHistogramError.self) { try histogram.subtract(custom) }
        #expect(histogram == simple)
        #expect(histogram.isReset(since: custom))
        var sum = HistogramSum(simple)
        #expect(throws: NativeHistogramError.self) { try sum.add(custom) }
    }

    @Test func resetHintsOfACombination() throws {
        typealias Hint = NativeHistogram.ResetHint
        let expected: [(Hint, Hint, Hint, Bool)] = [
            (.gauge, .reset, .gauge, false), (.reset, .gauge, .gauge, false), (.unknown, .reset, .unknown, false),
            (.notReset, .unknown, .unknown, false), (.reset, .notReset, .unknown, true), (.notReset, .reset, .unknown, true),
            (.reset, .reset, .reset, false), (.unknown, .gauge, .gauge, false), (.gauge, .unknown, .gauge, false),
        ]
        for (left, right, result, collides) in expected {
            var histogram = NativeHistogram(resetHint: left)
            let notes = try histogram.add(NativeHistogram(resetHint: right))
            #expect(histogram.resetHint == result && notes.hintsCollided == collides)
        }
    }

    @Test func hintsDecideResets() {
        var next = simple
        next.resetHint = .reset
        #expect(next.isReset(since: simple))
        next.resetHint = .notReset
        next.count = 0
        #expect(!next.isReset(since: simple))
    }

    @Test func zeroBucketWithinAPopulatedBucketIsAReset() {
        var next = simple
        next.zeroThreshold = 0.75
        #expect(next.isReset(since: simple))
        next.zeroThreshold = 1
        next.zeroCount = 3
        next.positiveSpans = [.init(offset: 1, length: 1), .init(offset: 1, length: 1)]
        next.positiveBuckets = [4, 2]
        #expect(!next.isReset(since: simple))
        next.zeroCount = 2
        #expect(next.isReset(since: simple))
    }

    @Test func resetsAcrossCustomBounds() {
        func histogram(_ bounds: [Double], _ counts: [Double]) -> NativeHistogram {
            NativeHistogram(
                schema: -53, count: counts.reduce(0, +), positiveSpans: [.init(offset: 0, length: UInt32(counts.count))],
                positiveBuckets: counts, customBounds: bounds)
        }
        let previous = histogram([1, 2, 3], [1, 1, 1, 1])
        #expect(!histogram([2, 4], [2, 2, 1]).isReset(since: previous))
        #expect(histogram([2, 4], [1, 9, 9]).isReset(since: previous))
        #expect(!histogram([7], [2, 2]).isReset(since: previous))
        #expect(histogram([7], [1, 2]).isReset(since: previous))
    }

    @Test func identityIsBitExactAndBlindToSpanNotation() {
        var other = simple
        other.positiveSpans = [
            .init(offset: 0, length: 1), .init(offset: 0, length: 1), .init(offset: 0, length: 0), .init(offset: 1, length: 1),
        ]
        #expect(other.isIdentical(to: simple))
        other.positiveBuckets[0] = 1.5
        #expect(!other.isIdentical(to: simple))
        var withNaN = simple
        withNaN.sum = .nan
        #expect(withNaN.isIdentical(to: withNaN) && !withNaN.isEquivalent(to: withNaN))
        var withEmpty = simple
        withEmpty.positiveSpans = [.init(offset: 0, length: 4)]
        withEmpty.positiveBuckets = [1, 4, 0, 2]
        #expect(withEmpty.isEquivalent(to: simple) && !withEmpty.isIdentical(to: simple))
    }

    @Test func trimmingCutsBucketsByInterpolation() {
        let below = simple.trimmed(.keepBelow, at: 2)
        #expect(below.positiveBuckets == [1, 4] && below.negativeBuckets == [3] && below.count == 10)
        #expect(simple.trimmed(.keepBelow, at: 8) == simple)
        let half = simple.trimmed(.keepAbove, at: 2.0.squareRoot())
        #expect(abs(half.positiveBuckets[0] - 2) < 1e-12 && half.positiveBuckets[1] == 2 && half.zeroCount == 0)
        let custom = NativeHistogram(
            schema: -53, count: 6, sum: 30, positiveSpans: [.init(offset: 0, length: 3)], positiveBuckets: [1, 2, 3], customBounds: [5, 10])
        let cut = custom.trimmed(.keepBelow, at: 7.5)
        #expect(cut.positiveBuckets == [1, 1] && cut.count == 2 && cut.sum == 2.5 + 6.25)
    }

    @Test func validationSaysWhatIsWrong() throws {
        try simple.validate()
        func code(_ change: (inout NativeHistogram) -> Void) -> NativeHistogramError.Code? {
            var histogram = simple
            change(&histogram)
            do {
                try histogram.validate()
                return nil
            } catch { return error.code }
        }
        #expect(code { $0.schema = 9 } == .unknownSchema)
        #expect(code { $0.positiveBuckets.removeLast() } == .spansDoNotFitBuckets)
        #expect(code { $0.positiveSpans[1].offset = -1 } == .spanOffsetNegative)
        #expect(code { $0.positiveBuckets[1] = -1 } == .negativeCount)
        #expect(code { $0.zeroCount = -1 } == .negativeCount)
        #expect(code { $0.count = -1 } == .negativeCount)
        #expect(code { $0.customBounds = [1] } == .exponentialWithCustomBounds)
        #expect(code { $0.positiveSpans[1].offset = .max } == .indexOutOfRange)
        func customCode(
            _ bounds: [Double], _ length: UInt32, _ change: (inout NativeHistogram) -> Void = { _ in }
        ) -> NativeHistogramError.Code? {
            code {
                $0 = NativeHistogram(
                    schema: -53, positiveSpans: [.init(offset: 0, length: length)],
                    positiveBuckets: [Double](repeating: 1, count: Int(length)), customBounds: bounds)
                change(&$0)
            }
        }
        #expect(customCode([1, 2], 3) == nil)
        #expect(customCode([1, 2], 4) == .customBoundsTooFew)
        #expect(customCode([1, 1], 1) == .customBoundsNotRising)
        #expect(customCode([1, .nan], 1) == .customBoundsNotFinite)
        #expect(customCode([1, .infinity], 1) == .customBoundsNotFinite)
        #expect(customCode([1], 1) { $0.zeroCount = 1 } == .customBucketsWithZeroBucket)
        #expect(customCode([1], 1) { $0.negativeBuckets = [1] } == .customBucketsWithNegativeSide)
    }

    @Test func hostileHistogramsNeverTrap() {
        var generator = SeededGenerator(seed: 23)
        for _ in 0..<500 {
            let (left, right) = (hostile(&generator), hostile(&generator))
            _ = (try? left.validate(), left.description, left.compacted(emptyBucketsMax: .max), left.hasOverflow)
            _ = (left.isReset(since: right), left.isIdentical(to: right), left.isEquivalent(to: right), left.trimmed(.keepAbove, at: 1))
            _ = (Array(left.allBuckets), Array(left.allBucketsReversed))
            var sum = left
            _ = try? sum.add(right)
            _ = try? sum.subtract(left)
            var compensated = HistogramSum(left)
            _ = try? compensated.add(right)
            _ = try? compensated.add(left)
            _ = compensated.total
        }
    }

    private func hostile(_ generator: inout SeededGenerator) -> NativeHistogram {
        func number() -> Double {
            [0, -1, 1, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude][
                Int.random(in: 0..<8, using: &generator)]
        }
        func numbers() -> [Double] { (0..<Int.random(in: 0...5, using: &generator)).map { _ in number() } }
        func spans() -> [NativeHistogram.BucketSpan] {
            (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                .init(
                    offset: [Int32.min, .max, -1, 0, 1, 700][Int.random(in: 0..<6, using: &generator)],
                    length: [0, 1, 2, UInt32.max][Int.random(in: 0..<4, using: &generator)])
            }
        }
        return NativeHistogram(
            schema: [-53, -4, 0, 8][Int.random(in: 0..<4, using: &generator)], zeroThreshold: number(), zeroCount: number(),
            count: number(),
            sum: number(), positiveSpans: spans(), negativeSpans: spans(), positiveBuckets: numbers(), negativeBuckets: numbers(),
            customBounds: numbers())
    }
}
