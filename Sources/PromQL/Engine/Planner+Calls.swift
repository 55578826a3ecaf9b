internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

extension Planner {
    /// Functions whose value changes with the evaluation time though their arguments do not.
    private static let timeDependent: Set<String> = [
        "days_in_month", "day_of_month", "day_of_week", "day_of_year", "end", "hour", "minute", "month", "year", "predict_linear", "range",
        "start", "step", "time", "timestamp",
    ]

    func call(_ call: FunctionCall) throws(QueryError) -> Planned {
        let name = call.function.name
        if let value = contextValue(name) { return Planned(.number(value), isInvariant: true, isWrapped: false) }
        if name == "info" { return try info(call) }
        if name == "absent_over_time" {
            let (source, isInvariant) = try rangeSource(call.arguments[0].unparenthesized)
            return Planned(.absentOverTime(source, call: call), isInvariant: isInvariant)
        }
        if let function = RangeFunction(rawValue: name) { return try rangeCall(function, call) }

        if name == "timestamp", case .selector(let node) = call.arguments.first?.unparenthesized {
            let plan = try selector(node)
            return Planned(.sampleTime(plan), isInvariant: plan.anchor != nil)
        }
        if name == "start_timestamp", case .selector(let node) = call.arguments.first?.unparenthesized {
            let plan = try selector(node)
            return Planned(.sampleStart(plan), isInvariant: plan.anchor != nil)
        }
        try checkLabelNames(call)
        var planned: [Planned] = []
        for argument in call.arguments { planned.append(try inside(name).planned(argument)) }
        let isInvariant = !Planner.timeDependent.contains(name) && planned.allSatisfy(\.isInvariant)
        let nodes = planned.map { isInvariant ? $0.node : $0.marked }
        if let function = ElementFunction(rawValue: name) {
            // The vector is the first argument of all of them.
            return Planned(
                .elementFunction(function, vector: nodes.first, arguments: Array(nodes.dropFirst()), call: call), isInvariant: isInvariant)
        }
        if let function = VectorFunction(rawValue: name) {
            return Planned(.vectorFunction(function, arguments: nodes, call: call), isInvariant: isInvariant)
        }
        if let function = ScalarFunction(rawValue: name) {
            return Planned(.scalarFunction(function, arguments: nodes, call: call), isInvariant: isInvariant)
        }
        throw QueryError(.badInput, "unknown function with name \"\(name)\"", at: call.position)
    }

    /// Refuses names of labels that are not UTF-8.
    private func checkLabelNames(_ call: FunctionCall) throws(QueryError) {
        let name = call.function.name
        guard name == "label_replace" || name == "label_join" else { return }
        for (index, argument) in call.arguments.enumerated() {
            guard case .string(let literal) = argument.unparenthesized, literal.invalidBytes != nil else { continue }
            if index == 1 {
                throw QueryError(.execution, "invalid destination label name in \(name)(): \(literal.value)", at: literal.position)
            }
            if name == "label_join" && index > 2 {
                throw QueryError(.execution, "invalid source label name in label_join(): \(literal.value)", at: literal.position)
            }
        }
    }

    /// The value of a function that only depends on the times of the query.
    private func contextValue(_ name: String) -> Double? {
        switch name {
        case "start": Double(start) / 1000
        case "end": Double(end) / 1000
        case "range": Double(end - start) / 1000
        case "step": start == end ? 0 : Double(step) / 1000
        default: nil
        }
    }

    private func rangeCall(_ function: RangeFunction, _ call: FunctionCall) throws(QueryError) -> Planned {
        var source: RangeSource?
        var isInvariant = !Planner.timeDependent.contains(function.rawValue)
        var arguments: [Planned] = []
        for argument in call.arguments {
            if argument.type == .matrix {
                let found = try rangeSource(argument.unparenthesized)
                source = found.source
                isInvariant = isInvariant && found.isInvariant
            } else {
                let planned = try self.planned(argument)
                isInvariant = isInvariant && planned.isInvariant
                arguments.append(planned)
            }
        }
        guard let source else { throw QueryError(.badInput, "expected a range vector", at: call.position) }
        let nodes = arguments.map { isInvariant ? $0.node : $0.marked }
        return Planned(.rangeFunction(function, source, arguments: nodes, call: call), isInvariant: isInvariant)
    }

    private func info(_ call: FunctionCall) throws(QueryError) -> Planned {
        let vector = try planned(call.arguments[0])
        var matchers: [LabelMatcher]?
        var isInvariant = vector.isInvariant
        if call.arguments.count > 1 {
            guard case .selector(let selector) = call.arguments[1].unparenthesized else {
                throw QueryError(.badInput, "expected label selectors only", at: call.arguments[1].position)
            }
            matchers = selector.matchers
            isInvariant = isInvariant && selector.anchor != nil
        }
        let (anchor, offset) = try firstSelectorTime(call.arguments[0]) ?? (nil, 0)
        let plan = InfoPlan(
            vector: isInvariant ? vector.node : vector.marked, matchers: matchers, anchor: anchor, offset: offset, position: call.position)
        return Planned(.info(plan), isInvariant: isInvariant)
    }

    /// The anchor and offset of the first selector inside an expression, those of the subqueries around it included; nil where there is none.
    private func firstSelectorTime(_ expression: Expression) throws(QueryError) -> (anchor: Timestamp?, offset: Int64)? {
        switch expression {
        case .number, .string: return nil
        case .selector(let node):
            let plan = try selector(node)
            return (plan.anchor, plan.offset)
        case .range(let node):
            let plan = try selector(node.selector)
            return (plan.anchor, plan.offset)
        case .subquery(let node):
            guard let inner = try firstSelectorTime(node.expression) else { return nil }
            if inner.anchor != nil { return inner }
            let (source, _) = try rangeSource(expression)
            return (source.anchor, inner.offset + source.offset)
        case .parenthesized(let node): return try firstSelectorTime(node.expression)
        case .unary(let node): return try firstSelectorTime(node.operand)
        case .aggregation(let node):
            if let found = try firstSelectorTime(node.expression) { return found }
            guard let parameter = node.parameter else { return nil }
            return try firstSelectorTime(parameter)
        case .binary(let node):
            if let found = try firstSelectorTime(node.left) { return found }
            return try firstSelectorTime(node.right)
        case .call(let node):
            for argument in node.arguments {
                if let found = try firstSelectorTime(argument) { return found }
            }
            return nil
        }
    }
}
