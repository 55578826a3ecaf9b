extension JSONReader {
    /// A number as it stands in the text.
    public struct Number: Sendable, Hashable {
        public let range: Range<Int>
        /// Whether it has neither fraction nor exponent.
        public let isWhole: Bool
    }

    /// Reads a number without making one.
    public mutating func readNumber() throws(JSONError) -> Number {
        _ = peek()
        let start = position
        var index = start
        guard let isWhole = JSONReader.scanNumber(bytes, &index) else { throw failure("expected a number", at: start) }
        position = index
        needsComma = true
        return Number(range: start..<index, isWhole: isWhole)
    }

    /// Reads a whole number, also from a string, as protobuf's JSON has 64-bit numbers.
    public mutating func readInteger<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(JSONError) -> Value {
        let kind = try peekKind()
        let start = position
        let value: Value?
        switch kind {
        case .number:
            let number = try readNumber()
            value = JSONReader.integer(bytes[number.range], isWhole: number.isWhole)
        case .string:
            let text: ArraySlice<UInt8> =
                switch try readText() {
                case .range(let range): bytes[range]
                case .unescaped(let text): text[...]
                }
            var index = 0
            let digits = Array(text)
            let isWhole = JSONReader.scanNumber(digits, &index)
            value = index == digits.count ? isWhole.flatMap { JSONReader.integer(digits[...], isWhole: $0) } : nil
        default: throw failure("expected a whole number", at: start)
        }
        guard let value else { throw failure("expected a whole number from \(Value.min) to \(Value.max)", at: start) }
        return value
    }

    /// Reads a number, also from a string, where `NaN`, `Infinity` and `-Infinity` may stand as well.
    public mutating func readDouble() throws(JSONError) -> Double {
        guard try peekKind() == .string else {
            let number = try readNumber()
            guard let value = Double(String(decoding: bytes[number.range], as: UTF8.self)) else {
                throw failure("expected a number", at: number.range.lowerBound)
            }
            return value
        }
        let start = position
        let text = try readString()
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default:
            var index = 0
            let digits = Array(text.utf8)
            guard JSONReader.scanNumber(digits, &index) != nil, index == digits.count, let value = Double(text) else {
                throw failure("expected a number", at: start)
            }
            return value
        }
    }

    /// Steps over a number at `index`; gives whether it has neither fraction nor exponent, nil where there is no number.
    private static func scanNumber(_ bytes: [UInt8], _ index: inout Int) -> Bool? {
        func digits() -> Bool {
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            return index > start
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let first = index
        guard digits() else { return nil }
        if bytes[first] == UInt8(ascii: "0"), index > first + 1 { return nil }
        var isWhole = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            guard digits() else { return nil }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
            guard digits() else { return nil }
        }
        return isWhole
    }

    /// The whole number that digits say; also where they are written as `1.0` or `1e9`.
    private static func integer<Value: FixedWidthInteger>(_ digits: ArraySlice<UInt8>, isWhole: Bool) -> Value? {
        guard isWhole else { return Double(String(decoding: digits, as: UTF8.self)).flatMap { Value(exactly: $0) } }
        let isNegative = digits.first == UInt8(ascii: "-")
        var value: Value = 0
        for digit in isNegative ? digits.dropFirst() : digits {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let amount = Value(digit - 0x30)
            let (sum, overflowedAgain) = isNegative ? product.subtractingReportingOverflow(amount) : product.addingReportingOverflow(amount)
            if overflowed || overflowedAgain { return nil }
            value = sum
        }
        return value
    }
}
