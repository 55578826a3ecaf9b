internal import QueryModel

extension Lexer {
    /// A number, or a duration where letters of its units follow at once.
    mutating func number() throws(SyntaxFault) -> Token {
        let start = position
        var isFloat = false
        while let byte = peek(), byte.isDigit { skip(1) }
        if peek() == UInt8(ascii: ".") {
            isFloat = true
            skip(1)
            while let byte = peek(), byte.isDigit { skip(1) }
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") { if skipExponent() { isFloat = true } }
        let numberEnd = position
        if let duration = duration(from: start) { return .duration(duration) }
        let digits = String(decoding: text[start..<numberEnd], as: UTF8.self)
        let range = SourceRange(start, numberEnd)
        if isFloat {
            guard let value = Double(digits.hasPrefix(".") ? "0" + digits : digits.hasSuffix(".") ? digits + "0" : digits), value.isFinite
            else { throw SyntaxFault("the number \(digits) is out of range", at: range) }
            return .float(value)
        }
        guard let value = Int64(digits) else { throw SyntaxFault("the number \(digits) is out of range", at: range) }
        return .int(value)
    }

    private mutating func skipExponent() -> Bool {
        var length = 1
        if let sign = peek(length), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { length += 1 }
        guard let digit = peek(length), digit.isDigit else { return false }
        while let digit = peek(length), digit.isDigit { length += 1 }
        skip(length)
        return true
    }

    /// Goes on behind a number: where that with what follows is a duration, nanoseconds; else nil, and the position stays.
    private mutating func duration(from start: Int) -> Int64? {
        var length = 0
        while let byte = peek(length) {
            // The two bytes of µ are taken as they come.
            guard byte.isDigit || "nsumhdwy.".utf8.contains(byte) || byte == 0xC2 || byte == 0xB5 else { break }
            length += 1
        }
        if length == 0 { return nil }
        guard let value = DurationText.parse(text[start..<(position + length)]) else { return nil }
        skip(length)
        return value
    }
}
