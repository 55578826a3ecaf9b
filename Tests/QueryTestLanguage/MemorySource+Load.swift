public import PromQL
internal import QueryModel
internal import TelemetryModel

extension MemorySource {
    /// Adds the series of a `load` command.
    public mutating func load(_ command: LoadCommand) {
        var loaded = command.series
        if command.convertsClassicHistograms { loaded += convertedClassicHistograms(command.series) }
        for series in loaded {
            for (index, offset) in (series.starts ?? []).enumerated() {
                let time = Int64(index) * command.step
                guard let offset, time + offset != 0 else { continue }
                addStarts(series.labels, StartRun(samples: TimeRange(start: time, end: time), start: time + offset))
            }
            for (index, point) in series.points.enumerated() {
                if let point { append(series.labels, Int64(index) * command.step, point.value) }
            }
        }
    }
}

/// Native histograms with custom buckets for the classic histograms among series.
private func convertedClassicHistograms(_ series: [NotedSeries]) -> [NotedSeries] {
    struct Parts {
        var buckets: [(bound: Double, count: Double)] = []
        var count: Double?
        var sum: Double?
    }
    var parts: [LabelSet: [Int: Parts]] = [:]
    for element in series {
        let name = element.labels.metricName ?? ""
        for suffix in ["_bucket", "_count", "_sum"] where name.hasSuffix(suffix) {
            let bound = element.labels[LabelName.bucketBound].flatMap { number($0) }
            if suffix == "_bucket" && (bound == nil || bound!.isNaN) { continue }
            let labels = element.labels.removing([LabelName.bucketBound])
                .setting(LabelName.metricName, String(name.dropLast(suffix.count)))
            for (index, point) in element.points.enumerated() {
                guard case .float(let value)? = point?.value, !StaleMarker.matches(value) else { continue }
                var part = parts[labels, default: [:]][index] ?? Parts()
                switch suffix {
                case "_bucket": part.buckets.append((bound!, value))
                case "_count": part.count = value
                default: part.sum = value
                }
                parts[labels, default: [:]][index] = part
            }
        }
    }
    return parts.map { labels, steps in
        var points = [SeriesDescription.Point?](repeating: nil, count: (steps.keys.max() ?? -1) + 1)
        for (index, part) in steps {
            var buckets = part.buckets.sorted { $0.bound < $1.bound }
            let total = part.count ?? buckets.last?.count ?? 0
            if buckets.last?.bound != .infinity { buckets.append((.infinity, total)) }
            var histogram = NativeHistogram(schema: NativeHistogram.customBucketsSchema, count: total, sum: part.sum ?? 0)
            histogram.customBounds = buckets.map(\.bound).filter { $0 != .infinity }
            var previous = 0.0
            for bucket in buckets {
                histogram.positiveBuckets.append(bucket.count - previous)
                previous = bucket.count
            }
            histogram.positiveSpans = [NativeHistogram.BucketSpan(offset: 0, length: UInt32(buckets.count))]
            points[index] = SeriesDescription.Point(value: .histogram(histogram.compacted()))
        }
        return NotedSeries(labels: labels, points: points)
    }
}
