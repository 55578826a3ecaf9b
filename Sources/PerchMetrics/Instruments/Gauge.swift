internal import Synchronization

/// A number that rises and falls. Any thread may change it; changing takes no lock and allocates nothing.
public final class Gauge: Sendable {
    private let current = AtomicDouble(0)
    /// Whether it was changed, if only to the same value, since somebody last asked: what expiry goes by.
    private let wasChanged = Atomic<Bool>(false)

    /// A gauge of its own; one that is exposed comes from ``MetricRegistry/gauge(_:help:unit:labels:)``.
    public init() {}

    public func set(_ value: Double) {
        current.store(value)
        noteChange()
    }

    public func add(_ amount: Double) {
        current.add(amount)
        noteChange()
    }

    public func increment() { add(1) }
    public func decrement() { add(-1) }
    public var value: Double { current.load() }

    func takeChange() -> Bool {
        wasChanged.load(ordering: .relaxed) && wasChanged.exchange(false, ordering: .relaxed)
    }

    /// Reading first keeps the cache line shared between threads that change the gauge often.
    private func noteChange() {
        if !wasChanged.load(ordering: .relaxed) { wasChanged.store(true, ordering: .relaxed) }
    }
}
