internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct KahanSumTests {
    @Test func smallTermsAreNotLost() {
        var sum = KahanSum()
        for value in [1, 1e100, 1, -1e100] { sum.add(value) }
        #expect(sum.total == 2)
    }

    @Test func infinityEndsCompensation() {
        var sum = KahanSum(.greatestFiniteMagnitude, 3)
        sum.add(.greatestFiniteMagnitude)
        #expect(sum.sum == .infinity && sum.compensation == 0)
    }

    @Test func histogramsAreSummedWithCompensation() throws {
        func histogram(_ value: Double) -> NativeHistogram {
            NativeHistogram(
                zeroCount: value, count: value, sum: value, positiveSpans: [.init(offset: 0, length: 1)],
                negativeSpans: [.init(offset: 0, length: 1)], positiveBuckets: [value], negativeBuckets: [value])
        }
        var sum = HistogramSum(histogram(1))
        for value in [1e100, 1, -1e100] { try sum.add(histogram(value)) }
        let total = sum.total
        #expect(total.count == 2 && total.sum == 2 && total.zeroCount == 2)
        #expect(total.positiveBuckets == [2] && total.negativeBuckets == [2])
    }
}
