/// When shoppers come: independently of each other, so many a second on average (a Poisson process, whose gaps are exponentially distributed).
struct Arrivals: Sendable {
    /// Shoppers a second.
    let rate: Double
    private var generator: SeededGenerator

    /// - Precondition: `rate` is above 0.
    init(rate: Double, seed: UInt64) {
        precondition(rate > 0, "BUG: shoppers come at a rate of \(rate)")
        self.rate = rate
        generator = SeededGenerator(seed: seed)
    }

    /// How long after the last shopper the next one comes.
    mutating func nextGap() -> Duration { generator.exponential(mean: .seconds(1 / rate)) }
}
