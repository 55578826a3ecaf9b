internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// The groups of an aggregation. Series are fed to their groups one after another; none is kept.
    func aggregate(_ plan: AggregationPlan, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        if plan.operator == .countValues { return try countValues(plan, grid) }
        let parameter: ScalarColumn?
        if let node = plan.parameter { parameter = try scalar(node, grid) } else { parameter = nil }
        let parameterCost = plan.parameter == nil ? SampleCost() : counted.cost
        let range = ParameterRange(parameter, grid)
        let asksForElements: Bool
        switch plan.operator {
        case .topk, .bottomk, .limitk: asksForElements = try checkCount(range)
        case .limitRatio: asksForElements = try checkRatio(range, plan)
        case .quantile:
            warnOfQuantile(range, plan)
            asksForElements = true
        default: asksForElements = true
        }
        if !asksForElements {
            // The operand may be at fault all the same.
            try forEachSeries(plan.node, grid) { (_: inout StepSeries) throws(QueryError) in }
            try count([], after: parameterCost, grid)
            return []
        }
        let result: [StepSeries]
        switch plan.operator {
        case .topk, .bottomk: result = try topSeries(plan, parameter ?? .constant(0), grid)
        case .limitk: result = try limitedSeries(plan, parameter ?? .constant(0), grid)
        case .limitRatio: result = try sampledSeries(plan, parameter ?? .constant(0), grid)
        default: result = try groupedValues(plan, parameter, grid)
        }
        try count(result, after: parameterCost, grid)
        return result
    }

    /// Counts the result of an aggregation whose elements were evaluated last: they are all there until it is.
    private func count(_ result: [StepSeries], after parameter: SampleCost, _ grid: StepGrid) throws(QueryError) {
        var cost = parameter
        cost.then(counted.cost)
        let counts = StepCounts(result, steps: grid.count)
        cost.settle(at: counts.weight)
        counted = PartCount(cost: cost, counts: counts)
        try admit()
    }

    private func groupedValues(_ plan: AggregationPlan, _ parameter: ScalarColumn?, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        var groups = SeriesGroups(plan)
        var accumulators: [GroupAccumulator] = []
        var dropsName: [Bool] = []
        var context = context(nil, grid, position: plan.operandPosition)
        try forEachSeries(plan.node, grid) { (series: inout StepSeries) throws(QueryError) in
            let group = groups.index(of: series.labels)
            if group == accumulators.count {
                accumulators.append(GroupAccumulator(plan.operator, parameter: parameter, grid: grid))
                try self.memory.take(GroupAccumulator.bytesPerStep * grid.count)
                dropsName.append(false)
            }
            if series.dropsName { dropsName[group] = true }
            context.labels = series.labels
            if plan.operator == .quantile { try self.memory.take(series.column.presentCount * 8) }
            try accumulators[group].add(series, &context)
        }
        var result: [StepSeries] = []
        result.reserveCapacity(accumulators.count)
        for group in accumulators.indices {
            let column = try accumulators[group].finish(&context)
            if column.isEmpty { continue }
            result.append(StepSeries(labels: groups.labels[group], dropsName: dropsName[group], column: column))
        }
        annotations.merge(context.annotations)
        return result
    }

    /// `count_values`: how often each value occurs in each group.
    private func countValues(_ plan: AggregationPlan, _ grid: StepGrid) throws(QueryError) -> [StepSeries] {
        guard case .string(let name)? = plan.parameter else { preconditionFailure("BUG: count_values without label name") }
        var picker = LabelPicker.grouping(plan.isWithout ? plan.grouping : plan.grouping + [name], isWithout: plan.isWithout)
        var places: [LabelKey: Int] = [:]
        var result: [StepSeries] = []
        try forEachSeries(plan.node, grid) { (series: inout StepSeries) throws(QueryError) in
            var last: (value: PointValue, group: Int)?
            for step in 0..<grid.count {
                guard let value = series.column[step] else { continue }
                let group: Int
                if let last, Self.haveSameText(last.value, value) {
                    group = last.group
                } else {
                    let text =
                        switch value {
                        case .float(let number): FloatText.fixed(number)
                        case .histogram(let histogram): histogram.description
                        }
                    let key = LabelKey(picker.pick(series.labels.setting(name, text)))
                    group = places[key] ?? result.count
                    if group == result.count {
                        places[key] = group
                        try self.memory.take(grid.count * 8)
                        result.append(StepSeries(labels: key.labels, column: StepColumn(count: grid.count)))
                    }
                    last = (value, group)
                }
                let count = result[group].column.values[step]
                result[group].column.values[step] = StepColumn.isAbsent(count) ? 1 : count + 1
            }
        }
        try count(stepwise: [counted], StepCounts(result, steps: grid.count))
        return result
    }

    /// Whether two values are surely written alike: zero equals negative zero, whose text is another.
    private static func haveSameText(_ left: PointValue, _ right: PointValue) -> Bool {
        guard case .float(let left) = left, case .float(let right) = right else { return false }
        return left.bitPattern == right.bitPattern
    }

    // MARK: Parameters

    /// Whether any step asks for elements at all.
    private func checkCount(_ range: ParameterRange) throws(QueryError) -> Bool {
        if range.max < 1 { return false }
        if range.hasNaN { throw QueryError(.execution, "Parameter value is NaN") }
        if range.min <= Double(Int64.min) {
            throw QueryError(.execution, "Scalar value \(FloatText.general(range.min)) underflows int64")
        }
        if range.max >= Double(Int64.max) {
            throw QueryError(.execution, "Scalar value \(FloatText.general(range.max)) overflows int64")
        }
        return true
    }

    private func checkRatio(_ range: ParameterRange, _ plan: AggregationPlan) throws(QueryError) -> Bool {
        if range.max == 0 && range.min == 0 { return false }
        if range.hasNaN { throw QueryError(.execution, "Ratio value is NaN") }
        func warn(_ value: Double, _ limit: Double) {
            annotations.add(
                QueryAnnotation(
                    .warning,
                    "PromQL warning: ratio value should be between -1 and 1, got \(FloatText.general(value)), capping to \(FloatText.general(limit))",
                    at: plan.parameterPosition))
        }
        if range.max > 1 { warn(range.max, 1) }
        if range.min < -1 { warn(range.min, -1) }
        return true
    }

    private func warnOfQuantile(_ range: ParameterRange, _ plan: AggregationPlan) {
        func warn(_ value: Double) {
            annotations.add(
                QueryAnnotation(
                    .warning, "PromQL warning: quantile value should be between 0 and 1, got \(FloatText.general(value))",
                    at: plan.parameterPosition))
        }
        if range.hasNaN { warn(.nan) }
        if range.max > 1 { warn(range.max) }
        if range.min < 0 { warn(range.min) }
    }
}

