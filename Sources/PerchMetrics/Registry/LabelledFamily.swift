/// Metrics of one name and kind that differ in their labels' values.
public struct LabelledFamily<Instrument: Sendable>: Sendable {
    private let labelNames: [String]
    private let family: Family
    private let make: @Sendable (MetricLabels) -> Instrument

    init(labelNames: [String], family: Family, make: @escaping @Sendable (MetricLabels) -> Instrument) {
        self.labelNames = labelNames
        self.family = family
        self.make = make
    }

    /// The instrument with these label values, in the order of the names. Takes a lock and renders the labels: keep the instrument.
    ///
    /// Where the family has as many series as it may, this is the overflow series, which has the label `otel_metric_overflow="true"`.
    ///
    /// - Precondition: there is one value for each name.
    public func with(_ values: String...) -> Instrument { with(values) }

    /// The instrument with these label values, in the order of the names.
    ///
    /// - Precondition: there is one value for each name.
    public func with(_ values: [String]) -> Instrument {
        precondition(values.count == labelNames.count, "BUG: \(values.count) values for the labels \(labelNames)")
        return make(MetricLabels(zip(labelNames, values)))
    }

    /// Takes the instrument with these label values out of the exposition.
    public func remove(_ values: String...) {
        precondition(values.count == labelNames.count, "BUG: \(values.count) values for the labels \(labelNames)")
        family.remove(MetricLabels(zip(labelNames, values)))
    }
}
