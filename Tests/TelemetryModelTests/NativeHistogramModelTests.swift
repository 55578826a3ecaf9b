internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Random histograms against ``DenseHistogram``.
@Suite struct NativeHistogramModelTests {
    @Test(arguments: [UInt64(1), 2, 3]) func additionAndSubtraction(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<800 {
            let (left, right) = (generator.exponentialHistogram(), generator.exponentialHistogram())
            if right.schema > left.schema && right.zeroThreshold < left.zeroThreshold { continue }  // See the test below.
            for sign in [1.0, -1] {
                var result = left
                if sign > 0 { try result.add(right) } else { try result.subtract(right) }
                let expected = DenseHistogram(left).adding(DenseHistogram(right), sign: sign)
                #expect(DenseHistogram(result).isSame(as: expected), "seed \(seed), round \(round): \(left) \(sign) \(right) = \(result)")
                #expect(result.count == left.count + sign * right.count)
                #expect(result.sum == left.sum + sign * right.sum)
            }
            var sum = HistogramSum(left)
            try sum.add(right)
            #expect(
                DenseHistogram(sum.total).isSame(as: DenseHistogram(left).adding(DenseHistogram(right))), "seed \(seed), round \(round)")
        }
    }

    /// Prometheus lowers the resolution of the other histogram before it leaves out what the zero bucket has counted already. A merged
    /// bucket that reaches beyond the zero bucket is then counted twice; answers have to be the same, so this is kept.
    @Test func bucketsMergedAcrossTheZeroBucketAreCountedAsInPrometheus() throws {
        var left = NativeHistogram(schema: -1, zeroThreshold: 2, zeroCount: 1, count: 1)
        let right = NativeHistogram(
            schema: 0, count: 3, positiveSpans: [.init(offset: 1, length: 2)], positiveBuckets: [1, 2])
        try left.add(right)
        #expect(left.zeroCount == 2 && left.positiveBuckets == [3] && left.positiveSpans == [.init(offset: 1, length: 1)])
    }

    @Test func additionOfOneLayoutStaysInPlace() throws {
        var generator = SeededGenerator(seed: 11)
        for round in 0..<200 {
            let left = generator.exponentialHistogram(schema: 3, threshold: 0)
            var right = left
            right.multiply(by: 3)
            var result = left
            try result.add(right)
            #expect(result.positiveSpans == left.positiveSpans)
            #expect(DenseHistogram(result).isSame(as: DenseHistogram(left).adding(DenseHistogram(right))), "seed 11, round \(round)")
        }
    }

    @Test func customBoundsAreReconciledToThoseInCommon() throws {
        var generator = SeededGenerator(seed: 5)
        for round in 0..<800 {
            let (left, right) = (generator.customHistogram(), generator.customHistogram())
            var result = left
            let notes = try result.add(right)
            #expect(notes.boundsReconciled == (left.customBounds != right.customBounds))
            #expect(result.customBounds == left.customBounds.filter { right.customBounds.contains($0) })
            for bound in result.customBounds + [.infinity] {
                #expect(below(result, bound) == below(left, bound) + below(right, bound), "seed 5, round \(round): \(left) + \(right)")
            }
            var sum = HistogramSum(left)
            try sum.add(right)
            #expect(sum.total.isEquivalent(to: result))
            try result.validate()
        }
    }

    /// Observations in buckets up to a bound.
    private func below(_ histogram: NativeHistogram, _ bound: Double) -> Double {
        histogram.buckets(.positive).filter { $0.upper <= bound }.reduce(0) { $0 + $1.count }
    }

    @Test func reductionMergesPairsOfBuckets() {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<500 {
            let histogram = generator.exponentialHistogram()
            let target = Int32.random(in: -4...histogram.schema, using: &generator)
            let reduced = histogram.copied(toSchema: target)
            #expect(DenseHistogram(reduced).isSame(as: DenseHistogram(histogram).reduced(to: target)), "seed 7, round \(round)")
        }
    }

    @Test func compactionKeepsTheContentAndObeysTheLimit() {
        var generator = SeededGenerator(seed: 9)
        for round in 0..<500 {
            let histogram = generator.exponentialHistogram()
            let limit = Int.random(in: 0...4, using: &generator)
            let compact = histogram.compacted(emptyBucketsMax: limit)
            #expect(DenseHistogram(compact).isSame(as: DenseHistogram(histogram)), "seed 9, round \(round)")
            for (spans, counts) in [(compact.positiveSpans, compact.positiveBuckets), (compact.negativeSpans, compact.negativeBuckets)] {
                #expect(spans.dropFirst().allSatisfy { Int($0.offset) > limit } && spans.allSatisfy { $0.length > 0 })
                #expect(counts.first != 0 && counts.last != 0)
                let runs = counts.split(omittingEmptySubsequences: true) { $0 != 0 }
                #expect(runs.allSatisfy { $0.count <= limit })
            }
        }
    }

    @Test func iterationGoesUpAndDownThroughTheSameBuckets() {
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<300 {
            let histogram = Bool.random(using: &generator) ? generator.exponentialHistogram() : generator.customHistogram()
            let up = Array(histogram.allBuckets)
            #expect(up == Array(histogram.allBucketsReversed).reversed())
            #expect(zip(up, up.dropFirst()).allSatisfy { $0.upper <= $1.lower })
            #expect(Array(histogram.buckets(.positive)) == Array(histogram.reversedBuckets(.positive)).reversed())
            #expect(up.reduce(0) { $0 + $1.count } == histogram.count)
        }
    }

    @Test func resetsAgreeWithTheDefinition() {
        var generator = SeededGenerator(seed: 17)
        for round in 0..<1500 {
            let previous = generator.exponentialHistogram(threshold: [0, 0.001][Int.random(in: 0...1, using: &generator)])
            var next = previous
            switch Int.random(in: 0...3, using: &generator) {
            case 0: break
            case 1: next = generator.exponentialHistogram(schema: previous.schema, threshold: previous.zeroThreshold)
            case 2: next.reduceResolution(to: Int32.random(in: -4...previous.schema, using: &generator))
            default: next = next.compacted()
            }
            for position in next.positiveBuckets.indices where next.positiveBuckets[position] > 0 {
                guard Int.random(in: 0...30, using: &generator) == 0 else { continue }
                next.positiveBuckets[position] -= 1
            }
            #expect(next.isReset(since: previous) == isReset(next, previous), "seed 17, round \(round): \(previous) then \(next)")
        }
    }

    private func isReset(_ next: NativeHistogram, _ previous: NativeHistogram) -> Bool {
        if next.count < previous.count || next.schema > previous.schema || next.zeroThreshold < previous.zeroThreshold { return true }
        let (now, was) = (DenseHistogram(next), DenseHistogram(previous).reduced(to: next.schema))
        return now.zeroCount < was.zeroCount || was.positive.contains { now.positive[$0.key, default: 0] < $0.value }
            || was.negative.contains { now.negative[$0.key, default: 0] < $0.value }
    }
}
