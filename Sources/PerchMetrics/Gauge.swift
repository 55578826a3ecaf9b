/// A number that rises and falls. Any thread may change it; changing takes no lock and allocates nothing.
public final class Gauge: Sendable {
    private let current = AtomicDouble(0)

    /// A gauge of its own; one that is exposed comes from ``MetricRegistry/gauge(_:help:unit:labels:)``.
    public init() {}

    public func set(_ value: Double) { current.store(value) }
    public func add(_ amount: Double) { current.add(amount) }
    public func increment() { current.add(1) }
    public func decrement() { current.add(-1) }
    public var value: Double { current.load() }
}
