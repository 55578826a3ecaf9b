internal import QueryModel
internal import TelemetryModel

/// Answers one metric query.
struct MetricEvaluation {
    let expression: MetricExpression
    let grid: StepGrid
    let options: LogEngineOptions
    let source: any LogSource
    let budget: QueryBudget

    // MARK: Answers

    func range() throws(QueryError) -> MetricAnswer {
        var statistics = LogStatistics()
        let series: [StepSeries]
        if case .literal(let value) = expression {
            series = [StepSeries(LabelSet(), values: [Double](repeating: value, count: grid.count))]
        } else {
            series = try evaluate(expression, &statistics)
        }
        var samples: [LabelSet: SampleColumns] = [:]
        for element in series where !element.isEmpty {
            for step in 0..<grid.count where element.isPresent(step) {
                samples[element.labels, default: SampleColumns()].append(grid.milliseconds(step), element.values[step])
            }
            if samples.count > options.seriesMax { throw tooManySeries }
        }
        let matrix = samples.map { labels, samples in MatrixSeries(labels: labels, samples: MetricEvaluation.sorted(samples)) }
        statistics.entriesReturned = matrix.reduce(0) { $0 + $1.samples.count }
        return MetricAnswer(value: .matrix(matrix.sorted { $0.labels < $1.labels }), statistics: statistics)
    }

    /// Series of the same labels that take turns come one after the other.
    private static func sorted(_ samples: SampleColumns) -> SampleColumns {
        let times = samples.timestamps
        if zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }) { return samples }
        var sorted = SampleColumns()
        for index in times.indices.sorted(by: { times[$0] < times[$1] }) { sorted.append(times[index], samples.values[index]) }
        return sorted
    }

    func instant() throws(QueryError) -> MetricAnswer {
        var statistics = LogStatistics()
        let time = grid.milliseconds(0)
        if case .literal(let value) = expression {
            return MetricAnswer(value: .scalar(Sample(timestamp: time, value: value)), statistics: statistics)
        }
        let series = try evaluate(expression, &statistics)
        var vector: [VectorSample] = []
        for element in series where element.isPresent(0) {
            vector.append(VectorSample(labels: element.labels, timestamp: time, value: .float(element.values[0])))
        }
        if vector.count > options.seriesMax { throw tooManySeries }
        if !MetricEvaluation.isSorted(expression) { vector.sort { $0.labels < $1.labels } }
        statistics.entriesReturned = vector.count
        return MetricAnswer(value: .vector(vector), statistics: statistics)
    }

    private var tooManySeries: QueryError {
        QueryError(
            .execution,
            "maximum number of series (\(options.seriesMax)) reached for a single query; consider reducing query cardinality by adding "
                + "more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()"
        )
    }

    /// Whether the order of the answer is that of values.
    private static func isSorted(_ expression: MetricExpression) -> Bool {
        switch expression {
        case .vector(let aggregation):
            aggregation.operation == .sort || aggregation.operation == .sortDescending || isSorted(aggregation.operand)
        case .binary(let operation): isSorted(operation.left) || isSorted(operation.right)
        case .labelReplace(let replacement): isSorted(replacement.operand)
        case .range, .literal, .constantVector: false
        }
    }

    // MARK: Expressions

    private func evaluate(_ expression: MetricExpression, _ statistics: inout LogStatistics) throws(QueryError) -> [StepSeries] {
        try budget.check()
        switch expression {
        case .range(let aggregation): return try evaluate(aggregation, groupedBy: nil, &statistics)
        case .vector(let aggregation): return try evaluate(aggregation, &statistics)
        case .binary(let operation): return try evaluate(operation, &statistics)
        case .constantVector(let value): return [StepSeries(LabelSet(), values: [Double](repeating: value, count: grid.count))]
        case .labelReplace(let replacement):
            return LabelReplacer(replacement).replace(in: try evaluate(replacement.operand, &statistics))
        case .literal: throw QueryError(.execution, "a number stands where series are needed: wrap it in vector()")
        }
    }

    private func evaluate(
        _ aggregation: RangeAggregation, groupedBy outer: Grouping?, _ statistics: inout LogStatistics
    ) throws(QueryError) -> [StepSeries] {
        let plan = try RangePlan(aggregation, groupedBy: outer)
        return try RangeEvaluation(plan: plan, grid: grid, budget: budget, threads: budget.isBrief ? 1 : options.threadsPerQuery)
            .run(source, &statistics)
    }

    private func evaluate(_ aggregation: VectorAggregation, _ statistics: inout LogStatistics) throws(QueryError) -> [StepSeries] {
        let operand: [StepSeries]
        if aggregation.operation == .sum, case .range(let range) = aggregation.operand, range.grouping == nil, range.operation.isAdditive {
            // Labels that the sum leaves out need not be looked at at all.
            operand = try evaluate(range, groupedBy: aggregation.grouping, &statistics)
        } else {
            operand = try evaluate(aggregation.operand, &statistics)
        }
        return try VectorAggregator(aggregation, grid: grid, budget: budget).aggregate(operand)
    }

    private func evaluate(_ operation: BinaryOperation, _ statistics: inout LogStatistics) throws(QueryError) -> [StepSeries] {
        if case .literal(let value) = operation.left {
            return ScalarOperation(operation, value, isLeft: true).apply(to: try evaluate(operation.right, &statistics))
        }
        if case .literal(let value) = operation.right {
            return ScalarOperation(operation, value, isLeft: false).apply(to: try evaluate(operation.left, &statistics))
        }
        let left = try evaluate(operation.left, &statistics)
        let right = try evaluate(operation.right, &statistics)
        if operation.operator.isSetOperator { return SetOperation(operation, grid: grid).apply(left, right) }
        return try VectorMatcher(operation, grid: grid, budget: budget).combine(left, right)
    }
}

extension RangeAggregation.Operation {
    /// Whether results of parts can be added up.
    var isAdditive: Bool { reduction == .sum }

    /// How samples that are in the same windows become one, where that is possible.
    var reduction: Reduction? {
        switch self {
        case .count, .rate, .bytes, .bytesRate, .sum: .sum
        case .maximum: .maximum
        case .minimum: .minimum
        default: nil
        }
    }

    enum Reduction {
        case sum, maximum, minimum

        /// One sample of two. What is no number counts only where there is nothing else.
        func combine(_ left: Double, _ right: Double) -> Double {
            switch self {
            case .sum: left + right
            case .maximum: right > left || left.isNaN ? right : left
            case .minimum: right < left || left.isNaN ? right : left
            }
        }

        /// One sample of so many equal ones.
        func repeated(_ value: Double, _ count: Int) -> Double { self == .sum ? Double(count) * value : value }
    }
}
