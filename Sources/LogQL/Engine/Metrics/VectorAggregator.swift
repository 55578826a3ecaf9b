internal import QueryModel
internal import TelemetryModel

/// Aggregates the series of groups at each step.
struct VectorAggregator {
    private let aggregation: VectorAggregation
    private let grid: StepGrid
    private let budget: QueryBudget

    init(_ aggregation: VectorAggregation, grid: StepGrid, budget: QueryBudget) {
        self.aggregation = aggregation
        self.grid = grid
        self.budget = budget
    }

    private struct Group {
        var labels: LabelSet
        var members: [Int] = []
    }

    func aggregate(_ series: [StepSeries]) throws(QueryError) -> [StepSeries] {
        let groups = groups(of: series)
        switch aggregation.operation {
        case .sort, .sortDescending: return sorted(series, groups)
        case .topK, .bottomK, .approximateTopK: return try selected(series, groups)
        default: break
        }
        var results: [StepSeries] = []
        for group in groups {
            try budget.check()
            var result = StepSeries(group.labels, count: grid.count)
            var states = [State](repeating: State(), count: grid.count)
            for member in group.members {
                series[member].values.withUnsafeBufferPointer { values in
                    for step in 0..<grid.count where !StepSeries.isAbsent(values[step]) {
                        states[step].add(values[step], aggregation.operation)
                    }
                }
            }
            for step in 0..<grid.count where states[step].count > 0 { result.values[step] = states[step].result(aggregation.operation) }
            results.append(result)
        }
        return results
    }

    /// What is known of a group at a step.
    private struct State {
        var count = 0.0
        var value = 0.0
        var mean = 0.0

        mutating func add(_ sample: Double, _ operation: VectorAggregation.Operation) {
            count += 1
            switch operation {
            case .sum: value += sample
            case .average: addToMean(sample)
            case .maximum: if count == 1 || value < sample || value.isNaN { value = sample }
            case .minimum: if count == 1 || value > sample || value.isNaN { value = sample }
            case .deviation, .variance:
                let delta = sample - mean
                mean += delta / count
                if count > 1 { value += delta * (sample - mean) }
            case .count, .topK, .bottomK, .approximateTopK, .sort, .sortDescending: break
            }
        }

        private mutating func addToMean(_ sample: Double) {
            if count == 1 {
                mean = sample
            } else if !mean.isInfinite || sample.isNaN || (sample.isInfinite && (mean > 0) != (sample > 0)) {
                mean += (sample - mean) / count
            }
        }

        func result(_ operation: VectorAggregation.Operation) -> Double {
            switch operation {
            case .average: mean
            case .count: count
            case .deviation: (value / count).squareRoot()
            case .variance: value / count
            default: value
            }
        }
    }

    // MARK: Groups

    private func groups(of series: [StepSeries]) -> [Group] {
        var places: [LabelSet: Int] = [:]
        var groups: [Group] = []
        let names = aggregation.grouping.labels
        for (index, element) in series.enumerated() {
            let key: LabelSet
            if aggregation.grouping.isWithout {
                key = element.labels.removing(names + [LabelName.metricName]).withoutEmptyValues
            } else {
                key = names.isEmpty ? LabelSet() : element.labels.keeping(names)
            }
            let place = places[key] ?? groups.count
            if place == groups.count {
                places[key] = place
                groups.append(Group(labels: key))
            }
            groups[place].members.append(index)
        }
        return groups
    }

    // MARK: Order

    private var putsHighFirst: Bool { aggregation.operation != .bottomK && aggregation.operation != .sort }

    /// Whether a value comes before another one. What is no number comes last.
    private func precedes(_ left: Double, _ right: Double) -> Bool {
        if left.isNaN || right.isNaN { return !left.isNaN }
        return putsHighFirst ? left > right : left < right
    }

    /// The members by their values at a step; of equal ones the first stays first.
    private func ranked(_ members: [Int], _ series: [StepSeries], at step: Int) -> [Int] {
        let present = members.filter { series[$0].isPresent(step) }
        return present.indices.sorted { left, right in
            let (first, second) = (series[present[left]].values[step], series[present[right]].values[step])
            if precedes(first, second) { return true }
            if precedes(second, first) { return false }
            return left < right
        }.map { present[$0] }
    }

    /// All series, in the order of their values where there is one step only.
    private func sorted(_ series: [StepSeries], _ groups: [Group]) -> [StepSeries] {
        if grid.count > 1 { return series }
        return groups.flatMap { group in ranked(group.members, series, at: 0).map { series[$0] } }
    }

    /// The first so many of each group at each step.
    private func selected(_ series: [StepSeries], _ groups: [Group]) throws(QueryError) -> [StepSeries] {
        var results: [StepSeries] = []
        // Ties are decided by labels, not by the order in which series were found.
        let order = series.indices.sorted { series[$0].labels < series[$1].labels }
        var rank = [Int](repeating: 0, count: series.count)
        for (place, index) in order.enumerated() { rank[index] = place }
        for group in groups {
            let members = group.members.sorted { rank[$0] < rank[$1] }
            var kept: [Int: StepSeries] = [:]
            var firstSeen: [Int] = []
            for step in 0..<grid.count {
                try budget.check()
                for member in ranked(members, series, at: step).prefix(aggregation.parameter) {
                    if kept[member] == nil { firstSeen.append(member) }
                    kept[member, default: StepSeries(series[member].labels, count: grid.count)].values[step] = series[member].values[step]
                }
            }
            results += firstSeen.compactMap { kept[$0] }
        }
        return results
    }
}
