internal import PushFormats
internal import TelemetryModel

/// What lines of StatsD add up to. Memory is bounded: series that nothing comes of for five minutes end, and further ones are refused while
/// there are too many.
struct StatsDAggregate: Sendable {
    /// One value that is to be written.
    struct Sample: Sendable {
        enum Value: Sendable {
            case float(Double)
            case histogram(NativeHistogram)
        }

        var key: [UInt8]
        var labels: [Label]
        var type: MetricType
        var value: Value
        /// Whether the series was not written before.
        var isNew: Bool
    }

    private struct Series: Sendable {
        var labels: [Label]
        var kind: StatsDLine.Kind
        /// The sum of a counter, or where a gauge stands.
        var value = 0.0
        var counts = ExponentialCounts()
        var members: Set<[UInt8]> = []
        var changed: Timestamp
        var isNew = true
    }

    private var series: [[UInt8]: Series] = [:]
    static let seriesMax = 100_000
    static let membersMax = 100_000
    static let idleMilliseconds: Timestamp = 300_000

    var count: Int { series.count }

    /// Adds a line; false where there are too many series.
    mutating func add(_ line: StatsDLine, now: Timestamp) -> Bool {
        let key = StatsDAggregate.key(of: line)
        if series[key] == nil {
            guard series.count < StatsDAggregate.seriesMax else { return false }
            series[key] = Series(labels: StatsDAggregate.labels(of: line), kind: line.kind, changed: now)
        }
        var isTaken = true
        series[key]?.changed = now
        switch line.kind {
        case .counter: for value in line.values { series[key]?.value += value / line.rate }
        case .gauge: for value in line.values { if line.isRelative { series[key]?.value += value } else { series[key]?.value = value } }
        case .timer: for value in line.values { series[key]?.counts.add(value / 1000, weight: 1 / line.rate) }
        case .histogram: for value in line.values { series[key]?.counts.add(value, weight: 1 / line.rate) }
        case .set:
            for member in line.members {
                if series[key]?.members.count ?? 0 < StatsDAggregate.membersMax {
                    series[key]?.members.insert(member)
                } else {
                    isTaken = false
                }
            }
        }
        return isTaken
    }

    /// What is to be written now. Sets begin anew; series that were silent for long end.
    mutating func flush(now: Timestamp) -> [Sample] {
        var samples: [Sample] = []
        samples.reserveCapacity(series.count)
        for (key, one) in series {
            let isOver = now - one.changed >= StatsDAggregate.idleMilliseconds
            let value: Sample.Value
            let type: MetricType
            switch one.kind {
            case .counter: (value, type) = (.float(one.value), .counter)
            case .gauge: (value, type) = (.float(one.value), .gauge)
            case .set: (value, type) = (.float(Double(one.members.count)), .gauge)
            case .timer, .histogram: (value, type) = (.histogram(one.counts.histogram), .histogram)
            }
            samples.append(
                Sample(key: key, labels: one.labels, type: type, value: isOver ? .float(StaleMarker.value) : value, isNew: one.isNew))
            if isOver {
                series[key] = nil
            } else {
                series[key]?.isNew = false
                series[key]?.members.removeAll(keepingCapacity: true)
            }
        }
        return samples
    }

    /// The same for the same series, whatever the order of tags.
    private static func key(of line: StatsDLine) -> [UInt8] {
        var key = [line.kind.rawValue]
        key.append(contentsOf: line.name)
        for tag in line.tags.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            key.append(0)
            key.append(contentsOf: tag.name)
            key.append(0)
            key.append(contentsOf: tag.value)
        }
        return key
    }

    private static func labels(of line: StatsDLine) -> [Label] {
        var labels: [Label] = []
        for tag in line.tags {
            let label = Label(name: NameSanitizing.labelName(tag.name), value: String(decoding: tag.value, as: UTF8.self))
            labels.removeAll { $0.name == label.name }
            labels.append(label)
        }
        labels.removeAll { $0.name == LabelName.metricName }
        labels.append(Label(name: LabelName.metricName, value: NameSanitizing.metricName(line.name)))
        return labels
    }
}
