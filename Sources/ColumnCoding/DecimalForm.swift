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

    private static let rounder = 6_755_399_441_055_744.0
    private static let roundingMax = 2_251_799_813_685_248.0

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
        if let usual = usualExponent(of: values) { return usual }
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

    /// The places that a few values have, where all of them agree about enough and all others need no more; else nil, which says nothing.
    private static func usualExponent(of values: Span<Double>) -> Int? {
        var most = 0
        var withMost = 0
        var taken = 0
        let stride = max(1, values.count / 16)
        var index = 0
        while index < values.count {
            let value = values[index]
            index += stride
            taken += 1
            if isWhole(value, most) {
                // Whether it needs fewer places does not matter as long as some need them all.
                if most == 0 || !isWhole(value, most - 1) { withMost += 1 }
                continue
            }
            guard let places = places(of: value, above: most) else { return nil }
            most = places
            withMost = 1
        }
        guard withMost * 4 >= taken else { return nil }
        for index in values.indices where !isWhole(values[index], most) {
            if !values[index].isNaN { return nil }
        }
        return most
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
        if exponent == 0 {
            guard abs(value) < wholeMax else { return nil }
            let whole = Int64(value)
            return Double(whole).bitPattern == value.bitPattern ? whole : nil
        }
        let scale = powersOfTen[exponent]
        let scaled = value * scale
        guard abs(scaled) < wholeMax else { return nil }
        // Adding and taking away 1.5 · 2^52 rounds; an instruction for it is not on every x86-64.
        let whole = abs(scaled) < roundingMax ? Int64((scaled + rounder) - rounder) : Int64(scaled.rounded(.toNearestOrEven))
        return (Double(whole) / scale).bitPattern == value.bitPattern ? whole : nil
    }
}
