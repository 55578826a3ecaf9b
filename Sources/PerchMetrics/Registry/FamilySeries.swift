/// The series of one family at some moment, in the order of their labels. Their values are asked for one after the other, so that an exposition
/// writes each at once, and makes nothing of thousands of series but their text.
struct FamilySeries {
    let header: FamilyHeader
    let sourceName: String
    let children: [Family.Child]
    let collected: [(labels: MetricLabels, value: Double)]
    /// Whether values are asked for, not counted here.
    let isComputed: Bool
    let now: Int64
    let nativeBucketsMax: Int

    /// Shows each series as it is now.
    ///
    /// - Parameters:
    ///   - takesExemplars: whether counters and histograms are asked for their exemplars, and want new ones then.
    ///   - body: is given labels, value, when counting began (nanoseconds since 1970, zero where that is not known), and the exemplar of a counter.
    @inline(__always)
    func forEach(takesExemplars: Bool, _ body: (MetricLabels, MetricValue, Int64, Exemplar?) -> Void) {
        for index in children.indices {
            var exemplar: Exemplar?
            let value: MetricValue
            switch children[index].source {
            case .counter(let counter):
                value = .number(counter.value)
                if takesExemplars { exemplar = counter.exemplar() }
            case .gauge(let gauge): value = .number(gauge.value)
            case .function(let function): value = .number(function())
            case .histogram(let histogram):
                value = .histogram(histogram.snapshot(nativeBucketsMax: nativeBucketsMax, takesExemplars: takesExemplars))
            case .summary(let summary): value = .summary(summary.snapshot(now: now))
            }
            body(children[index].labels, value, children[index].created, exemplar)
        }
        for sample in collected { body(sample.labels, .number(sample.value), 0, nil) }
    }

    /// All of it in memory.
    func snapshot() -> MetricFamilySnapshot {
        var points: [MetricPoint] = []
        points.reserveCapacity(children.count + collected.count)
        forEach(takesExemplars: true) { labels, value, created, exemplar in
            points.append(MetricPoint(labels: labels, value: value, created: created, exemplar: exemplar))
        }
        return MetricFamilySnapshot(
            name: header.name, sourceName: sourceName, kind: header.kind, help: header.help, unit: header.unit, points: points,
            isComputed: isComputed)
    }
}
