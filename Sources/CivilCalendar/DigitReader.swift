/// Reads fields of fixed width off the front of a text.
struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some Sequence<UInt8>) { bytes = Array(text) }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// A number of exactly so many ASCII digits.
    mutating func number(_ digits: Int) -> Int? {
        guard position + digits <= bytes.count else { return nil }
        var number = 0
        for byte in bytes[position..<position + digits] {
            guard byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        position += digits
        return number
    }

    /// Digits after a decimal point in billionths; those after the ninth are passed over. Nil where there is no digit.
    mutating func fraction() -> Int? {
        var billionths = 0
        var weight = 100_000_000
        let start = position
        while let digit = number(1) {
            billionths += digit * weight
            weight /= 10
        }
        return position == start ? nil : billionths
    }
}
