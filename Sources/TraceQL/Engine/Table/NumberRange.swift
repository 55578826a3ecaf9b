/// The whole numbers from 0 on that a comparison with a number lets pass.
struct NumberRange {
    /// Inclusive; none where the upper one is below the lower one.
    var lower: UInt64
    var upper: UInt64
    /// Whether those outside pass.
    var isInverted = false

    /// Nil where the value is no number, or the comparison none of numbers.
    init?(_ operation: ComparisonOperator, _ value: TraceValue) {
        guard let number = value.number, !number.isNaN, !operation.isPattern else { return nil }
        // The least whole number that is not below, and the greatest that is not above.
        let (ceiling, floor): (Int128, Int128)
        switch value {
        case .int(let whole), .duration(let whole): (ceiling, floor) = (Int128(whole), Int128(whole))
        default:
            let bounded = Swift.min(Swift.max(number, -1), 0x1p65)
            (ceiling, floor) = (Int128(bounded.rounded(.up)), Int128(bounded.rounded(.down)))
        }
        let most = Int128(UInt64.max)
        let bounds: (Int128, Int128)
        switch operation {
        case .equal, .notEqual: bounds = (ceiling, floor)
        case .less: bounds = (0, ceiling - 1)
        case .lessOrEqual: bounds = (0, floor)
        case .greater: bounds = (floor + 1, most)
        case .greaterOrEqual: bounds = (ceiling, most)
        case .matches, .doesNotMatch: return nil
        }
        let (low, high) = (Swift.max(bounds.0, 0), Swift.min(bounds.1, most))
        isInverted = operation == .notEqual
        if low > high || low > most {
            (lower, upper) = (1, 0)
        } else {
            (lower, upper) = (UInt64(low), UInt64(high))
        }
    }

    @inline(__always)
    func contains(_ number: UInt64) -> Bool { (number >= lower && number <= upper) != isInverted }
}

extension RowMask {
    /// The rows whose code passes; the table begins with rows without one.
    init(rowCount: Int, codes: [Int32], passing table: [Bool]) {
        let passes = table.map { $0 ? UInt64(1) : 0 }
        self.init(rowCount: rowCount, count: codes.count) { words in
            // Without branches: whether a row passes is anybody's guess.
            for word in words.indices {
                let first = word * 64
                var bits: UInt64 = 0
                for bit in 0..<Swift.min(64, rowCount - first) { bits |= passes[Int(codes[first + bit]) + 1] << UInt64(bit) }
                words[word] = bits
            }
        }
    }

    /// The rows whose number is in a range.
    init(rowCount: Int, numbers: [UInt64], in range: NumberRange) {
        let (lower, width) = (range.lower, range.upper &- range.lower)
        if range.lower > range.upper {
            self = range.isInverted ? RowMask(allOf: rowCount) : RowMask(rowCount: rowCount)
            return
        }
        let inverted: UInt64 = range.isInverted ? 1 : 0
        self.init(rowCount: rowCount, count: numbers.count) { words in
            for word in words.indices {
                let first = word * 64
                var bits: UInt64 = 0
                for bit in 0..<Swift.min(64, rowCount - first) {
                    let isIn: UInt64 = numbers[first + bit] &- lower <= width ? 1 : 0
                    bits |= (isIn ^ inverted) << UInt64(bit)
                }
                words[word] = bits
            }
        }
    }
}
