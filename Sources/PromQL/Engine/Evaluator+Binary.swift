internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// The series of an operator between a vector and a scalar.
    func forEachVectorScalar(_ plan: VectorScalarPlan, _ grid: StepGrid, _ body: SeriesBody) throws(QueryError) {
        let scalar = try scalar(plan.scalar, grid)
        let scalarPart = counted
        var output = StepCounts(steps: grid.count)
        let dropsName = plan.operator.changesMeaning || plan.returnsBool
        let isTrim = plan.operator == .trimLower || plan.operator == .trimUpper
        try forEachOperand(plan.vector, grid) { (series: inout StepSeries) throws(QueryError) in
            if series.column.hasHistograms || isTrim {
                self.combineElements(&series.column, scalar, plan)
            } else {
                plan.operator.combine(&series.column.values, scalar, isSwapped: plan.isSwapped, returnsBool: plan.returnsBool)
            }
            if output.add(series.column) == 0 { return }
            if dropsName { self.dropName(&series) }
            try body(&series)
        }
        try count(stepwise: plan.isSwapped ? [scalarPart, counted] : [counted, scalarPart], output)
    }

    /// Element by element, for columns with histograms.
    private func combineElements(_ column: inout StepColumn, _ scalar: ScalarColumn, _ plan: VectorScalarPlan) {
        for step in 0..<column.count {
            guard let element = column[step] else { continue }
            let number = PointValue.float(scalar[step])
            let (left, right) = plan.isSwapped ? (number, element) : (element, number)
            guard let outcome = plan.operator.combine(left, right, at: plan.position, &annotations) else {
                column.clear(step)
                continue
            }
            if plan.returnsBool {
                column.setFloat(step, outcome.keeps ? 1 : 0)
            } else if !outcome.keeps {
                column.clear(step)
            } else {
                column[step] = plan.operator.isComparison ? element : outcome.value
            }
        }
    }

    /// The series of an operator between two vectors.
    func binary(_ plan: VectorBinaryPlan, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        let left = try vector(plan.left, grid)
        let leftPart = counted
        let right = try vector(plan.right, grid)
        let rightPart = counted
        var result: [StepSeries]
        switch plan.operator {
        case .and, .or, .unless:
            var sets = VectorSets(plan.operator, plan.matching, grid)
            result = sets.combine(left, right)
        default:
            var matcher = VectorMatcher(plan, grid, delaysNameRemoval: delaysNameRemoval, budget: budget)
            result = left.isEmpty && right.isEmpty ? [] : try matcher.combine(left, right)
            annotations.merge(matcher.annotations)
        }
        try Evaluator.joinDuplicates(&result)
        try count(stepwise: [leftPart, rightPart], StepCounts(result, steps: grid.count))
        return result
    }
}

/// The set operators `and`, `or` and `unless`.
struct VectorSets {
    private let setOperator: BinaryOperator
    private let grid: StepGrid
    private var picker: LabelPicker

    init(_ setOperator: BinaryOperator, _ matching: VectorMatching, _ grid: StepGrid) {
        self.setOperator = setOperator
        self.grid = grid
        picker = LabelPicker.matching(matching.labels, isOn: matching.isOn)
    }

    mutating func combine(_ left: [StepSeries], _ right: [StepSeries]) -> [StepSeries] {
        switch setOperator {
        case .and: return filter(left, by: presence(right), keepsPresent: true)
        case .unless: return filter(left, by: presence(right), keepsPresent: false)
        default: return left + filter(right, by: presence(left), keepsPresent: false)
        }
    }

    /// At which steps each group of matching labels has an element.
    private mutating func presence(_ series: [StepSeries]) -> Presence {
        var presence = Presence()
        for element in series {
            let key = LabelKey(picker.pick(element.labels))
            let group = presence.groups[key] ?? presence.steps.count
            if group == presence.steps.count {
                presence.groups[key] = group
                presence.steps.append([Bool](repeating: false, count: grid.count))
            }
            for step in 0..<grid.count where element.column.isPresent(step) { presence.steps[group][step] = true }
        }
        return presence
    }

    private struct Presence {
        var groups: [LabelKey: Int] = [:]
        /// By group, then by step.
        var steps: [[Bool]] = []
    }

    private mutating func filter(_ series: [StepSeries], by presence: Presence, keepsPresent: Bool) -> [StepSeries] {
        var kept: [StepSeries] = []
        for var element in series {
            if let group = presence.groups[LabelKey(picker.pick(element.labels))] {
                let present = presence.steps[group]
                for step in 0..<grid.count where present[step] != keepsPresent { element.column.clear(step) }
                if element.column.isEmpty { continue }
            } else if keepsPresent {
                continue
            }
            kept.append(element)
        }
        return kept
    }
}
