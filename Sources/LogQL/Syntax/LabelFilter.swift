public import LabelMatching

/// Keeps lines by their labels.
public indirect enum LabelFilter: Sendable, Hashable {
    /// `method="GET"`; an absent label has the empty value.
    case text(LabelMatcher)
    /// `addr=ip("10.0.0.0/8")`
    case address(label: String, isNegated: Bool, range: String)
    /// Nanoseconds: `took > 1s`
    case duration(label: String, Comparison, Int64)
    /// Bytes: `size > 1MB`
    case byteSize(label: String, Comparison, UInt64)
    /// `status >= 500`
    case number(label: String, Comparison, Double)
    case both(LabelFilter, LabelFilter)
    case either(LabelFilter, LabelFilter)

    public enum Comparison: String, Sendable, Hashable {
        case equal = "=="
        case notEqual = "!="
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="

        /// Whether a value on the left compares so with one on the right.
        @inlinable
        public func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
            switch self {
            case .equal: left == right
            case .notEqual: left != right
            case .greater: left > right
            case .greaterOrEqual: left >= right
            case .less: left < right
            case .lessOrEqual: left <= right
            }
        }
    }
}

extension LabelFilter {
    /// The names of the labels that it looks at, in the order of the text, repetitions included.
    public var labelNames: [String] {
        switch self {
        case .text(let matcher): [matcher.name]
        case .address(let label, _, _), .duration(let label, _, _), .byteSize(let label, _, _), .number(let label, _, _): [label]
        case .both(let left, let right), .either(let left, let right): left.labelNames + right.labelNames
        }
    }
}
