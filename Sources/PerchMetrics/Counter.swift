internal import Synchronization

/// A number that only rises. Any thread may add to it; adding takes no lock and allocates nothing.
public final class Counter: Sendable {
    // Whole and fractional additions are kept apart, so that the usual increment is one atomic addition and exact beyond 2^53.
    private let whole = Atomic<UInt64>(0)
    private let fraction = AtomicDouble(0)

    /// A counter of its own; one that is exposed comes from ``MetricRegistry/counter(_:help:unit:labels:)``.
    public init() {}

    public func increment() { whole.wrappingAdd(1, ordering: .relaxed) }

    /// - Precondition: `amount` is not negative.
    public func increment(by amount: Int) {
        precondition(amount >= 0, "BUG: counter decreased by \(amount)")
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// Adds an amount that need not be whole, such as seconds. NaN and negative amounts are left out.
    public func add(_ amount: Double) {
        if amount > 0 { fraction.add(amount) }
    }

    public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.load() }
}
