internal import LinearRegex

/// Comparisons of the query language.
enum ValueComparison {
    /// Whether a comparison holds. Values of types that do not go together never compare, whatever the operator; an array does where any
    /// of its elements does.
    static func holds(_ operation: ComparisonOperator, _ left: TraceValue, _ right: TraceValue) -> Bool {
        if left.type.element != nil {
            if right.type.element != nil { return false }
            return left.elements.contains { holdsForScalars(operation, $0, right) }
        }
        if right.type.element != nil { return right.elements.contains { holdsForScalars(operation, left, $0) } }
        return holdsForScalars(operation, left, right)
    }

    private static func holdsForScalars(_ operation: ComparisonOperator, _ left: TraceValue, _ right: TraceValue) -> Bool {
        switch (left, right) {
        case (.int(let a), .int(let b)), (.duration(let a), .duration(let b)), (.int(let a), .duration(let b)),
            (.duration(let a), .int(let b)):
            return ordered(operation, a, b)
        case (.string(let a), .string(let b)): return texts(operation, a, b)
        case (.bool(let a), .bool(let b)): return equality(operation, a == b)
        case (.status(let a), .status(let b)): return equality(operation, a == b)
        case (.kind(let a), .kind(let b)): return equality(operation, a == b)
        default:
            guard let a = left.number, let b = right.number else { return false }
            return ordered(operation, a, b)
        }
    }

    static func ordered<Number: Comparable>(_ operation: ComparisonOperator, _ a: Number, _ b: Number) -> Bool {
        switch operation {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .matches, .doesNotMatch: false
        }
    }

    private static func equality(_ operation: ComparisonOperator, _ isEqual: Bool) -> Bool {
        switch operation {
        case .equal: isEqual
        case .notEqual: !isEqual
        default: false
        }
    }

    private static func texts(_ operation: ComparisonOperator, _ a: String, _ b: String) -> Bool {
        switch operation {
        case .equal: return a.hasSameBytes(as: b)
        case .notEqual: return !a.hasSameBytes(as: b)
        case .less: return a.isBefore(b)
        case .lessOrEqual: return !b.isBefore(a)
        case .greater: return b.isBefore(a)
        case .greaterOrEqual: return !a.isBefore(b)
        case .matches, .doesNotMatch:
            // Patterns over spans are compiled beforehand; this is for constants.
            guard let pattern = try? LinearPattern(b, anchored: true) else { return false }
            return pattern.matches(a) == (operation == .matches)
        }
    }
}
