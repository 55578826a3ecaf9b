internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Turns an expression into a plan for given times.
struct Planner {
    let start: Timestamp
    let end: Timestamp
    /// Milliseconds; 0 for an instant query.
    let step: Int64
    let defaultStep: Int64
    /// Whether what is planned stands inside a call that takes count or sum of histograms.
    private var isInStatistics = false
    /// Whether it stands inside something that needs the buckets of histograms.
    private var needsBuckets = false

    init(start: Timestamp, end: Timestamp, step: Int64, defaultStep: Int64) {
        self.start = start
        self.end = end
        self.step = step
        self.defaultStep = defaultStep
    }

    /// The planner for the arguments of a call.
    func inside(_ function: String) -> Planner {
        var planner = self
        switch function {
        case "histogram_count", "histogram_sum", "histogram_avg": planner.isInStatistics = true
        case "histogram_quantile", "histogram_quantiles", "histogram_fraction": planner.needsBuckets = true
        default: break
        }
        return planner
    }

    /// The planner for what needs buckets: a subquery, or the operands of trimming.
    func insideBuckets() -> Planner {
        var planner = self
        planner.needsBuckets = true
        return planner
    }

    /// A planned node, and whether its value is the same at all steps.
    struct Planned {
        var node: PlanNode
        var isInvariant: Bool
        /// Whether it is worth evaluating once: literals and range vectors are not.
        var isWrapped: Bool

        init(_ node: PlanNode, isInvariant: Bool = false, isWrapped: Bool? = nil) {
            self.node = node
            self.isInvariant = isInvariant
            self.isWrapped = isWrapped ?? isInvariant
        }

        /// The node, marked where it is invariant.
        var marked: PlanNode { isInvariant && isWrapped ? .stepInvariant(node) : node }
    }

    /// Plans a whole query.
    func plan(_ expression: Expression) throws(QueryError) -> PlanNode {
        switch expression.unparenthesized {
        case .range, .subquery: .matrix(try rangeSource(expression.unparenthesized).source)
        default: try planned(expression).marked
        }
    }

    func planned(_ expression: Expression) throws(QueryError) -> Planned {
        switch expression {
        case .number(let node): return Planned(.number(node.value), isInvariant: true, isWrapped: false)
        case .string(let node): return Planned(.string(node.value), isInvariant: true, isWrapped: false)
        case .parenthesized(let node): return try planned(node.expression)
        case .selector(let node):
            let plan = try selector(node)
            return Planned(.selector(plan), isInvariant: plan.anchor != nil)
        case .unary(let node):
            let operand = try planned(node.operand)
            guard node.isNegation else { return operand }
            if case .number(let value) = operand.node { return Planned(.number(-value), isInvariant: true, isWrapped: false) }
            return Planned(.negation(operand.node), isInvariant: operand.isInvariant, isWrapped: operand.isWrapped)
        case .aggregation(let node): return try aggregation(node)
        case .binary(let node): return try binary(node)
        case .call(let node): return try call(node)
        case .range, .subquery:
            throw QueryError(.badInput, "a range vector cannot be evaluated here", at: expression.position)
        }
    }

    func selector(_ node: VectorSelector) throws(QueryError) -> SelectorPlan {
        SelectorPlan(
            matchers: node.matchers, offset: try milliseconds(node.offset, allowsNegative: true) ?? 0, anchor: time(of: node.anchor),
            boundary: node.boundary, needsStatisticsOnly: isInStatistics && !needsBuckets, position: node.position)
    }

    private func time(of anchor: TimeAnchor?) -> Timestamp? {
        switch anchor {
        case nil: nil
        case .timestamp(let time): time.clamped
        case .start: start
        case .end: end
        }
    }

    /// The source of a range vector, and whether it is anchored.
    func rangeSource(_ expression: Expression) throws(QueryError) -> (source: RangeSource, isInvariant: Bool) {
        switch expression {
        case .range(let node):
            let plan = try selector(node.selector)
            let range = try milliseconds(node.range, allowsNegative: false) ?? 0
            return (.selector(plan, range: range, position: node.position), plan.anchor != nil)
        case .subquery(let node):
            let inner = try insideBuckets().planned(node.expression)
            let range = try milliseconds(node.range, allowsNegative: false) ?? 0
            let plan = SubqueryPlan(
                node: inner.isInvariant ? .stepInvariant(inner.node) : inner.node, range: range,
                step: try milliseconds(node.step, allowsNegative: false) ?? defaultStep,
                offset: try milliseconds(node.offset, allowsNegative: true) ?? 0, anchor: time(of: node.anchor), position: node.position)
            return (.subquery(plan), plan.anchor != nil)
        default:
            throw QueryError(.badInput, "expected a range vector", at: expression.position)
        }
    }

    private func aggregation(_ node: Aggregation) throws(QueryError) -> Planned {
        let operand = try planned(node.expression)
        let parameter: PlanNode?
        if case .string(let name)? = node.parameter?.unparenthesized, name.invalidBytes != nil || name.value.isEmpty {
            throw QueryError(.execution, "invalid label name \(name.quoted)", at: name.position)
        }
        // Prometheus does not look for what is the same at all steps in here, which shows in the count of samples.
        if let expression = node.parameter { parameter = try planned(expression).node } else { parameter = nil }
        let plan = AggregationPlan(
            operator: node.operator, node: operand.node, parameter: parameter,
            parameterPosition: node.parameter?.unparenthesized.position ?? node.position, grouping: node.grouping,
            isWithout: node.isWithout, operandPosition: node.expression.unparenthesized.position, position: node.position)
        return Planned(.aggregation(plan), isInvariant: operand.isInvariant)
    }

    private func binary(_ node: BinaryOperation) throws(QueryError) -> Planned {
        let planner = node.operator == .trimLower || node.operator == .trimUpper ? insideBuckets() : self
        let left = try planner.planned(node.left)
        let right = try planner.planned(node.right)
        let isInvariant = left.isInvariant && right.isInvariant
        let leftNode = isInvariant ? left.node : left.marked
        let rightNode = isInvariant ? right.node : right.marked
        switch (node.left.type, node.right.type) {
        case (.scalar, .scalar):
            return Planned(.scalarBinary(node.operator, leftNode, rightNode), isInvariant: isInvariant)
        case (.vector, .vector):
            let matching = node.matching ?? VectorMatching(cardinality: node.operator.isSet ? .manyToMany : .oneToOne)
            return Planned(
                .vectorBinary(
                    VectorBinaryPlan(
                        operator: node.operator, left: leftNode, right: rightNode, matching: matching, returnsBool: node.returnsBool,
                        position: node.position)), isInvariant: isInvariant)
        default:
            let isSwapped = node.left.type == .scalar
            return Planned(
                .vectorScalar(
                    VectorScalarPlan(
                        operator: node.operator, vector: isSwapped ? rightNode : leftNode, scalar: isSwapped ? leftNode : rightNode,
                        isSwapped: isSwapped, returnsBool: node.returnsBool, position: node.position)), isInvariant: isInvariant)
        }
    }
}
