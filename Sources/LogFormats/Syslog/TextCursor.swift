/// Walks over the fields of a line of text, byte by byte.
struct TextCursor {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }
    var peek: UInt8? { position < end ? bytes[position] : nil }
    var rest: Range<Int> { position..<end }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < end, bytes[position] == UInt8(truncatingIfNeeded: character.value) else { return false }
        position += 1
        return true
    }

    mutating func takeWhile(max: Int, _ condition: (UInt8) -> Bool) -> Range<Int> {
        let start = position
        while position < end, position - start < max, condition(bytes[position]) { position += 1 }
        return start..<position
    }

    /// Everything up to the next space, which is stepped over; nil where nothing is left, or a space comes at once.
    mutating func word() -> Range<Int>? {
        let start = position
        while position < end, bytes[position] != 0x20 { position += 1 }
        guard position > start else { return nil }
        let word = start..<position
        if position < end { position += 1 }
        return word
    }

    mutating func skipBlanks() {
        while position < end, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    /// A number of one to so many digits.
    ///
    /// - Precondition: `digitsMax` is at most 18.
    mutating func number(digitsMax: Int) -> Int? {
        let digits = takeWhile(max: digitsMax) { $0 >= 0x30 && $0 <= 0x39 }
        return digits.isEmpty ? nil : bytes[digits].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// A number of exactly so many digits.
    mutating func number(digits count: Int) -> Int? {
        let start = position
        guard let number = number(digitsMax: count), position - start == count else {
            position = start
            return nil
        }
        return number
    }

    /// Digits behind a decimal point as billionths; those behind the ninth do not count. Nil where there is none.
    mutating func fraction() -> Int? {
        let digits = takeWhile(max: .max) { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty else { return nil }
        var billionths = 0
        for place in 0..<9 { billionths = billionths * 10 + (place < digits.count ? Int(bytes[digits.lowerBound + place] - 0x30) : 0) }
        return billionths
    }

    /// The range, unless what it holds is `-`, which stands for nothing.
    func unlessNil(_ range: Range<Int>) -> Range<Int>? { range.count == 1 && bytes[range.lowerBound] == UInt8(ascii: "-") ? nil : range }
}
