public import TelemetryModel

/// How long the labels of an exemplar may be (OpenMetrics 1.0, "Exemplars").
public enum ExemplarLimit {
    /// Code points of all names and values together.
    public static let charactersMax = 128

    /// Whether an exemplar with these labels is taken.
    public static func allows(_ labels: LabelSet) -> Bool {
        if labels.packed.count <= charactersMax { return true }
        return labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count } <= charactersMax
    }
}
