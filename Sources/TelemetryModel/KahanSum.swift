/// A sum with a running compensation of what rounding lost (Kahan's summation as Neumaier improved it).
///
/// Bit for bit what Prometheus computes: a sum that reached an infinity has no compensation.
@frozen
public struct KahanSum: Sendable, Hashable {
    public var sum: Double
    public var compensation: Double

    @inlinable
    public init(_ sum: Double = 0, _ compensation: Double = 0) {
        self.sum = sum
        self.compensation = compensation
    }

    @inlinable
    public mutating func add(_ value: Double) {
        let total = sum + value
        if total.isInfinite {
            compensation = 0
        } else if sum.magnitude >= value.magnitude {
            compensation += (sum - total) + value
        } else {
            compensation += (value - total) + sum
        }
        sum = total
    }

    /// The sum with the compensation applied.
    @inlinable
    public var total: Double { sum + compensation }
}
