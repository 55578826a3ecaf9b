import Foundation
import TestSupport
import Testing

@testable import PerchMetrics

@Suite struct NativeHistogramTests {
    /// The bucket of a value by its definition: the smallest key whose upper bound is not below the value.
    private func key(_ value: Double, schema: Int) -> Int {
        var key = Int((log2(value) * Double(1 << schema)).rounded(.up)) + 2
        while powerOfTwo(Double(key - 1) / Double(1 << schema)) >= value { key -= 1 }
        return key
    }

    @Test(arguments: 0...8) func `every value falls into the bucket that the definition says`(schema: Int) {
        var generator = SeededGenerator(seed: UInt64(schema) + 1)
        var expected: [Int: UInt64] = [:]
        let buckets = NativeBuckets(schema: schema)
        for _ in 0..<2000 {
            let value = powerOfTwo(Double.random(in: -30...30, using: &generator))
            expected[key(value, schema: schema), default: 0] += 1
            buckets.record(value)
        }
        for power in -20...20 {
            expected[power << schema, default: 0] += 1
            buckets.record(powerOfTwo(Double(power)))
        }
        let counts = buckets.snapshot()
        #expect(Dictionary(uniqueKeysWithValues: counts.positive.map { ($0.key, $0.count) }) == expected)
        #expect(counts.negative.isEmpty)
        #expect(counts.count == 2041)
    }

    @Test func `values of any kind are counted somewhere, and NaN nowhere`() {
        let buckets = NativeBuckets(schema: 3)
        for value in [0, -0.0, 1e-300, .infinity, -.infinity, 1e300, -1e300, .nan, .leastNonzeroMagnitude, -2.5] { buckets.record(value) }
        let counts = buckets.snapshot()
        #expect(counts.zeroCount == 4)
        #expect(counts.positive == [NativeCounts.Bucket(key: 64 * 8, count: 2)])
        #expect(counts.negative.map(\.count) == [1, 2])
        #expect(counts.count == 9)
    }

    @Test func `many buckets are joined until few are left, and nothing is lost`() {
        let buckets = NativeBuckets(schema: 8)
        for step in 0..<4000 { buckets.record(powerOfTwo(Double(step) / 200)) }
        let counts = buckets.snapshot()
        let limited = counts.limited(bucketsMax: 100)
        #expect(counts.positive.count > 3000)
        #expect(limited.positive.count <= 100)
        #expect(limited.schema == 2)
        #expect(limited.count == 4000)
        for bucket in limited.positive.dropLast() { #expect(bucket.key == key(limited.upperBound(bucket.key), schema: limited.schema)) }
    }

    @Test func `quantiles of a summary are near those of the sorted observations`() {
        var generator = SeededGenerator(seed: 42)
        let summary = Summary(SummaryLayout(quantiles: [0.99, 0.5, 0.9, 7, .nan], maxAgeSeconds: 60), now: 0)
        var values: [Double] = []
        for _ in 0..<5000 {
            let value = powerOfTwo(Double.random(in: -10...3, using: &generator))
            values.append(value)
            summary.record(value)
        }
        values.sort()
        let snapshot = summary.snapshot(now: 0)
        #expect(snapshot.quantiles.map(\.share) == [0.5, 0.9, 0.99])
        #expect(snapshot.count == 5000)
        for quantile in snapshot.quantiles {
            let exact = values[Int(quantile.share * 5000)]
            #expect(abs(quantile.value / exact - 1) < 0.05, "\(quantile) against \(exact)")
        }
    }

    @Test func `a summary forgets observations older than its age, but keeps their count`() {
        let second: Int64 = 1_000_000_000
        let summary = Summary(SummaryLayout(quantiles: [0.5], maxAgeSeconds: 50), now: 0)
        summary.record(1)
        #expect(abs(summary.snapshot(now: 10 * second).quantiles[0].value - 1) < 0.03)
        summary.record(1000)
        summary.record(1000)
        #expect(abs(summary.snapshot(now: 45 * second).quantiles[0].value / 1000 - 1) < 0.03)
        let late = summary.snapshot(now: 200 * second)
        #expect(late.quantiles[0].value.isNaN)
        #expect(late.count == 3)
        #expect(late.sum == 2001)
    }
}
