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
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
    static let exponentMax = 18
    private static let wholeMax = 9_007_199_254_740_992.0

    let exponent: Int
    /// One for each value; at an exception, the one before it again.
    let wholes: [Int64]
    let exceptions: [Exception]

    /// Nil where too many values would be exceptions for this to be worth while.
    init?(_ values: Span<Double>) {
        guard let exponent = DecimalForm.exponent(of: values) else { return nil }
        let scale = DecimalForm.powersOfTen[exponent]
        var wholes: [Int64] = []
        var exceptions: [Exception] = []
        wholes.reserveCapacity(values.count)
        var previous: Int64?
        for index in values.indices {
            let value = values[index]
            // Adding zero makes a negative zero positive, so that it is told from the value below.
            let scaled = (value * scale).rounded(.toNearestOrEven) + 0.0
            if abs(scaled) < DecimalForm.wholeMax, (scaled / scale).bitPattern == value.bitPattern {
                let whole = Int64(scaled)
                // Exceptions at the start repeat the first that is none.
                if previous == nil { for earlier in wholes.indices { wholes[earlier] = whole } }
                previous = whole
                wholes.append(whole)
            } else {
                exceptions.append(Exception(index: index, bits: value.bitPattern))
                wholes.append(previous ?? 0)
            }
        }
        guard exceptions.count * 8 <= values.count + 8 else { return nil }
        self.exponent = exponent
        self.wholes = wholes
        self.exceptions = exceptions
    }

    /// The fewest decimal places that make the values whole, those left out that none does.
    private static func exponent(of values: Span<Double>) -> Int? {
        var exponent = 0
        var failures = 0
        for index in values.indices {
            let value = values[index]
            if isWhole(value, exponent) { continue }
            var candidate = exponent + 1
            while candidate <= exponentMax, !isWhole(value, candidate) { candidate += 1 }
            if candidate <= exponentMax {
                exponent = candidate
            } else {
                failures += 1
                if failures * 8 > index + 16 { return nil }
            }
        }
        return exponent
    }

    private static func isWhole(_ value: Double, _ exponent: Int) -> Bool {
        let scale = powersOfTen[exponent]
        let scaled = (value * scale).rounded(.toNearestOrEven) + 0.0
        return abs(scaled) < wholeMax && (scaled / scale).bitPattern == value.bitPattern
    }

    func appendExceptions(to output: inout [UInt8]) {
        output.appendVarint(count: exceptions.count)
        var previous = -1
        for exception in exceptions {
            output.appendVarint(count: exception.index - previous - 1)
            output.appendLittleEndian(exception.bits)
            previous = exception.index
        }
    }

    static func readExceptions(_ reader: inout ByteReader, count: Int) throws(ByteCodingError) -> [Exception] {
        let exceptionCount = try reader.readCount(limit: min(count, reader.remaining / 9))
        var exceptions: [Exception] = []
        exceptions.reserveCapacity(exceptionCount)
        var previous = -1
        for _ in 0..<exceptionCount {
            guard previous + 1 < count else { throw ByteCodingError(.invalidValue, at: reader.position) }
            let index = previous + 1 + (try reader.readCount(limit: count - previous - 2))
            exceptions.append(Exception(index: index, bits: try reader.readLittleEndian()))
            previous = index
        }
        return exceptions
    }
}
