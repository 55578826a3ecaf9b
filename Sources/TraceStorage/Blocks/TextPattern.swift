/// A text cut into what others have in common with it, its pattern, and the numbers in it: `/users/4711` is `/users/` and 4711.
///
/// In a pattern, byte 1 stands for a number without leading zeros; byte 2 and a byte for one that is padded with zeros to so many digits, byte 3 and
/// a byte for one of so many hexadecimal digits in lower case.
enum TextPattern {
    static let number: UInt8 = 1
    static let padded: UInt8 = 2
    static let hexadecimal: UInt8 = 3
    /// Digits that surely fit 64 bits.
    private static let digitsMax = 18
    private static let hexadecimalDigitsMax = 16

    /// Appends the pattern and the numbers of a text.
    ///
    /// - Returns: whether that is possible; a text with the bytes 1 to 3 in it has no pattern.
    static func cut(_ text: UnsafeRawBufferPointer, pattern: inout [UInt8], numbers: inout [UInt64]) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte <= hexadecimal { return false }
            guard isHexadecimal(byte), index == 0 || !isWord(text[index - 1]) else {
                guard isDigit(byte) else {
                    pattern.append(byte)
                    index += 1
                    continue
                }
                index = cutDigits(text, index, pattern: &pattern, numbers: &numbers)
                continue
            }
            let end = cutIdentifier(text, index, pattern: &pattern, numbers: &numbers)
            if end > index {
                index = end
            } else if isDigit(byte) {
                index = cutDigits(text, index, pattern: &pattern, numbers: &numbers)
            } else {
                pattern.append(byte)
                index += 1
            }
        }
        return true
    }

    private static func cutDigits(
        _ text: UnsafeRawBufferPointer, _ start: Int, pattern: inout [UInt8], numbers: inout [UInt64]
    ) -> Int {
        var end = start
        var value: UInt64 = 0
        while end < text.count, isDigit(text[end]), end - start < digitsMax {
            value = value &* 10 &+ UInt64(text[end] &- 0x30)
            end += 1
        }
        if text[start] == 0x30, end - start > 1 {
            pattern.append(padded)
            pattern.append(UInt8(end - start) + 0x30)
        } else {
            pattern.append(number)
        }
        numbers.append(value)
        return end
    }

    /// Cuts off a UUID, or a run of hexadecimal digits such as of a span id.
    ///
    /// - Returns: where it ends; the start where there is none.
    private static func cutIdentifier(
        _ text: UnsafeRawBufferPointer, _ start: Int, pattern: inout [UInt8], numbers: inout [UInt64]
    ) -> Int {
        var end = start
        var letters = 0
        while end < text.count, isHexadecimal(text[end]) {
            if !isDigit(text[end]) { letters += 1 }
            end += 1
        }
        if end - start == 8, end < text.count, text[end] == 0x2d, let uuidEnd = endOfUUID(text, start) {
            for (offset, digits) in [(0, 8), (9, 4), (14, 4), (19, 4), (24, 12)] {
                if offset > 0 { pattern.append(0x2d) }
                appendHexadecimal(text, start + offset, digits, pattern: &pattern, numbers: &numbers)
            }
            return uuidEnd
        }
        guard letters > 0, end - start >= 12, end == text.count || !isWord(text[end]) else { return start }
        var place = start
        while place < end {
            let digits = min(hexadecimalDigitsMax, end - place)
            appendHexadecimal(text, place, digits, pattern: &pattern, numbers: &numbers)
            place += digits
        }
        return end
    }

    private static func endOfUUID(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard start + 36 <= text.count, start + 36 == text.count || !isWord(text[start + 36]) else { return nil }
        for offset in 0..<36 {
            let byte = text[start + offset]
            let isDash = offset == 8 || offset == 13 || offset == 18 || offset == 23
            guard isDash ? byte == 0x2d : isHexadecimal(byte) else { return nil }
        }
        return start + 36
    }

    private static func appendHexadecimal(
        _ text: UnsafeRawBufferPointer, _ start: Int, _ digits: Int, pattern: inout [UInt8], numbers: inout [UInt64]
    ) {
        var value: UInt64 = 0
        for index in start..<start + digits {
            let byte = text[index]
            value = value << 4 | UInt64(isDigit(byte) ? byte - 0x30 : byte - 0x61 + 10)
        }
        pattern.append(hexadecimal)
        pattern.append(UInt8(digits) + 0x30)
        numbers.append(value)
    }

    /// The number of numbers that go into a pattern; nil where it is none.
    static func slots(_ pattern: some RandomAccessCollection<UInt8>) -> Int? {
        var slots = 0
        var index = pattern.startIndex
        while index < pattern.endIndex {
            let byte = pattern[index]
            index = pattern.index(after: index)
            guard byte <= hexadecimal else { continue }
            guard byte > 0 else { return nil }
            slots += 1
            if byte == number { continue }
            guard index < pattern.endIndex, (0x31...0x42).contains(pattern[index]) else { return nil }
            index = pattern.index(after: index)
        }
        return slots
    }

    /// Appends the text of a pattern and its numbers.
    ///
    /// - Precondition: ``slots(_:)`` gives as many as there are numbers.
    static func fill(_ pattern: ArraySlice<UInt8>, _ numbers: ArraySlice<UInt64>, into text: inout [UInt8]) {
        var number = numbers.startIndex
        var index = pattern.startIndex
        while index < pattern.endIndex {
            let byte = pattern[index]
            index += 1
            switch byte {
            case TextPattern.number:
                append(numbers[number], radix: 10, digits: 1, to: &text)
                number += 1
            case padded, hexadecimal:
                append(numbers[number], radix: byte == padded ? 10 : 16, digits: Int(pattern[index]) - 0x30, to: &text)
                index += 1
                number += 1
            default: text.append(byte)
            }
        }
    }

    private static func append(_ value: UInt64, radix: UInt64, digits: Int, to text: inout [UInt8]) {
        var rest = value
        let start = text.count
        var length = 0
        while rest != 0 || length < digits {
            let digit = UInt8(truncatingIfNeeded: rest % radix)
            text.append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61)
            rest /= radix
            length += 1
        }
        text[start...].reverse()
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || byte >= 0x61 && byte <= 0x66 }
    private static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a }
}
