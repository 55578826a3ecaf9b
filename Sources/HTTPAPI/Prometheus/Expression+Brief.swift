internal import PromQL

extension Expression {
    /// Whether the time it takes to evaluate follows from the series and samples it reads: no step of its own is long.
    var mayBeBrief: Bool {
        switch self {
        case .number, .string, .selector, .range: true
        case .subquery: false
        // A pattern may take long to compile, and info() reads further series.
        case .call(let node): node.arguments.allSatisfy(\.mayBeBrief) && !["label_replace", "info"].contains(node.function.name)
        case .aggregation(let node): (node.parameter?.mayBeBrief ?? true) && node.expression.mayBeBrief
        case .unary(let node): node.operand.mayBeBrief
        case .binary(let node): node.left.mayBeBrief && node.right.mayBeBrief
        case .parenthesized(let node): node.expression.mayBeBrief
        }
    }
}
