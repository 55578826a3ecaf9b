internal import TelemetryModel

extension LabelSet {
    /// All labels in braces, the metric name among them: how Prometheus names series in errors of evaluation.
    var bracedText: String {
        let labels = map { (LabelSet.isClassicLabelName($0.name) ? $0.name : quoted($0.name)) + "=" + quoted($0.value) }
        return "{" + labels.joined(separator: ", ") + "}"
    }
}
