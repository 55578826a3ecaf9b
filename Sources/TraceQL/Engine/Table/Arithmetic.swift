/// Arithmetic of the query language.
enum Arithmetic {
    /// Ints stay ints; all else becomes a float, durations counting nanoseconds. No value where an operand is no number, and
    /// where an int is divided by zero.
    static func apply(_ operation: ArithmeticOperator, _ left: TraceValue, _ right: TraceValue) -> TraceValue {
        if case .int(let a) = left, case .int(let b) = right { return ints(operation, a, b) }
        guard let a = left.number, let b = right.number else { return .none }
        return .float(floats(operation, a, b))
    }

    static func negative(_ operand: TraceValue) -> TraceValue {
        switch operand {
        case .int(let value): .int(0 &- value)
        case .float(let value): .float(-value)
        case .duration(let value): .duration(0 &- value)
        default: .none
        }
    }

    private static func ints(_ operation: ArithmeticOperator, _ a: Int64, _ b: Int64) -> TraceValue {
        switch operation {
        case .add: return .int(a &+ b)
        case .subtract: return .int(a &- b)
        case .multiply: return .int(a &* b)
        case .divide: return b == 0 ? .none : .int(a.dividedReportingOverflow(by: b).partialValue)
        case .modulo: return b == 0 ? .none : .int(a.remainderReportingOverflow(dividingBy: b).partialValue)
        case .power:
            let value = power(Double(a), Double(b))
            if value.isNaN { return .none }
            return .int(Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max))
        }
    }

    static func floats(_ operation: ArithmeticOperator, _ a: Double, _ b: Double) -> Double {
        switch operation {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: a / b
        case .modulo: a.truncatingRemainder(dividingBy: b)
        case .power: power(a, b)
        }
    }
}
