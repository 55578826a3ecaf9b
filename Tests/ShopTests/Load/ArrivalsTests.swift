internal import Testing

@testable internal import ShopLoad

@Suite struct ArrivalsTests {
    @Test(arguments: [0.5, 5, 200]) func `so many come a second, and not at even distances`(rate: Double) {
        var arrivals = Arrivals(rate: rate, seed: 7)
        let gaps = (0..<20_000).map { _ in arrivals.nextGap() / .seconds(1) }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        #expect(abs(mean * rate - 1) < 0.03, "a gap of \(mean) s on average")
        // In an exponential distribution the standard deviation is as large as the mean.
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        #expect(abs(variance.squareRoot() * rate - 1) < 0.05)
    }

    @Test func `the same seed makes the same arrivals`() {
        var (first, second, other) = (Arrivals(rate: 5, seed: 1), Arrivals(rate: 5, seed: 1), Arrivals(rate: 5, seed: 2))
        let gaps = (0..<10).map { _ in first.nextGap() }
        #expect((0..<10).map { _ in second.nextGap() } == gaps)
        #expect((0..<10).map { _ in other.nextGap() } != gaps)
    }
}
