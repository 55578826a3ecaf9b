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
        guard let metric = heaviestMetric({ _ in 1 }) else { return nil }
        var values: [String: Set<String>] = [:]
        forEachLabel(of: metric.name) { values[$0.name, default: []].insert($0.value) }
        let start = "most are of \(quoted(metric.name)) (\(metric.share) of \(metric.all))"
        guard let (label, count) = SeriesGrowth.greatest(values.mapValues(\.count)) else { return start }
        return start + ", whose label \(quoted(label)) has \(count) value\(count == 1 ? "" : "s")"
    }

    /// By bytes instead of numbers, such as `most bytes are of "http_requests_total" (64200 of 65000), whose label "url" takes 64000`; nil where
    /// nothing was added.
    public var byteWords: String? {
        guard let metric = heaviestMetric({ $0.packed.count }) else { return nil }
        var bytes: [String: Int] = [:]
        forEachLabel(of: metric.name) { bytes[$0.name, default: 0] += $0.name.utf8.count + $0.value.utf8.count }
        let start = "most bytes are of \(quoted(metric.name)) (\(metric.share) of \(metric.all))"
        guard let (label, count) = SeriesGrowth.greatest(bytes) else { return start }
        return start + ", whose label \(quoted(label)) takes \(count)"
    }

    /// The metric whose series weigh most together, its share of the weight, and all of that.
    private func heaviestMetric(_ weight: (LabelSet) -> Int) -> (name: String, share: Int, all: Int)? {
        var byMetric: [String: Int] = [:]
        for labels in series { byMetric[labels.metricName ?? "", default: 0] += weight(labels) }
        guard let (name, share) = SeriesGrowth.greatest(byMetric) else { return nil }
        return (name, share, byMetric.values.reduce(0, +))
    }

    private func forEachLabel(of metric: String, _ body: (Label) -> Void) {
        for labels in series where (labels.metricName ?? "") == metric {
            for label in labels where label.name != LabelName.metricName { body(label) }
        }
    }

    /// The greatest; of equal ones the first by name.
    private static func greatest(_ counts: [String: Int]) -> (String, Int)? {
        counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }
}
