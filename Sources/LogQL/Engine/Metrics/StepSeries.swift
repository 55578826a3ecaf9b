internal import TelemetryModel

/// A series with a value, or none, at each step of a grid.
struct StepSeries: Sendable {
    var labels: LabelSet
    /// ``absent`` where there is none.
    var values: [Double]

    /// Stands where there is no value; no calculation gives this NaN.
    static let absent = StaleMarker.value

    static func isAbsent(_ value: Double) -> Bool { StaleMarker.matches(value) }

    init(_ labels: LabelSet, count: Int) {
        self.labels = labels
        values = [Double](repeating: StepSeries.absent, count: count)
    }

    init(_ labels: LabelSet, values: [Double]) {
        self.labels = labels
        self.values = values
    }

    var isEmpty: Bool { values.allSatisfy { StepSeries.isAbsent($0) } }

    func isPresent(_ step: Int) -> Bool { !StepSeries.isAbsent(values[step]) }
}
