internal import LinearRegex
internal import QueryModel
internal import TelemetryModel

/// `label_replace` and `label_join`: functions of the labels alone.
enum LabelEdit {
    /// Sets a label to an expanded template where a pattern matches the whole value of another label.
    static func replace(_ arguments: [ArgumentValue]) throws(QueryError) -> [StepSeries] {
        let (destination, template) = (arguments[1].string, ReplacementTemplate(arguments[2].string))
        let (source, expression) = (arguments[3].string, arguments[4].string)
        let pattern: LinearPattern
        do {
            pattern = try LinearPattern(expression, anchored: true)
        } catch {
            throw QueryError(.execution, "invalid regular expression in label_replace(): \(expression)")
        }
        if destination.isEmpty { throw QueryError(.execution, "invalid destination label name in label_replace(): \(destination)") }
        var series = arguments[0].vector
        for index in series.indices {
            let value = series[index].labels[source] ?? ""
            guard let result = pattern.expand(template, firstMatchIn: value) else { continue }
            set(destination, result, &series[index])
        }
        return series
    }

    /// Sets a label to the values of others, joined.
    static func join(_ arguments: [ArgumentValue]) throws(QueryError) -> [StepSeries] {
        let (destination, separator) = (arguments[1].string, arguments[2].string)
        let sources = arguments.dropFirst(3).map(\.string)
        if let wrong = sources.first(where: \.isEmpty) {
            throw QueryError(.execution, "invalid source label name in label_join(): \(wrong)")
        }
        if destination.isEmpty { throw QueryError(.execution, "invalid destination label name in label_join(): \(destination)") }
        var series = arguments[0].vector
        for index in series.indices {
            let values = sources.map { series[index].labels[$0] ?? "" }
            set(destination, values.joined(separator: separator), &series[index])
        }
        return series
    }

    private static func set(_ name: String, _ value: String, _ series: inout StepSeries) {
        series.labels = series.labels.setting(name, value)
        // A metric name given by hand is to stay.
        if name == LabelName.metricName { series.dropsName = false }
    }
}
