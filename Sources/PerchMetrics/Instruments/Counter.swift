internal import Synchronization

/// A number that only rises. Any thread may add to it; adding takes no lock and allocates nothing.
public final class Counter: Sendable {
    // Whole and fractional additions are kept apart, so that the usual increment is one atomic addition and exact beyond 2^53.
    private let whole = StripedCount()
    private let fraction = AtomicDouble(0)

    /// A counter of its own; one that is exposed comes from ``MetricRegistry/counter(_:help:unit:labels:)``.
    public init() {}

    public func increment() { whole.add(1) }

    /// Adds a whole amount. A negative one is left out: a counter does not fall.
    public func increment(by amount: Int) {
        if amount > 0 { whole.add(UInt64(amount)) }
    }

    /// Adds an amount that need not be whole, such as seconds. NaN, infinite and negative amounts are left out.
    public func add(_ amount: Double) {
        if amount > 0 && amount.isFinite { fraction.add(amount) }
    }

    public var value: Double { Double(whole.value) + fraction.load() }

    /// Begins again at zero, which readers take for a restart.
    func reset() {
        whole.reset()
        fraction.store(0)
    }
}
