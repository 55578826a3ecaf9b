extension [UInt8] {
    /// Appends bytes as they are. The standard library's `append(contentsOf:)` wants to own what it is given, which costs more than a short copy.
    @inline(__always)
    mutating func append(copying bytes: borrowing [UInt8]) { bytes.withUnsafeBytes { append(contentsOf: $0) } }
}

/// Decimal digits of numbers, without a text being made of them first.
enum DecimalDigits {
    /// Appends a whole number.
    static func append(_ number: UInt64, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            // 2^64 has 20 digits; the last is found first.
            var place = digits.count
            var rest = number
            repeat {
                let (tens, last) = rest.quotientAndRemainder(dividingBy: 10)
                place &-= 1
                digits[place] = UInt8(truncatingIfNeeded: last) &+ UInt8(ascii: "0")
                rest = tens
            } while rest > 0
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[place...]))
        }
    }

    /// Appends a number that is whole and below 10^15, as Swift describes integers.
    ///
    /// - Returns: whether it was one; otherwise nothing is appended.
    static func append(whole value: Double, to output: inout [UInt8]) -> Bool {
        let size = abs(value)
        guard size < 1e15 else { return false }
        let whole = UInt64(size)
        guard Double(whole) == size else { return false }
        if value < 0 { output.append(UInt8(ascii: "-")) }
        append(whole, to: &output)
        return true
    }

    /// Appends a number of at most six decimals, as Swift describes it, unless that takes an exponent.
    ///
    /// - Returns: whether it was one; otherwise nothing is appended.
    static func append(short value: Double, to output: inout [UInt8]) -> Bool {
        let size = abs(value)
        guard size >= 0.0001 && size < 1e9 else { return false }
        // At most 15 digits name one double and no other, so where they name this one they are its shortest digits.
        let scaled = (size * 1e6).rounded()
        guard scaled / 1e6 == size else { return false }
        let (whole, fraction) = UInt64(scaled).quotientAndRemainder(dividingBy: 1_000_000)
        if value < 0 { output.append(UInt8(ascii: "-")) }
        append(whole, to: &output)
        // The digits behind a one, which keeps zeros in front of them.
        let point = output.count
        append(fraction + 1_000_000, to: &output)
        output[point] = UInt8(ascii: ".")
        while output.last == UInt8(ascii: "0") && output.count > point + 2 { output.removeLast() }
        return true
    }
}
