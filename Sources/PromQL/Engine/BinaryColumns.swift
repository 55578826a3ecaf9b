internal import QueryModel
internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

// Operators over whole columns of floats: the operator is looked at once, then one tight loop runs over the steps.

extension BinaryOperator {
    /// Combines two columns of floats step by step; a step where either is absent is absent in the result. A comparison that filters gives
    /// the element of the left column.
    func combine(_ left: [Double], _ right: [Double], returnsBool: Bool) -> [Double] {
        switch self {
        case .add: return zip(left, right) { $0 + $1 }
        case .subtract: return zip(left, right) { $0 - $1 }
        case .multiply: return zip(left, right) { $0 * $1 }
        case .divide: return zip(left, right) { $0 / $1 }
        case .modulo: return zip(left, right) { fmod($0, $1) }
        case .power: return zip(left, right) { pow($0, $1) }
        case .atan2: return zip(left, right) { arcTangent($0, $1) }
        case .trimUpper, .trimLower, .and, .or, .unless: return [Double](repeating: StepColumn.absent, count: left.count)
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            if returnsBool { return zip(left, right) { holds($0, $1) ? 1 : 0 } }
            return zip(left, right) { holds($0, $1) ? $0 : StepColumn.absent }
        }
    }

    /// Combines a column with a scalar, in place. A comparison that filters keeps the element of the column on whichever side it stands.
    func combine(_ values: inout [Double], _ scalar: ScalarColumn, isSwapped: Bool, returnsBool: Bool) {
        switch (self, isSwapped) {
        case (.add, _): map(&values, scalar) { $0 + $1 }
        case (.multiply, _): map(&values, scalar) { $0 * $1 }
        case (.subtract, false): map(&values, scalar) { $0 - $1 }
        case (.subtract, true): map(&values, scalar) { $1 - $0 }
        case (.divide, false): map(&values, scalar) { $0 / $1 }
        case (.divide, true): map(&values, scalar) { $1 / $0 }
        case (.modulo, false): map(&values, scalar) { fmod($0, $1) }
        case (.modulo, true): map(&values, scalar) { fmod($1, $0) }
        case (.power, false): map(&values, scalar) { pow($0, $1) }
        case (.power, true): map(&values, scalar) { pow($1, $0) }
        case (.atan2, false): map(&values, scalar) { arcTangent($0, $1) }
        case (.atan2, true): map(&values, scalar) { arcTangent($1, $0) }
        case (.equal, _), (.notEqual, _), (.less, _), (.lessOrEqual, _), (.greater, _), (.greaterOrEqual, _):
            let comparison = isSwapped ? mirrored : self
            if returnsBool {
                map(&values, scalar) { comparison.holds($0, $1) ? 1 : 0 }
            } else {
                map(&values, scalar) { comparison.holds($0, $1) ? $0 : StepColumn.absent }
            }
        case (.trimUpper, _), (.trimLower, _), (.and, _), (.or, _), (.unless, _): map(&values, scalar) { _, _ in StepColumn.absent }
        }
    }

    /// The comparison with its sides exchanged.
    private var mirrored: BinaryOperator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }

    @inline(__always)
    private func zip(_ left: [Double], _ right: [Double], _ operation: (Double, Double) -> Double) -> [Double] {
        precondition(left.count == right.count, "BUG: columns of different grids")
        return [Double](unsafeUninitializedCapacity: left.count) { result, count in
            for step in left.indices {
                let (leftValue, rightValue) = (left[step], right[step])
                let isAbsent = StepColumn.isAbsent(leftValue) || StepColumn.isAbsent(rightValue)
                result.initializeElement(at: step, to: isAbsent ? StepColumn.absent : operation(leftValue, rightValue))
            }
            count = left.count
        }
    }

    @inline(__always)
    private func map(_ values: inout [Double], _ scalar: ScalarColumn, _ operation: (Double, Double) -> Double) {
        switch scalar {
        case .constant(let constant):
            for step in values.indices where !StepColumn.isAbsent(values[step]) { values[step] = operation(values[step], constant) }
        case .varying(let scalars):
            for step in values.indices where !StepColumn.isAbsent(values[step]) { values[step] = operation(values[step], scalars[step]) }
        }
    }
}

private func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
