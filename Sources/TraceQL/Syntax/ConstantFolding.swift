/// What expressions without a field come to.
enum ConstantFolding {
    /// The value, or nil where there is none, such as after a division by zero.
    static func value(_ expression: FieldExpression) -> TraceValue? {
        switch expression {
        case .literal(let value): return value
        case .arithmetic(let operation, .literal(let left), .literal(let right)):
            let value = Arithmetic.apply(operation, left, right)
            if case .float(let number) = value, !number.isFinite { return nil }
            return value.isNone ? nil : value
        case .comparison(let operation, .literal(let left), .literal(let right)):
            return .bool(ValueComparison.holds(operation, left, right))
        case .all(let operands):
            let values = operands.compactMap { value($0) }
            return values.count == operands.count ? .bool(!values.contains(.bool(false))) : nil
        case .any(let operands):
            let values = operands.compactMap { value($0) }
            return values.count == operands.count ? .bool(values.contains(.bool(true))) : nil
        default: return nil
        }
    }
}
