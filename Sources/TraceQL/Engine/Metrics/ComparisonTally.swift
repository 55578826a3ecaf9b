/// How often values of attributes were met among spans that pass a filter, and among those that do not.
struct ComparisonTally: Sendable {
    struct Key: Sendable, Hashable {
        var isSelection: Bool
        /// As it is printed.
        var field: String
        /// Nil for all values together.
        var value: TraceValue?
    }

    private(set) var counts: [Key: [Double]] = [:]

    var seriesCount: Int { counts.count }

    mutating func add(_ key: Key, _ more: [Double]) {
        guard var known = counts.removeValue(forKey: key) else {
            counts[key] = more
            return
        }
        for interval in more.indices { known[interval] += more[interval] }
        counts[key] = known
    }

    mutating func add(_ other: ComparisonTally) { for (key, more) in other.counts { add(key, more) } }

    /// Of each attribute the values that were met most often, as many as asked for, and all together.
    func series(_ aggregate: MetricsAggregate) -> SeriesSet {
        guard case .compare(_, let valuesMax, _, _) = aggregate.function else { return SeriesSet() }
        struct Side: Hashable {
            var isSelection: Bool
            var field: String
        }
        var sides: [Side: [(value: TraceValue, counts: [Double], total: Double)]] = [:]
        var set = SeriesSet()
        for (key, counts) in counts {
            guard let value = key.value else {
                set.add(
                    ComputedSeries(labels: labels(key.isSelection ? "selection_total" : "baseline_total", key.field, .none), values: counts)
                )
                continue
            }
            sides[Side(isSelection: key.isSelection, field: key.field), default: []].append((value, counts, counts.reduce(0, +)))
        }
        for (side, values) in sides {
            let most = values.sorted { $0.total != $1.total ? $0.total > $1.total : $0.value.plainText.isBefore($1.value.plainText) }
            for value in most.prefix(valuesMax) {
                let labels = labels(side.isSelection ? "selection" : "baseline", side.field, value.value)
                set.add(ComputedSeries(labels: labels, values: value.counts))
            }
        }
        return set
    }

    private func labels(_ kind: String, _ field: String, _ value: TraceValue) -> [SeriesLabel] {
        [SeriesLabel(name: "__meta_type", value: .string(kind)), SeriesLabel(name: field, value: value)]
    }
}
