internal import QueryModel
internal import TelemetryModel

extension Lexer {
    // MARK: Strings

    /// Reads a quoted string, whose first quote stands at the position, and checks its escapes.
    mutating func scanString(quote: UInt8) throws(SyntaxFault) {
        position += 1
        while true {
            guard let byte = peek() else {
                throw fault(quote == UInt8(ascii: "`") ? "unterminated raw string" : "unterminated quoted string")
            }
            position += 1
            if byte == quote { return }
            if byte == 0xef, peek() == 0xbf, peek(1) == 0xbd { throw fault("invalid UTF-8 rune") }
            if quote == UInt8(ascii: "`") { continue }
            if byte == UInt8(ascii: "\n") { throw fault("unterminated quoted string") }
            if byte == UInt8(ascii: "\\") { try scanEscape(quote: quote) }
        }
    }

    /// Reads what follows a backslash.
    private mutating func scanEscape(quote: UInt8) throws(SyntaxFault) {
        guard let kind = peek() else { throw fault("escape sequence not terminated") }
        var digits: Int
        let base: UInt32
        let greatest: UInt32
        switch kind {
        case quote, UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"),
            UInt8(ascii: "v"), UInt8(ascii: "\\"):
            position += 1
            return
        case UInt8(ascii: "0")...UInt8(ascii: "7"): (digits, base, greatest) = (3, 8, 255)
        case UInt8(ascii: "x"): (digits, base, greatest) = (2, 16, 255)
        case UInt8(ascii: "u"): (digits, base, greatest) = (4, 16, 0x10ffff)
        case UInt8(ascii: "U"): (digits, base, greatest) = (8, 16, 0x10ffff)
        default: throw fault("unknown escape sequence \(GoQuoting.codePoint(peekScalar()))")
        }
        if base == 16 { position += 1 }
        var value: UInt32 = 0
        while digits > 0 {
            guard let byte = peek() else { throw fault("escape sequence not terminated") }
            guard let digit = digitValue(byte), digit < base else {
                throw fault("illegal character \(GoQuoting.codePoint(peekScalar())) in escape sequence")
            }
            value = value &* base &+ digit
            digits -= 1
            position += 1
        }
        if value > greatest || (0xd800..<0xe000).contains(value) {
            throw fault("escape sequence is an invalid Unicode code point")
        }
    }

    // MARK: Numbers

    /// Reads the longest run that looks like a number. Whether it is one for sure, ``NumberSyntax`` decides.
    ///
    /// - Parameter isPoint: whether it stands among the points of a series, where an `x` follows that says how often, and no number is
    ///   hexadecimal.
    /// - Returns: false where it is none, or where something that is no number follows without a space, such as a unit.
    mutating func scanNumber(isPoint: Bool = false) -> Bool {
        let start = position
        var isHexadecimal = false
        if !isPoint, accept(UInt8(ascii: "0")), accept(UInt8(ascii: "x")) || accept(UInt8(ascii: "X")) {
            _ = accept(UInt8(ascii: "_"))
            isHexadecimal = true
        }
        _ = accept(UInt8(ascii: "."))
        if let byte = peek(), isNumberDigit(byte, isHexadecimal) { position += 1 }
        guard scanNumberParts(isHexadecimal), position > start else { return false }
        return peek().map { !isAlphanumeric($0) || (isPoint && $0 == UInt8(ascii: "x")) } ?? true
    }

    private mutating func scanNumberParts(_ isHexadecimal: Bool) -> Bool {
        var sawDot = false
        var sawExponent = false
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "."):
                position += 1
                if sawDot { return false }
                sawDot = true
                if acceptAny(of: "_.") || isHexadecimal { return false }
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                if sawExponent { return false }
                sawExponent = true
                _ = acceptAny(of: "+-")
                if acceptAny(of: "._eE") || peek() == nil { return false }
            case UInt8(ascii: "_"):
                position += 1
                if acceptAny(of: "._eE") || peek() == nil { return false }
            default:
                guard isNumberDigit(byte, isHexadecimal) else { return true }
                while let byte = peek(), isNumberDigit(byte, isHexadecimal) { position += 1 }
            }
        }
        return true
    }

    /// Reads the rest of a duration, whose first digits have been read.
    mutating func scanRestOfDuration() -> Bool {
        guard acceptAny(of: "smhdwy") else { return false }
        _ = accept(UInt8(ascii: "s"))
        while let byte = peek(), isDigit(byte) {
            while let byte = peek(), isDigit(byte) { position += 1 }
            // Years come first only; units that do not exist are refused when the duration is read.
            guard acceptAny(of: "smhdw") else { return false }
            _ = accept(UInt8(ascii: "s"))
        }
        if let byte = peek(), isAlphanumeric(byte) {
            position += 1
            return false
        }
        return true
    }

    private func isNumberDigit(_ byte: UInt8, _ isHexadecimal: Bool) -> Bool {
        isDigit(byte) || (isHexadecimal && byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }

    private mutating func acceptAny(of set: StaticString) -> Bool {
        guard let byte = peek() else { return false }
        let isMember = set.withUTF8Buffer { $0.contains(byte) }
        if isMember { position += 1 }
        return isMember
    }
}

/// The value of a hexadecimal digit, or nil.
func digitValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
}
