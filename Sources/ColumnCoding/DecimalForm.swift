internal import ByteCoding

/// Doubles as whole numbers over one power of ten, with the few that are not listed as exceptions (the idea of ALP, SIGMOD 2024).
///
/// A double that was written as a decimal of `e` places is the quotient of a whole number and 10^e, correctly rounded, as long as both are
/// exact as doubles. So dividing gives it back bit for bit, and the encoder checks that it does.
struct DecimalForm {
    /// A value that is no such quotient: NaN, infinity, negative zero, or one of too many digits.
    struct Exception {
        var index: Int
        var bits: UInt64
    }

    /// 10^22 is the largest power of ten that is exact as a double.
    static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]
    static let exponentMax = 18
    private static let wholeMax = 9_007_199_254_740_992.0

    private(set) var exponent = 0
    private(set) var exceptions: [Exception] = []

    /// Makes whole numbers of the values: one for each, at an exception the one before it again.
    /// False where too many would be exceptions for this to be worth while; `wholes` is then of no use.
    mutating func convert(_ values: Span<Double>, into wholes: inout [Int64]) -> Bool {
        guard let exponent = DecimalForm.bestExponent(of: values) else { return false }
        self.exponent = exponent
        exceptions.removeAll(keepingCapacity: true)
        wholes.reserveCapacity(values.count)
        var previous: Int64?
        for index in values.indices {
            if let whole = DecimalForm.whole(values[index], exponent) {
                // Exceptions at the start repeat the first that is none.
                if previous == nil { for earlier in wholes.indices { wholes[earlier] = whole } }
                previous = whole
                wholes.append(whole)
            } else {
                exceptions.append(Exception(index: index, bits: values[index].bitPattern))
                wholes.append(previous ?? 0)
            }
        }
        return exceptions.count * 6 <= values.count + 6
    }

    mutating func encodeExceptions(into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        var previous = -1
        for exception in exceptions {
            bytes.appendVarint(count: exception.index - previous - 1)
            bytes.appendLittleEndian(exception.bits)
            previous = exception.index
        }
    }

    /// The number of decimal places that costs least: an exception costs ten bytes, each place a third of a byte per value.
    /// Nil where hardly any value is a decimal.
    private static func bestExponent(of values: Span<Double>) -> Int? {
        var countByExponent = [Int](repeating: 0, count: exponentMax + 1)
        var usual = 0
        var failures = 0
        var run = 0
        for index in values.indices {
            let value = values[index]
            if isWhole(value, usual) {
                countByExponent[usual] += 1
                continue
            }
            guard let places = places(of: value, above: usual) else {
                failures += 1
                if failures * 6 > index + 16 { return nil }
                continue
            }
            countByExponent[places] += 1
            // From the second value in a row on, more places are the rule here and tried first.
            run = places > usual ? run + 1 : 0
            if run > 1 || index == 0 { usual = places }
        }
        var best: Int?
        var bestCost = Int.max
        var covered = 0
        for exponent in 0...exponentMax where countByExponent[exponent] > 0 {
            covered += countByExponent[exponent]
            let cost = (values.count - covered) * 80 + values.count * exponent * 10 / 3
            if cost < bestCost { (best, bestCost) = (exponent, cost) }
        }
        return best
    }

    private static func places(of value: Double, above usual: Int) -> Int? {
        guard value.isFinite else { return nil }
        var exponent = usual + 1
        while exponent <= exponentMax {
            if isWhole(value, exponent) { return exponent }
            exponent += 1
        }
        return nil
    }

    @inline(__always)
    private static func isWhole(_ value: Double, _ exponent: Int) -> Bool { whole(value, exponent) != nil }

    /// The whole number that gives the value back when divided by 10^exponent, or nil where none does.
    @inline(__always)
    private static func whole(_ value: Double, _ exponent: Int) -> Int64? {
        let scale = powersOfTen[exponent]
        // Adding zero makes a negative zero positive, so that it is told from the value below.
        let scaled = (value * scale).rounded(.toNearestOrEven) + 0.0
        guard abs(scaled) < wholeMax, (scaled / scale).bitPattern == value.bitPattern else { return nil }
        return Int64(scaled)
    }
}
