public import GraphImage
internal import PromQL
internal import QueryModel

extension QuantityUnit {
    /// What the names of the metrics in an expression say about the unit of its value.
    ///
    /// A rate of seconds is a ratio of time and has no unit; a quantile over a histogram of seconds, or its sum over its count, has.
    public static func inferred(from expression: String) -> QuantityUnit {
        guard let expression = try? PromQLParser(features: .all).parse(expression) else { return .none }
        return unit(of: expression)
    }

    private static func unit(of expression: Expression) -> QuantityUnit {
        switch expression {
        case .selector(let node): unit(ofName: node.name ?? "")
        case .range(let node): unit(ofName: node.selector.name ?? "")
        case .subquery(let node): unit(of: node.expression)
        case .parenthesized(let node): unit(of: node.expression)
        case .unary(let node): unit(of: node.operand)
        case .aggregation(let node):
            switch node.operator {
            case .count, .group, .countValues, .stdvar: QuantityUnit.none
            default: unit(of: node.expression)
            }
        case .call(let node): unit(of: node)
        case .binary(let node): unit(of: node)
        case .number, .string: .none
        }
    }

    private static func unit(of node: FunctionCall) -> QuantityUnit {
        let inner = node.arguments.map { unit(of: $0) }
        switch node.function.name {
        case "rate", "irate", "deriv": return inner.first == .bytes ? .bytes : .none
        case "histogram_quantile", "quantile_over_time": return inner.count > 1 ? histogramUnit(node.arguments[1]) : .none
        case "histogram_avg", "histogram_sum": return inner.isEmpty ? .none : histogramUnit(node.arguments[0])
        case "count_over_time", "changes", "resets", "absent", "absent_over_time", "histogram_count", "histogram_fraction", "timestamp":
            return .none
        default: return inner.first { $0 != .none } ?? .none
        }
    }

    /// The unit of what a histogram observes, whatever rate is taken of its buckets.
    private static func histogramUnit(_ expression: Expression) -> QuantityUnit {
        switch expression {
        case .call(let node): node.arguments.lazy.map { histogramUnit($0) }.first { $0 != .none } ?? .none
        case .aggregation(let node): histogramUnit(node.expression)
        case .parenthesized(let node): histogramUnit(node.expression)
        case .binary(let node): histogramUnit(node.left)
        default: unit(of: expression)
        }
    }

    private static func unit(of node: BinaryOperation) -> QuantityUnit {
        let (left, right) = (unit(of: node.left), unit(of: node.right))
        switch node.operator {
        case .add, .subtract, .modulo, .trimLower, .trimUpper: return left != .none ? left : right
        case .multiply: return left == .none || right == .none ? (left == .none ? right : left) : .none
        case .divide:
            // The sum of a histogram over its count is a mean.
            if left == .none && right == .none && hasSuffix("_sum", node.left) && hasSuffix("_count", node.right) {
                return histogramUnit(node.left)
            }
            return right == .none ? left : .none
        case .and, .or, .unless: return left
        case _ where node.operator.isComparison: return node.returnsBool ? .none : left != .none ? left : right
        default: return .none
        }
    }

    private static func hasSuffix(_ suffix: String, _ expression: Expression) -> Bool {
        switch expression {
        case .selector(let node): node.name?.hasSuffix(suffix) ?? false
        case .range(let node): node.selector.name?.hasSuffix(suffix) ?? false
        case .call(let node): node.arguments.contains { hasSuffix(suffix, $0) }
        case .aggregation(let node): hasSuffix(suffix, node.expression)
        case .parenthesized(let node): hasSuffix(suffix, node.expression)
        default: false
        }
    }

    private static func unit(ofName name: String) -> QuantityUnit {
        var parts = name.split(separator: "_")
        if let last = parts.last, ["total", "sum", "bucket", "max", "min"].contains(last) { parts.removeLast() }
        switch parts.last {
        case "bytes": return .bytes
        case "seconds": return .seconds
        case "ratio": return .ratio
        default: return .none
        }
    }
}
