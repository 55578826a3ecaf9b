internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

extension VectorFunction {
    /// Computes the function over the whole grid.
    ///
    /// - Throws: ``QueryError`` where an argument is out of its domain.
    func evaluate(_ arguments: [ArgumentValue], _ context: inout FunctionContext) throws(QueryError) -> [StepSeries] {
        switch self {
        case .vector:
            let scalar = arguments[0].scalar
            let values = (0..<context.grid.count).map { scalar[$0] }
            return [StepSeries(labels: LabelSet(), column: StepColumn(values: values))]
        case .absent: return absent(arguments[0].vector, context)
        case .sort, .sortDescending: return sorted(arguments[0].vector, &context)
        case .sortByLabel, .sortByLabelDescending: return sortedByLabels(arguments, &context)
        case .histogramQuantile:
            let quantile = HistogramVector.Quantile(value: arguments[0].scalar, position: context.position(ofArgument: 0))
            var histograms = HistogramVector(arguments[1].vector, position: context.position(ofArgument: 1), &context)
            return histograms.quantiles([quantile], label: nil, &context)
        case .histogramQuantiles:
            let quantiles = arguments.indices.dropFirst(2).map {
                HistogramVector.Quantile(value: arguments[$0].scalar, position: context.position(ofArgument: $0))
            }
            var histograms = HistogramVector(arguments[0].vector, position: context.position(ofArgument: 0), &context)
            return histograms.quantiles(quantiles, label: arguments[1].string, &context)
        case .histogramFraction:
            var histograms = HistogramVector(arguments[2].vector, position: context.position(ofArgument: 2), &context)
            return histograms.fractions(arguments[0].scalar, arguments[1].scalar, &context)
        case .labelReplace: return try LabelEdit.replace(arguments)
        case .labelJoin: return try LabelEdit.join(arguments)
        case .startTimestamp:
            // Of a plain selector the planner makes a look-up of its own; the elements of any other expression have no start.
            return []
        }
    }

    /// 1 where no series has a value, with the labels that the selector fixes.
    private func absent(_ series: [StepSeries], _ context: FunctionContext) -> [StepSeries] {
        var column = StepColumn(values: [Double](repeating: 1, count: context.grid.count))
        for series in series {
            for step in 0..<context.grid.count where series.column.isPresent(step) { column.clear(step) }
        }
        if column.isEmpty { return [] }
        var labels = LabelSet()
        if case .selector(let selector)? = context.call?.arguments.first?.unparenthesized {
            labels = LabelSet(absentFrom: selector.matchers)
        }
        return [StepSeries(labels: labels, column: column)]
    }
}

extension ArgumentValue {
    /// The value of an argument that the type check has found to be a scalar.
    var scalar: ScalarColumn {
        guard case .scalar(let column) = self else { preconditionFailure("BUG: an argument is no scalar") }
        return column
    }

    var vector: [StepSeries] {
        guard case .vector(let series) = self else { preconditionFailure("BUG: an argument is no vector") }
        return series
    }

    var string: String {
        guard case .string(let text) = self else { preconditionFailure("BUG: an argument is no string") }
        return text
    }
}

extension ScalarFunction {
    /// Computes the function at every step.
    func evaluate(_ arguments: [ArgumentValue], _ context: inout FunctionContext) throws(QueryError) -> ScalarColumn {
        let grid = context.grid
        switch self {
        case .pi: return .constant(.pi)
        case .time: return .varying((0..<grid.count).map { Double(grid.time($0)) / 1000 })
        case .scalar: return theOnlyFloat(arguments[0].vector, grid)
        case .maxOf, .minOf:
            let (left, right) = (arguments[0].scalar, arguments[1].scalar)
            let choose = self == .maxOf ? Double.greater : Double.lesser
            if let left = left.constantValue, let right = right.constantValue { return .constant(choose(left, right)) }
            return .varying((0..<grid.count).map { choose(left[$0], right[$0]) })
        }
    }

    /// The float of each step that has exactly one, else NaN.
    private func theOnlyFloat(_ series: [StepSeries], _ grid: StepGrid) -> ScalarColumn {
        var values = [Double](repeating: .nan, count: grid.count)
        var counts = [Int](repeating: 0, count: grid.count)
        for series in series {
            for step in 0..<grid.count where !StepColumn.isAbsent(series.column.values[step]) {
                values[step] = counts[step] == 0 ? series.column.values[step] : .nan
                counts[step] += 1
            }
        }
        return .varying(values)
    }
}