/// The extremes of a parameter over the steps.
private struct ParameterRange {
    var min = Double.greatestFiniteMagnitude
    var max = -Double.greatestFiniteMagnitude
    var hasNaN = false

    init(_ parameter: ScalarColumn?, _ grid: StepGrid) {
        switch parameter {
        case nil: (min, max) = (0, 0)
        case .constant(let value): add(value)
        case .varying(let values): for value in values { add(value) }
        }
    }

    private mutating func add(_ value: Double) {
        if value.isNaN {
            (min, max, hasNaN) = (.nan, .nan, true)
        } else {
            // NaN stays, as no comparison with it holds.
            if value < min { min = value }
            if value > max { max = value }
        }
    }
}

/// Finds the group of each series.
struct SeriesGroups {
    private var picker: LabelPicker
    private var places: [LabelKey: Int] = [:]
    /// The labels of the groups, in order of first appearance.
    private(set) var labels: [LabelSet] = []
    private let isOne: Bool

    init(_ plan: AggregationPlan) {
        picker = LabelPicker.grouping(plan.grouping, isWithout: plan.isWithout)
        isOne = !plan.isWithout && plan.grouping.isEmpty
    }

    mutating func index(of series: LabelSet) -> Int {
        if isOne {
            if labels.isEmpty { labels.append(LabelSet()) }
            return 0
        }
        let key = LabelKey(picker.pick(series))
        if let place = places[key] { return place }
        places[key] = labels.count
        labels.append(key.labels)
        return labels.count - 1
    }
}
