internal import QueryModel
internal import TelemetryModel

/// Joins the series of two vectors on matching labels, and combines the values of those that match.
///
/// Which series belong together is found once for all steps, by the labels they have to agree on; then columns are combined. Of the two
/// sides one is the "one" side (the right one, with `group_right` the left one): at any step at most one of its series may
/// have given matching labels. That is checked only where a group has several series.
struct VectorMatcher {
    private let plan: VectorBinaryPlan
    private let grid: StepGrid
    private let delaysNameRemoval: Bool
    private let budget: QueryBudget
    private var picker: LabelPicker
    private(set) var annotations = QueryAnnotations()

    /// The series that agree in the matching labels.
    private struct Group {
        var labels: LabelSet
        /// Indices into the sides.
        var many: [Int] = []
        var one: [Int] = []
        /// At which steps a pair was combined; empty where nobody has to know.
        var isMatched: [Bool] = []
    }

    private var groups: [Group] = []
    private var groupOfMany: [Int] = []
    private var output: [StepSeries] = []
    /// For matches of many to one: the labels of each group's results so far, with the pairs behind them.
    private var results: [ResultKey: [(many: StepSeries, one: StepSeries)]] = [:]

    private struct ResultKey: Hashable {
        var group: Int
        var labels: LabelKey
    }

    init(_ plan: VectorBinaryPlan, _ grid: StepGrid, delaysNameRemoval: Bool, budget: QueryBudget) {
        self.plan = plan
        self.grid = grid
        self.delaysNameRemoval = delaysNameRemoval
        self.budget = budget
        picker = LabelPicker.matching(plan.matching.labels, isOn: plan.matching.isOn)
    }

    private var isOneToOne: Bool { plan.matching.cardinality == .oneToOne }
    private var isOneLeft: Bool { plan.matching.cardinality == .oneToMany }
    /// What stands for a missing element of the "one" side, and of the other one.
    private var fillOne: Double? { plan.matching.fillRight }
    private var fillMany: Double? { plan.matching.fillLeft }

    mutating func combine(_ left: [StepSeries], _ right: [StepSeries]) throws(QueryError) -> [StepSeries] {
        let (many, one) = isOneLeft ? (right, left) : (left, right)
        formGroups(many, one)
        try checkOneSide(many, one)
        for index in groups.indices where fillMany != nil || (isOneToOne && groups[index].many.count > 1) {
            groups[index].isMatched = [Bool](repeating: false, count: grid.count)
        }
        for (index, element) in many.enumerated() {
            try budget.check()
            let group = groupOfMany[index]
            for partner in groups[group].one { try join(element, one[partner], group) }
            if let fillOne {
                let partner = filler(fillOne, groups[group]) { step in
                    element.column.isPresent(step) && !groups[group].one.contains { one[$0].column.isPresent(step) }
                }
                if let partner { try join(element, partner, group) }
            }
        }
        if let fillMany { try fillUnmatched(fillMany, one) }
        return output
    }

    private mutating func formGroups(_ many: [StepSeries], _ one: [StepSeries]) {
        var places: [LabelKey: Int] = [:]
        func group(of series: StepSeries) -> Int {
            let key = LabelKey(picker.pick(series.labels))
            if let place = places[key] { return place }
            places[key] = groups.count
            groups.append(Group(labels: key.labels))
            return groups.count - 1
        }
        groupOfMany.reserveCapacity(many.count)
        for (index, series) in one.enumerated() { groups[group(of: series)].one.append(index) }
        for (index, series) in many.enumerated() {
            let place = group(of: series)
            groups[place].many.append(index)
            groupOfMany.append(place)
        }
    }

    /// A column of the fill value at the steps that want it, or nil where none does.
    private func filler(_ value: Double, _ group: Group, where isWanted: (Int) -> Bool) -> StepSeries? {
        var column = StepColumn(count: grid.count)
        for step in 0..<grid.count where isWanted(step) { column.values[step] = value }
        return column.isEmpty ? nil : StepSeries(labels: group.labels, column: column)
    }

    /// Combines elements of the "one" side without partner with the fill value.
    private mutating func fillUnmatched(_ fill: Double, _ one: [StepSeries]) throws(QueryError) {
        for index in groups.indices {
            for partner in groups[index].one {
                let isMatched = groups[index].isMatched
                let element = filler(fill, groups[index]) { one[partner].column.isPresent($0) && !isMatched[$0] }
                if let element { try join(element, one[partner], index) }
            }
        }
    }

    // MARK: One pair

    /// Combines the columns of two series of one group.
    private mutating func join(_ many: StepSeries, _ one: StepSeries, _ group: Int) throws(QueryError) {
        let labels = resultLabels(many.labels, one.labels)
        var column: StepColumn
        let tracksMatches = !groups[group].isMatched.isEmpty
        if many.column.hasHistograms || one.column.hasHistograms || plan.operator == .trimLower || plan.operator == .trimUpper {
            var matched: [Bool] = []
            column = combineElements(many.column, one.column, &annotations, &matched)
            if tracksMatches { try noteMatches(matched, group) }
        } else {
            let (left, right) = isOneLeft ? (one.column.values, many.column.values) : (many.column.values, one.column.values)
            column = StepColumn(values: plan.operator.combine(left, right, returnsBool: plan.returnsBool))
            if tracksMatches { try noteMatches(matches(many, one), group) }
        }
        if !isOneToOne { try checkUniqueResult(many, one, group, labels) }
        if column.isEmpty { return }
        output.append(StepSeries(labels: labels, dropsName: plan.returnsBool, column: column))
    }

