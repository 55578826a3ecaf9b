internal import LabelMatching
internal import PromQL
internal import QueryModel

private let nowhere = SourceRange(0, 0)

extension Expression {
    /// The expression without what two texts of the same meaning may differ in: positions and the order of matchers.
    var stripped: Expression {
        switch self {
        case .number(var node):
            node.position = nowhere
            return .number(node)
        case .string(var node):
            node.position = nowhere
            return .string(node)
        case .selector(let node): return .selector(node.stripped)
        case .range(let node): return .range(RangeSelector(selector: node.selector.stripped, range: node.range.stripped, position: nowhere))
        case .subquery(var node):
            node.expression = node.expression.stripped
            node.range = node.range.stripped
            node.step = node.step?.stripped
            node.offset = node.offset?.stripped
            node.position = nowhere
            return .subquery(node)
        case .call(var node):
            node.arguments = node.arguments.map(\.stripped)
            node.position = nowhere
            return .call(node)
        case .aggregation(var node):
            node.expression = node.expression.stripped
            node.parameter = node.parameter?.stripped
            node.position = nowhere
            return .aggregation(node)
        case .unary(var node):
            node.operand = node.operand.stripped
            node.position = nowhere
            return .unary(node)
        case .binary(var node):
            node.left = node.left.stripped
            node.right = node.right.stripped
            node.position = nowhere
            return .binary(node)
        case .parenthesized(let node): return .parenthesized(Parenthesized(expression: node.expression.stripped, position: nowhere))
        }
    }
}

extension VectorSelector {
    fileprivate var stripped: VectorSelector {
        var node = self
        node.matchers.sort { $0.description < $1.description }
        node.offset = offset?.stripped
        node.position = nowhere
        return node
    }
}

extension DurationValue {
    fileprivate var stripped: DurationValue {
        switch self {
        case .milliseconds: return self
        case .number(var literal):
            literal.position = nowhere
            return .number(literal)
        case .step: return .step(nowhere)
        case .range: return .range(nowhere)
        case .negated(let operand, _): return .negated(operand.stripped, nowhere)
        case .binary(let sign, let left, let right, _): return .binary(sign, left.stripped, right.stripped, nowhere)
        case .minimum(let first, let second, _): return .minimum(first.stripped, second.stripped, nowhere)
        case .maximum(let first, let second, _): return .maximum(first.stripped, second.stripped, nowhere)
        case .parenthesized(let inner): return .parenthesized(inner.stripped)
        }
    }
}
