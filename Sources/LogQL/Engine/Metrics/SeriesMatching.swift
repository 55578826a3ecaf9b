internal import TelemetryModel

/// Which series of two sides agree in the labels that count: they are in the same group.
struct SeriesMatching {
    private(set) var leftGroups: [Int] = []
    private(set) var rightGroups: [Int] = []
    private(set) var groupCount = 0

    init(_ matching: VectorMatching, _ left: [StepSeries], _ right: [StepSeries]) {
        var places: [LabelSet: Int] = [:]
        func groups(_ series: [StepSeries]) -> [Int] {
            series.map { element in
                let labels = element.labels.withoutEmptyValues
                let key = matching.isOn ? labels.keeping(matching.labels) : labels.removing(matching.labels)
                let place = places[key] ?? places.count
                places[key] = place
                return place
            }
        }
        leftGroups = groups(left)
        rightGroups = groups(right)
        groupCount = places.count
    }
}

/// `and`, `or` and `unless`.
struct SetOperation {
    private let operation: BinaryOperation
    private let grid: StepGrid

    init(_ operation: BinaryOperation, grid: StepGrid) {
        self.operation = operation
        self.grid = grid
    }

    func apply(_ left: [StepSeries], _ right: [StepSeries]) -> [StepSeries] {
        let matching = SeriesMatching(operation.matching, left, right)
        switch operation.operator {
        case .and: return filtered(left, matching.leftGroups, by: right, matching.rightGroups, matching.groupCount) { $0 }
        case .unless: return filtered(left, matching.leftGroups, by: right, matching.rightGroups, matching.groupCount) { !$0 }
        default: return left + filtered(right, matching.rightGroups, by: left, matching.leftGroups, matching.groupCount) { !$0 }
        }
    }

    /// The elements of one side for which it is as it should be that the other one has an element of their group at the step.
    private func filtered(
        _ series: [StepSeries], _ groups: [Int], by others: [StepSeries], _ otherGroups: [Int], _ groupCount: Int, _ keeps: (Bool) -> Bool
    ) -> [StepSeries] {
        var isThere = [Bool](repeating: false, count: groupCount * grid.count)
        for (other, group) in zip(others, otherGroups) {
            for step in 0..<grid.count where other.isPresent(step) { isThere[group * grid.count + step] = true }
        }
        return zip(series, groups).map { element, group in
            var result = element
            for step in 0..<grid.count where !keeps(isThere[group * grid.count + step]) { result.values[step] = StepSeries.absent }
            return result
        }
    }
}