    /// Element by element, for columns with histograms. `matched` says at which steps there was a result, be it that a comparison left it out.
    private func combineElements(
        _ many: StepColumn, _ one: StepColumn, _ annotations: inout QueryAnnotations, _ matched: inout [Bool]
    ) -> StepColumn {
        var column = StepColumn(count: grid.count)
        matched = [Bool](repeating: false, count: grid.count)
        let (left, right) = isOneLeft ? (one, many) : (many, one)
        for step in 0..<grid.count {
            guard let leftValue = left[step], let rightValue = right[step],
                let outcome = plan.operator.combine(leftValue, rightValue, at: plan.position, &annotations)
            else { continue }
            matched[step] = true
            if plan.returnsBool {
                column.setFloat(step, outcome.keeps ? 1 : 0)
            } else if outcome.keeps {
                column[step] = outcome.value
            }
        }
        return column
    }

    /// At which steps two series are combined.
    private func matches(_ many: StepSeries, _ one: StepSeries) -> [Bool] {
        if many.column.hasHistograms || one.column.hasHistograms {
            var annotations = QueryAnnotations()
            var matched: [Bool] = []
            _ = combineElements(many.column, one.column, &annotations, &matched)
            return matched
        }
        return (0..<grid.count).map { many.column.isPresent($0) && one.column.isPresent($0) }
    }

    private func resultLabels(_ many: LabelSet, _ one: LabelSet) -> LabelSet {
        let matching = plan.matching
        var labels = many
        if plan.operator.changesMeaning || (plan.returnsBool && !delaysNameRemoval) { labels = labels.droppingMetadata() }
        if isOneToOne {
            labels = matching.isOn ? labels.keeping(matching.labels) : matching.labels.isEmpty ? labels : labels.removing(matching.labels)
        }
        if !matching.include.isEmpty {
            var builder = LabelSetBuilder(labels)
            for name in matching.include { builder.set(name, one[name] ?? "") }
            labels = builder.build()
        }
        return labels
    }
}

// MARK: What is not allowed

extension VectorMatcher {
    /// Refuses two series of the "one" side in one group that have a value at the same step, where the other vector has any value.
    private func checkOneSide(_ many: [StepSeries], _ one: [StepSeries]) throws(QueryError) {
        var worst: (step: Int, series: Int, other: Int, group: Int)?
        var isActive: [Bool]?
        for (index, group) in groups.enumerated() where group.one.count > 1 {
            if isActive == nil, fillOne == nil, fillMany == nil {
                isActive = (0..<grid.count).map { step in many.contains { $0.column.isPresent(step) } }
            }
            for step in 0..<grid.count where isActive?[step] ?? true {
                if let worst, worst.step < step { break }
                var first: Int?
                for member in group.one where one[member].column.isPresent(step) {
                    guard let other = first else {
                        first = member
                        continue
                    }
                    if let known = worst, known.step == step, known.series < member { break }
                    worst = (step, member, other, index)
                    break
                }
            }
        }
        guard let worst else { return }
        let names = [one[worst.series].labels.bracedText, one[worst.other].labels.bracedText].sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        throw QueryError(
            .execution,
            "found duplicate series for the match group \(groups[worst.group].labels.matchGroupText) on the \(isOneLeft ? "left" : "right") "
                + "hand-side of the operation: [\(names[0]), \(names[1])];many-to-many matching not allowed: "
                + "matching labels must be unique on one side")
    }

    private mutating func noteMatches(_ matched: [Bool], _ group: Int) throws(QueryError) {
        for step in matched.indices where matched[step] {
            if isOneToOne && groups[group].isMatched[step] {
                throw QueryError(
                    .execution, "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
            }
            groups[group].isMatched[step] = true
        }
    }

    /// Refuses two results with the same labels at the same step within a group, be it that a comparison leaves them out.
    private mutating func checkUniqueResult(_ many: StepSeries, _ one: StepSeries, _ group: Int, _ labels: LabelSet) throws(QueryError) {
        if groups[group].many.count < 2 && fillMany == nil { return }
        let key = ResultKey(group: group, labels: LabelKey(labels))
        guard let earlier = results[key] else {
            results[key] = [(many, one)]
            return
        }
        let matched = matches(many, one)
        for pair in earlier {
            let other = matches(pair.many, pair.one)
            if matched.indices.contains(where: { matched[$0] && other[$0] }) {
                throw QueryError(.execution, "multiple matches for labels: grouping labels must ensure unique matches")
            }
        }
        results[key] = earlier + [(many, one)]
    }
}

extension LabelSet {
    /// The labels in braces, as messages on matching show them.
    fileprivate var matchGroupText: String { bracedText }
}
