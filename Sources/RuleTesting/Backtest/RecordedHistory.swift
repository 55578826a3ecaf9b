public import PromQL
public import QueryModel
public import Rules
public import TelemetryModel

extension ExpressionHistory {
    /// What a recording rule writes of its expression's values: the rule's name and labels over those of the elements.
    public func recorded(by rule: Rule) -> ExpressionHistory {
        var result = ExpressionHistory()
        for element in series {
            var builder = LabelSetBuilder(element.labels)
            builder.set(LabelName.metricName, rule.name)
            for label in rule.labels { builder.set(label.name, label.value) }
            let labels = builder.build()
            for (time, value) in zip(element.times, element.values) { result.append(labels, time, value) }
        }
        return result
    }

    /// Adds the values to series in memory, as if they had been written step by step: where a value does not follow the one before it by one
    /// step, the series ended in between.
    public func add(to source: inout MemorySource, step: Int64) {
        for element in series {
            for (index, time) in element.times.enumerated() {
                source.append(element.labels, time, .float(element.values[index]))
                let following = index + 1 < element.times.count ? element.times[index + 1] : .max
                if following > time + step { source.append(element.labels, time + step, .float(StaleMarker.value)) }
            }
        }
    }

    /// The values of an expression over series in memory, at every step of a range.
    ///
    /// - Parameter stepsMax: how many steps are evaluated at a time.
    /// - Throws: what the engine throws.
    public static func evaluating(
        _ expression: Expression, at times: TimeRange, step: Int64, over source: MemorySource, engine: QueryEngine, stepsMax: Int64 = 2000
    ) throws(QueryError) -> ExpressionHistory {
        var history = ExpressionHistory()
        var start = times.start
        while start <= times.end {
            let end = min(times.end, start + (stepsMax - 1) * step)
            let answer = try engine.evaluate(
                expression, times: .range(start: start, end: end, stepMilliseconds: step), source: source, budget: QueryBudget())
            if case .matrix(let matrix) = answer.value { history.append(matrix) }
            start = end - (end - start) % step + step
        }
        return history
    }

    private mutating func append(_ matrix: [MatrixSeries]) {
        for series in matrix {
            // Of native histograms only the times count, as for an alert.
            var points = Array(zip(series.samples.timestamps, series.samples.values))
            if !series.samples.histograms.isEmpty {
                points += series.samples.histograms.map { ($0.timestamp, 0) }
                points.sort { $0.0 < $1.0 }
            }
            for (time, value) in points { append(series.labels, time, value) }
        }
    }
}
