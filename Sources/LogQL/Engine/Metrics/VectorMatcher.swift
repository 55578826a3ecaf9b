internal import QueryModel
internal import TelemetryModel

/// Combines the values of series that match. Of the two sides one is the "one" side (the right one, with `group_right` the left one): at any step at
/// most one of its series may have given matching labels.
struct VectorMatcher {
    private let operation: BinaryOperation
    private let grid: StepGrid
    private let budget: QueryBudget

    init(_ operation: BinaryOperation, grid: StepGrid, budget: QueryBudget) {
        self.operation = operation
        self.grid = grid
        self.budget = budget
    }

    private var matching: VectorMatching { operation.matching }
    private var isOneLeft: Bool { matching.cardinality == .oneToMany }

    func combine(_ left: [StepSeries], _ right: [StepSeries]) throws(QueryError) -> [StepSeries] {
        let (many, one) = isOneLeft ? (right, left) : (left, right)
        let matched = SeriesMatching(matching, many, one)
        try checkOneSide(one, matched)
        var partners = [[Int]](repeating: [], count: matched.groupCount)
        for (index, group) in matched.rightGroups.enumerated() { partners[group].append(index) }
        /// At which steps a pair of a group, or with the labels of its result, was there.
        var taken: [TakenKey: [Bool]] = [:]
        var results: [StepSeries] = []
        for (index, element) in many.enumerated() {
            try budget.check()
            let group = matched.leftGroups[index]
            for partner in partners[group] {
                let labels = resultLabels(element.labels, one[partner].labels)
                let key = TakenKey(group: group, labels: matching.cardinality == .oneToOne ? LabelSet() : labels)
                var result = StepSeries(labels, count: grid.count)
                try combine(element, one[partner], into: &result, &taken[key, default: [Bool](repeating: false, count: grid.count)])
                results.append(result)
            }
        }
        return results
    }

    private struct TakenKey: Hashable {
        var group: Int
        var labels: LabelSet
    }

    private func combine(
        _ many: StepSeries, _ one: StepSeries, into result: inout StepSeries, _ taken: inout [Bool]
    ) throws(QueryError) {
        for step in 0..<grid.count where many.isPresent(step) && one.isPresent(step) {
            if taken[step] { throw duplicateMatch }
            taken[step] = true
            let (left, right) = isOneLeft ? (one.values[step], many.values[step]) : (many.values[step], one.values[step])
            let outcome = operation.operator.fold(left, right)
            if operation.operator.isComparison && !operation.returnsBool {
                if outcome != 0 { result.values[step] = left }
            } else {
                result.values[step] = outcome
            }
        }
    }

    private var duplicateMatch: QueryError {
        let reason =
            matching.cardinality == .oneToOne
            ? "many-to-one matching must be explicit (group_left/group_right)" : "grouping labels must ensure unique matches"
        return QueryError(.execution, "multiple matches for labels: " + reason)
    }

    private func checkOneSide(_ one: [StepSeries], _ matched: SeriesMatching) throws(QueryError) {
        var isTaken = [Bool](repeating: false, count: matched.groupCount * grid.count)
        for (element, group) in zip(one, matched.rightGroups) {
            for step in 0..<grid.count where element.isPresent(step) {
                if isTaken[group * grid.count + step] {
                    throw QueryError(
                        .execution,
                        "found duplicate series on the \(isOneLeft ? "left" : "right") hand-side"
                            + ";many-to-many matching not allowed: matching labels must be unique on one side")
                }
                isTaken[group * grid.count + step] = true
            }
        }
    }

    private func resultLabels(_ many: LabelSet, _ one: LabelSet) -> LabelSet {
        var labels = many.withoutEmptyValues
        if matching.cardinality == .oneToOne {
            labels = matching.isOn ? labels.keeping(matching.labels) : labels.removing(matching.labels)
        }
        for name in matching.included ?? [] { labels = labels.setting(name, one[name] ?? "") }
        return labels
    }
}
