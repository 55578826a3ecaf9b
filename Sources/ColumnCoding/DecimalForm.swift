internal import ByteCoding

/// Doubles as whole numbers times a power of ten (the idea of ALP, SIGMOD 2024), with the few that are not listed as exceptions.
///
/// A double that was written as a decimal of `e` places is the quotient of a whole number and 10^e, correctly rounded, as long as both are
/// exact as doubles; programs that scale ticks to seconds often multiply by 10^-e instead. Either gives the double back bit for bit, and
/// the encoder checks that it does.
struct DecimalForm {
    /// How a value comes from its whole number.
    enum Scaling {
        case quotient
        case product
    }

    /// A value that is no such number: NaN, infinity, negative zero, or one of too many digits.
    struct Exception {
        var index: Int
        var bits: UInt64
    }

    /// All exact as doubles.
    static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]
    static let inversePowersOfTen: [Double] = [
        1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18,
    ]
    static let exponentMax = 18
    private static let wholeMax = 9_007_199_254_740_992.0
    private static let rounder = 6_755_399_441_055_744.0
    private static let roundingMax = 2_251_799_813_685_248.0

    private(set) var scaling = Scaling.quotient
    private(set) var exponent = 0
    private(set) var exceptions: [Exception] = []

    /// Makes whole numbers of the values: one for each, at an exception the one before it again.
    /// False where hardly any value is a decimal; `wholes` is then of no use.
    mutating func convert(_ values: Span<Double>, into wholes: inout [Int64]) -> Bool {
        guard let found = DecimalForm.bestScale(of: values) else { return false }
        (scaling, exponent) = found
        exceptions.removeAll(keepingCapacity: true)
        wholes.reserveCapacity(values.count)
        var previous: Int64?
        for index in values.indices {
            if let whole = DecimalForm.whole(values[index], exponent, scaling) {
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

    /// Makes the nearest whole numbers at a given number of places, and for each how many doubles further the value itself lies.
    /// Exceptions are what is not finite or too large.
    mutating func convertNearest(
        _ values: Span<Double>, exponent: Int, into wholes: inout [Int64], corrections: inout [Int64]
    ) {
        (scaling, self.exponent) = (.quotient, exponent)
        exceptions.removeAll(keepingCapacity: true)
        for index in values.indices {
            let value = values[index]
            guard let whole = DecimalForm.nearest(value, exponent) else {
                exceptions.append(Exception(index: index, bits: value.bitPattern))
                wholes.append(wholes.last ?? 0)
                corrections.append(corrections.last ?? 0)
                continue
            }
            wholes.append(whole)
            corrections.append(DecimalForm.correction(of: value, whole, exponent))
        }
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

    /// How many places make the values, which are no decimals, come nearest to some: the sums of durations that were whole nanoseconds each,
    /// say. Nil where it saves nothing worth while against the bits themselves.
    static func nearestExponent(of values: Span<Double>) -> Int? {
        let window = min(values.count, 40)
        guard window > 4 else { return nil }
        let start = (values.count - window) / 2
        var bitCost = 0
        for index in start + 1..<start + window {
            bitCost += significantBits(Int64(bitPattern: values[index].bitPattern &- values[index - 1].bitPattern))
        }
        var best: Int?
        var bestCost = bitCost - window * 3
        exponents: for exponent in 1...12 {
            var cost = 0
            var previous: (whole: Int64, correction: Int64)?
            for index in start..<start + window {
                guard let whole = nearest(values[index], exponent) else { continue exponents }
                let correction = correction(of: values[index], whole, exponent)
                if let previous {
                    cost += significantBits(whole &- previous.whole) + significantBits(correction &- previous.correction)
                }
                previous = (whole, correction)
            }
            if cost < bestCost { (best, bestCost) = (exponent, cost) }
        }
        return best
    }

    private static func significantBits(_ value: Int64) -> Int { 64 - zigzag(value).leadingZeroBitCount }

    private static func nearest(_ value: Double, _ exponent: Int) -> Int64? {
        let scaled = value * powersOfTen[exponent]
        return abs(scaled) < roundingMax ? Int64((scaled + rounder) - rounder) : nil
    }

    private static func correction(of value: Double, _ whole: Int64, _ exponent: Int) -> Int64 {
        Int64(bitPattern: value.bitPattern &- (Double(whole) / powersOfTen[exponent]).bitPattern)
    }
}

extension DecimalForm {
    private static func bestScale(of values: Span<Double>) -> (Scaling, Int)? {
        if let usual = usualExponent(of: values, .quotient) { return (.quotient, usual) }
        if let usual = usualExponent(of: values, .product) { return (.product, usual) }
        return bestExponent(of: values).map { (.quotient, $0) }
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
            if whole(value, usual, .quotient) != nil {
                countByExponent[usual] += 1
                continue
            }
            guard let places = places(of: value, above: usual, .quotient) else {
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

    /// The places that a few values have, where all of them agree about enough and no other value needs more; else nil, which says nothing.
    private static func usualExponent(of values: Span<Double>, _ scaling: Scaling) -> Int? {
        var most = 0
        var withMost = 0
        var taken = 0
        let stride = max(1, values.count / 16)
        var index = 0
        while index < values.count {
            let value = values[index]
            index += stride
            if value.isNaN { continue }
            taken += 1
            if whole(value, most, scaling) != nil {
                // Whether it needs fewer places does not matter as long as some need them all.
                if most == 0 || whole(value, most - 1, scaling) == nil { withMost += 1 }
                continue
            }
            guard let places = places(of: value, above: most, scaling) else { return nil }
            most = places
            withMost = 1
        }
        guard withMost * 4 >= taken else { return nil }
        for index in values.indices where whole(values[index], most, scaling) == nil {
            if !values[index].isNaN { return nil }
        }
        return most
    }

    private static func places(of value: Double, above usual: Int, _ scaling: Scaling) -> Int? {
        guard value.isFinite else { return nil }
        var exponent = usual + 1
        while exponent <= exponentMax {
            if whole(value, exponent, scaling) != nil { return exponent }
            exponent += 1
        }
        return nil
    }

    /// The whole number that gives the value back at a number of places, or nil where none does.
    @inline(__always)
    private static func whole(_ value: Double, _ exponent: Int, _ scaling: Scaling) -> Int64? {
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
        let back = scaling == .quotient ? Double(whole) / scale : Double(whole) * inversePowersOfTen[exponent]
        return back.bitPattern == value.bitPattern ? whole : nil
    }
}
