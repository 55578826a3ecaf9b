internal import Synchronization

/// A number that only rises. Any thread may add to it; adding takes no lock and allocates nothing.
public final class Counter: Sendable {
    // Whole and fractional additions are kept apart, so that the usual increment is one atomic addition and exact beyond 2^53.
    private let whole = StripedCount()
    private let fraction = AtomicDouble(0)
    private let exemplars: ExemplarSlots?

    /// A counter of its own; one that is exposed comes from ``MetricRegistry/counter(_:help:unit:labels:)``.
    public convenience init() { self.init(exemplars: nil) }

    init(exemplars source: ExemplarSource?) { exemplars = source.map { ExemplarSlots(bucketCount: 1, source: $0) } }

    public func increment() {
        let before = whole.add(1)
        exemplars?.offer(1, bucket: 0, count: before)
    }

    /// Adds a whole amount. A negative one is left out: a counter does not fall.
    public func increment(by amount: Int) {
        guard amount > 0 else { return }
        whole.add(UInt64(amount))
        exemplars?.offer(Double(amount), bucket: 0)
    }

    /// Adds an amount that need not be whole, such as seconds. NaN, infinite and negative amounts are left out.
    public func add(_ amount: Double) {
        guard amount > 0 && amount.isFinite else { return }
        fraction.add(amount)
        exemplars?.offer(amount, bucket: 0)
    }

    /// The newest span that added to it, if any was seen. Asks for a new one.
    func exemplar() -> Exemplar? { exemplars?.collect().first.flatMap { $0 } }

    public var value: Double { Double(whole.value) + fraction.load() }

    /// Begins again at zero, which readers take for a restart.
    func reset() {
        whole.reset()
        fraction.store(0)
    }
}
