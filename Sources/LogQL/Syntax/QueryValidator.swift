internal import LabelMatching

/// Checks what the grammar does not say.
struct QueryValidator {
    static let unbounded =
        "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
        + #"For instance, app=~".*" does not meet this requirement, but app=~".+" will"#

    func check(_ root: LogQuery.Root) throws(SyntaxFault) {
        switch root {
        case .logs(let selector): try check(selector)
        case .metric(let expression): try check(expression)
        }
    }

    private func check(_ selector: LogSelector) throws(SyntaxFault) {
        if selector.matchers.allSatisfy({ $0.matchesEmpty }) { throw SyntaxFault(QueryValidator.unbounded) }
    }

    private func check(_ expression: MetricExpression) throws(SyntaxFault) {
        switch expression {
        case .range(let aggregation): try check(aggregation.range.selector)
        case .vector(let aggregation):
            let isSort = aggregation.operation == .sort || aggregation.operation == .sortDescending
            if isSort && !aggregation.grouping.labels.isEmpty { throw SyntaxFault("sort and sort_desc doesn't allow grouping by ") }
            try check(aggregation.operand)
        case .binary(let operation):
            try check(operation.left)
            try check(operation.right)
        case .labelReplace(let replacement): try check(replacement.operand)
        case .literal, .constantVector: break
        }
    }
}
