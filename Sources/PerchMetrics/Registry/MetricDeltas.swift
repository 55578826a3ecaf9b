/// Makes of snapshots what changed from one to the next, for receivers that add up themselves (OTLP's delta temporality).
///
/// Of counters and histograms only those series stay that changed. One that fell began anew, and its whole value is the change. Gauges and
/// summaries stay as they are.
package struct MetricDeltas: Sendable {
    private struct Series: Hashable {
        let family: String
        let labels: MetricLabels
    }

    private var last: [Series: MetricValue] = [:]
    /// When the last snapshot was taken, in nanoseconds since 1970; zero before the first.
    private var lastTime: Int64 = 0

    package init() {}

    /// - Parameters:
    ///   - time: when the snapshot was taken, in nanoseconds since 1970.
    ///   - includesComputed: whether values that are asked for, and would have to be remembered only for this, are changes as well.
    package mutating func changes(
        in families: [MetricFamilySnapshot], time: Int64, includesComputed: Bool
    ) -> [MetricFamilySnapshot] {
        var next: [Series: MetricValue] = [:]
        next.reserveCapacity(last.count)
        let changes = families.compactMap { family -> MetricFamilySnapshot? in
            guard family.kind == .counter || family.kind == .histogram, includesComputed || !family.isComputed else { return family }
            var points: [MetricPoint] = []
            for point in family.points {
                let series = Series(family: family.name, labels: point.labels)
                next[series] = point.value
                let difference = last[series].flatMap { point.value.since($0) }
                let value = difference ?? point.value
                if value.isNothing { continue }
                // A series that was there already has changed since the last snapshot; another since it was made.
                let start = difference != nil ? lastTime : max(point.created, lastTime)
                points.append(MetricPoint(labels: point.labels, value: value, created: start, exemplar: point.exemplar))
            }
            return points.isEmpty ? nil : family.changes(points)
        }
        last = next
        lastTime = time
        return changes
    }
}

extension MetricFamilySnapshot {
    /// The family with other points, which are changes.
    fileprivate func changes(_ points: [MetricPoint]) -> MetricFamilySnapshot {
        var family = MetricFamilySnapshot(
            name: name, sourceName: sourceName, kind: kind, help: help, unit: unit, points: points, isComputed: isComputed)
        family.isDelta = true
        return family
    }
}

extension MetricValue {
    fileprivate var isNothing: Bool {
        switch self {
        case .number(let value): value == 0
        case .histogram(let histogram): histogram.count == 0
        case .summary: false
        }
    }

    /// What was added since an earlier moment; nil where that cannot be told, since counting began anew or in other buckets.
    fileprivate func since(_ earlier: MetricValue) -> MetricValue? {
        switch (self, earlier) {
        case (.number(let value), .number(let before)): value >= before ? .number(value - before) : nil
        case (.histogram(let histogram), .histogram(let before)): histogram.since(before).map { .histogram($0) }
        default: nil
        }
    }
}

extension HistogramSnapshot {
    fileprivate func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot? {
        guard bounds == earlier.bounds, counts.count == earlier.counts.count else { return nil }
        var changes: [UInt64] = []
        changes.reserveCapacity(counts.count)
        for (now, before) in zip(counts, earlier.counts) {
            if now < before { return nil }
            changes.append(now - before)
        }
        var nativeChange: NativeCounts?
        if let native {
            guard let before = earlier.native, let change = native.since(before) else { return nil }
            nativeChange = change
        }
        return HistogramSnapshot(bounds: bounds, counts: changes, sum: sum - earlier.sum, exemplars: exemplars, native: nativeChange)
    }
}
