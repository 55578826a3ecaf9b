internal import PerchMetrics

extension MetricRegistry {
    /// The value of a counter or gauge without labels; nil where there is none.
    func value(_ name: String) -> Double? {
        guard case .number(let number)? = snapshot().first(where: { $0.name == name })?.points.first?.value else { return nil }
        return number
    }
}
