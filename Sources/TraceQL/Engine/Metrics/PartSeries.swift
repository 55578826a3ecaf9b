internal import TelemetryModel

extension MetricsQueryPart {
    /// The series of what was counted in all tables.
    func series(_ tally: PartTally, _ grid: IntervalGrid) -> SeriesSet {
        if case .quantileOverTime(_, let quantiles) = aggregate.function { return quantileSeries(tally, quantiles, grid) }
        var set = SeriesSet(
            tally.groups.map { group in
                ComputedSeries(labels: labels(group.key), values: values(group, grid), exemplars: exemplars(group))
            })
        // Without groups nothing is counted as zero.
        if case .count = measure, aggregate.by.isEmpty, tally.groups.isEmpty {
            set.add(ComputedSeries(labels: labels(PartTally.Key(values: [])), values: [Double](repeating: 0, count: grid.count)))
        }
        return set
    }

    /// Fields without a value are left out, unless that leaves none.
    private func labels(_ key: PartTally.Key) -> [SeriesLabel] {
        var labels: [SeriesLabel] = []
        for (field, value) in zip(aggregate.by, key.values) where !value.isNone {
            labels.append(SeriesLabel(name: QueryPrinter.field(field), value: value))
        }
        if let bucket = key.bucket { labels.append(SeriesLabel(name: "__bucket", value: .float(BucketColumn.end(bucket)))) }
        if !labels.isEmpty { return labels }
        if let first = aggregate.by.first { return [SeriesLabel(name: QueryPrinter.field(first), value: .none)] }
        return [SeriesLabel(name: SeriesLabel.functionName, value: .string(functionName))]
    }

    private func values(_ group: PartTally.Group, _ grid: IntervalGrid) -> [Double] {
        switch aggregate.function {
        case .rate:
            let seconds = Double(grid.step) / 1e9
            return group.counts.map { $0 / seconds }
        case .avgOverTime: return zip(group.numbers, group.counts).map { $1 == 0 ? .nan : $0 / $1 }
        default: return group.numbers.isEmpty ? group.counts : group.numbers
        }
    }

    /// The exemplars of a group; what only counts spans takes its values from the series.
    private func exemplars(_ group: PartTally.Group) -> [ComputedSeries.Exemplar] {
        if case .histogramOverTime = aggregate.function {
            return group.exemplars.map {
                var exemplar = $0
                exemplar.value = .nan
                return exemplar
            }
        }
        return group.exemplars
    }

    // MARK: Quantiles

    private func quantileSeries(_ tally: PartTally, _ quantiles: [Double], _ grid: IntervalGrid) -> SeriesSet {
        var order: [[TraceValue]] = []
        var groups: [[TraceValue]: [PartTally.Group]] = [:]
        for group in tally.groups {
            if groups[group.key.values] == nil { order.append(group.key.values) }
            groups[group.key.values, default: []].append(group)
        }
        let all = buckets(tally.groups) { $0.counts.reduce(0, +) }
        let overall = quantiles.map { PowerHistogram.quantile($0, all) }
        var set = SeriesSet()
        for values in order {
            let members = groups[values] ?? []
            var labels = labels(PartTally.Key(values: values))
            if aggregate.by.isEmpty { labels = [] }
            for (place, quantile) in quantiles.enumerated() {
                let numbers = (0..<grid.count).map { interval in
                    PowerHistogram.quantile(quantile, buckets(members) { $0.counts[interval] })
                }
                // An exemplar stands at the quantile to which it is nearest.
                let exemplars = members.flatMap(\.exemplars).filter { nearest(overall, $0.value) == place }
                let label = SeriesLabel(name: "p", value: .float(quantile))
                set.add(ComputedSeries(labels: labels + [label], values: numbers, exemplars: exemplars))
            }
        }
        return set
    }

    private func buckets(_ groups: [PartTally.Group], _ count: (PartTally.Group) -> Double) -> [(end: Double, count: Int)] {
        var counts: [Double: Int] = [:]
        for group in groups {
            guard let bucket = group.key.bucket else { continue }
            let number = Int(count(group))
            if number > 0 { counts[BucketColumn.end(bucket), default: 0] += number }
        }
        return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func nearest(_ values: [Double], _ value: Double) -> Int? {
        values.indices.min { abs(values[$0] - value) < abs(values[$1] - value) }
    }
}
