public import TelemetryModel

/// Says of series that are too many what grows: the metric that most of them are of, and its label that has the most values.
public struct SeriesGrowth: Sendable {
    private var series: [LabelSet] = []
    private var count = 0

    /// Series that are looked at; of more, the first ones tell enough.
    private static let seriesMax = 10_000

    public init() {}

    public mutating func add(_ labels: LabelSet) {
        count += 1
        if series.count < SeriesGrowth.seriesMax, !labels.isEmpty { series.append(labels) }
    }

    /// Such as `most are of "http_requests_total" (990 of 1000), whose label "user" has 990 values`; nil where nothing was added.
    public var words: String? {
        var byMetric: [String: Int] = [:]
        for labels in series { byMetric[labels.metricName ?? "", default: 0] += 1 }
        guard let (metric, share) = byMetric.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        let start = "most are of \(quoted(metric)) (\(share) of \(series.count))"
        var values: [String: Set<String>] = [:]
        for labels in series where (labels.metricName ?? "") == metric {
            for label in labels where label.name != LabelName.metricName { values[label.name, default: []].insert(label.value) }
        }
        guard let (label, found) = values.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) else { return start }
        return start + ", whose label \(quoted(label)) has \(found.count) value\(found.count == 1 ? "" : "s")"
    }

    /// By bytes instead of numbers, such as `most bytes are of "http_requests_total" (64200 of 65000), whose label "url" takes 64000`; nil where nothing
    /// was added.
    public var byteWords: String? {
        var byMetric: [String: Int] = [:]
        for labels in series { byMetric[labels.metricName ?? "", default: 0] += labels.packed.count }
        guard let (metric, share) = byMetric.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        let start = "most bytes are of \(quoted(metric)) (\(share) of \(byMetric.values.reduce(0, +)))"
        var byLabel: [String: Int] = [:]
        for labels in series where (labels.metricName ?? "") == metric {
            for label in labels where label.name != LabelName.metricName {
                byLabel[label.name, default: 0] += label.name.utf8.count + label.value.utf8.count
            }
        }
        guard let (label, bytes) = byLabel.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return start }
        return start + ", whose label \(quoted(label)) takes \(bytes)"
    }
}
