internal import QueryModel
internal import TelemetryModel

// Aggregations that choose some of the series: topk, bottomk, limitk, limit_ratio. Series pass one by one; of topk and bottomk only the heaps
// stay in memory.

extension Evaluator {
    func topSeries(_ plan: AggregationPlan, _ parameter: ScalarColumn, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        let isTop = plan.operator == .topk
        var groups = SeriesGroups(plan)
        var heaps: [TopHeaps] = []
        var seen: [(labels: LabelSet, dropsName: Bool)] = []
        let limits = (0..<grid.count).map { Int(Swift.max(0, parameter[$0].isNaN ? 0 : parameter[$0])) }
        try forEachSeries(plan.node, grid) { (series: inout StepSeries) throws(QueryError) in
            let group = groups.index(of: series.labels)
            if group == heaps.count {
                heaps.append(TopHeaps(isTop: isTop, limits: limits))
                try self.memory.take(grid.count * 8)
            }
            let number = seen.count
            seen.append((series.labels, series.dropsName))
            let before = heaps[group].memoryBytes
            heaps[group].offer(series.column.values, series: number)
            try self.memory.take(32 + series.labels.packed.count + heaps[group].memoryBytes - before)
            if series.column.hasHistograms {
                self.annotations.add(
                    QueryAnnotation(
                        .info, "PromQL info: ignored histogram in \(plan.operator.rawValue) aggregation", at: plan.position))
            }
        }
        var result: [StepSeries] = []
        var places: [Int: Int] = [:]
        for group in heaps.indices {
            heaps[group].forEachWinner { (step, series, value) in
                let place = places[series] ?? result.count
                if place == result.count {
                    places[series] = place
                    result.append(
                        StepSeries(labels: seen[series].labels, dropsName: seen[series].dropsName, column: StepColumn(count: grid.count)))
                }
                result[place].column.values[step] = value
            }
        }
        return result
    }

    func limitedSeries(_ plan: AggregationPlan, _ parameter: ScalarColumn, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        var groups = SeriesGroups(plan)
        var taken: [[Int]] = []
        var result: [StepSeries] = []
        let limits = (0..<grid.count).map { Int(Swift.max(0, parameter[$0])) }
        try forEachSeries(plan.node, grid) { (series: inout StepSeries) throws(QueryError) in
            let group = groups.index(of: series.labels)
            if group == taken.count { taken.append([Int](repeating: 0, count: grid.count)) }
            for step in 0..<grid.count where series.column.isPresent(step) {
                if taken[group][step] < limits[step] {
                    taken[group][step] += 1
                } else {
                    series.column.clear(step)
                }
            }
            try self.keep(&series, &result)
        }
        return result
    }

    func sampledSeries(_ plan: AggregationPlan, _ parameter: ScalarColumn, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        var result: [StepSeries] = []
        let ratios = (0..<grid.count).map { Swift.min(1, Swift.max(-1, parameter[$0])) }
        try forEachSeries(plan.node, grid) { (series: inout StepSeries) throws(QueryError) in
            let offset = Double(series.labels.samplingHash) / Double(UInt64.max)
            for step in 0..<grid.count {
                let ratio = ratios[step]
                let isIn = ratio >= 0 ? offset < ratio : offset >= 1 + ratio
                if !isIn { series.column.clear(step) }
            }
            try self.keep(&series, &result)
        }
        return result
    }

    private func keep(_ series: inout StepSeries, _ result: inout [StepSeries]) throws(QueryError) {
        if series.column.isEmpty { return }
        try memory.take(series.column.memoryBytes)
        result.append(StepSeries(labels: series.labels, dropsName: series.dropsName, column: series.takeColumn()))
    }
}

/// The k largest (or smallest) elements of one group at every step, each in a binary heap whose root is the one to go next.
///
/// Ties and NaN are settled exactly as in Prometheus: its heap is the standard one of Go, an equal element does not displace an
/// earlier one, and NaN yields to every number.
struct TopHeaps {
    private struct Entry {
        var value: Double
        var series: Int32
    }

    /// What the heaps take in memory.
    var memoryBytes: Int { entries.count * MemoryLayout<Entry>.stride }

    private let isTop: Bool
    private let limits: [Int]
    /// Room in each heap; grows up to the largest limit.
    private var capacity: Int
    private var entries: [Entry]
    private var counts: [Int]

    init(isTop: Bool, limits: [Int]) {
        self.isTop = isTop
        self.limits = limits
        capacity = Swift.max(1, Swift.min(8, limits.max() ?? 1))
        counts = [Int](repeating: 0, count: limits.count)
        entries = [Entry](repeating: Entry(value: 0, series: 0), count: capacity * limits.count)
    }

    /// Whether `left` leaves the heap before `right`.
    @inline(__always)
    private func precedes(_ left: Double, _ right: Double) -> Bool { left.isNaN || (isTop ? left < right : left > right) }

    /// Offers the values of one series.
    mutating func offer(_ values: [Double], series: Int) {
        for step in values.indices {
            let value = values[step]
            let limit = limits[step]
            if StepColumn.isAbsent(value) || limit == 0 { continue }
            let count = counts[step]
            if count < limit {
                if count == capacity { grow() }
                let base = step * capacity
                entries[base + count] = Entry(value: value, series: Int32(series))
                counts[step] = count + 1
                // The first element of a heap needs no sifting.
                siftUp(base, count)
            } else {
                let base = step * capacity
                let root = entries[base].value
                if (isTop ? root < value : root > value) || (root.isNaN && !value.isNaN) {
                    entries[base] = Entry(value: value, series: Int32(series))
                    if limit > 1 { siftDown(base, 0, count) }
                }
            }
        }
    }

    private mutating func grow() {
        let larger = capacity * 2
        var moved = [Entry](repeating: Entry(value: 0, series: 0), count: larger * counts.count)
        for step in counts.indices {
            for index in 0..<counts[step] { moved[step * larger + index] = entries[step * capacity + index] }
        }
        entries = moved
        capacity = larger
    }

    private mutating func siftUp(_ base: Int, _ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(entries[base + index].value, entries[base + parent].value) else { return }
            entries.swapAt(base + index, base + parent)
            index = parent
        }
    }

    private mutating func siftDown(_ base: Int, _ start: Int, _ count: Int) {
        var index = start
        while true {
            var child = 2 * index + 1
            if child >= count { return }
            if child + 1 < count, precedes(entries[base + child + 1].value, entries[base + child].value) { child += 1 }
            guard precedes(entries[base + child].value, entries[base + index].value) else { return }
            entries.swapAt(base + child, base + index)
            index = child
        }
    }

    /// Calls the closure for all elements, those of a step from the best to the worst.
    mutating func forEachWinner(_ body: (_ step: Int, _ series: Int, _ value: Double) -> Void) {
        for step in counts.indices {
            let base = step * capacity
            let count = counts[step]
            if count > 1 { sort(base..<base + count) }
            for index in 0..<count { body(step, Int(entries[base + index].series), entries[base + index].value) }
        }
    }

    private mutating func sort(_ range: Range<Int>) {
        if range.count > 12 {
            let isTop = isTop
            entries[range].sort { left, right in
                if left.value.isNaN || right.value.isNaN { return right.value.isNaN && !left.value.isNaN }
                return isTop ? left.value > right.value : left.value < right.value
            }
            return
        }
        // Insertion sort, as Go's sort does for few elements: equal ones keep their order.
        for index in range {
            var place = index
            while place > range.lowerBound, precedes(entries[place - 1].value, entries[place].value) {
                entries.swapAt(place, place - 1)
                place -= 1
            }
        }
    }
}
