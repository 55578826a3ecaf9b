internal import LabelMatching

/// Long queries in several lines.
extension LogQLPrinter {
    /// The query, broken into lines where it is long, each part below what it belongs to.
    public func prettified(_ query: LogQuery) -> String {
        switch query.root {
        case .logs(let selector): lines(selector, 0)
        case .metric(let expression): lines(expression, 0)
        }
    }

    private func indent(_ level: Int) -> String { String(repeating: "  ", count: level) }

    private func fits(_ text: String) -> Bool { text.utf8.count <= LogQLPrinter.lineLengthMax }

    private func lines(_ selector: LogSelector, _ level: Int) -> String {
        let whole = text(selector)
        if selector.stages.isEmpty || fits(whole) { return indent(level) + whole }
        var lines = [indent(level) + matchers(selector)]
        var filters: [String] = []
        func endFilters() {
            let joined = filters.joined(separator: " ")
            if !filters.isEmpty { lines += (fits(joined) ? [joined] : filters).map { indent(level + 1) + $0 } }
            filters = []
        }
        for stage in selector.stages {
            if case .lineFilter = stage {
                filters.append(text(stage))
            } else {
                endFilters()
                lines.append(indent(level + 1) + text(stage))
            }
        }
        endFilters()
        return lines.joined(separator: "\n")
    }

    private func lines(_ expression: MetricExpression, _ level: Int) -> String {
        let whole = text(expression)
        if fits(whole) { return indent(level) + whole }
        switch expression {
        case .range(let aggregation): return lines(aggregation, level)
        case .vector(let aggregation):
            var arguments: [String] = []
            if aggregation.operation.takesParameter { arguments.append("\(indent(level + 1))\(aggregation.parameter)") }
            arguments.append(lines(aggregation.operand, level + 1))
            return call(aggregation.operation.rawValue + spaced(aggregation.grouping), arguments, level)
        case .binary(let operation):
            let middle = indent(level) + operatorText(operation, separator: ", ")
            let inner = [lines(operation.left, level + 1), middle, lines(operation.right, level + 1)].joined(separator: "\n")
            // Below another operator the parentheses say what belongs together.
            return level == 0 ? inner : "\(indent(level))(\n\(inner)\n\(indent(level)))"
        case .labelReplace(let replacement):
            let arguments = [lines(replacement.operand, level + 1)] + texts(replacement).map { indent(level + 1) + $0 }
            return call("label_replace", arguments, level)
        case .literal, .constantVector: return indent(level) + whole
        }
    }

    private func call(_ name: String, _ arguments: [String], _ level: Int) -> String {
        indent(level) + name + "(\n" + arguments.joined(separator: ",\n") + "\n" + indent(level) + ")"
    }

    private func lines(_ aggregation: RangeAggregation, _ level: Int) -> String {
        var arguments: [String] = []
        if let parameter = aggregation.parameter { arguments.append(indent(level + 1) + text(.literal(parameter))) }
        let range = aggregation.range
        var body = lines(range.selector, level + 1)
        if let unwrap = range.unwrap {
            for line in [head(unwrap)] + unwrap.filters.map({ "| " + text($0) }) { body += "\n" + indent(level + 2) + line }
        }
        body += " [\(QueryDuration.prometheusText(range.intervalNanoseconds))]" + offset(range)
        return call(aggregation.operation.rawValue, arguments + [body], level) + (aggregation.grouping.map { spaced($0) } ?? "")
    }

    private func spaced(_ grouping: Grouping) -> String {
        if grouping.isSingle { return "" }
        return (grouping.isWithout ? " without" : " by") + " (" + grouping.labels.joined(separator: ", ") + ")"
    }
}
