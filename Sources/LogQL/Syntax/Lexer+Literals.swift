internal import QueryModel

extension Lexer {
    // MARK: Texts

    mutating func rawString() throws(SyntaxFault) -> String {
        let start = position
        guard let end = text[(position + 1)...].firstIndex(of: UInt8(ascii: "`")) else {
            throw SyntaxFault("literal not terminated", at: SourceRange(start, text.count))
        }
        move(to: end + 1)
        return String(decoding: text[(start + 1)..<end], as: UTF8.self)
    }

    mutating func quotedString() throws(SyntaxFault) -> String {
        let start = position
        move(to: position + 1)
        var content: [UInt8] = []
        while let byte = peek(), byte != UInt8(ascii: "\n") {
            move(to: position + 1)
            if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
            if byte != UInt8(ascii: "\\") {
                content.append(byte)
            } else if !appendEscape(to: &content) {
                throw SyntaxFault("invalid char escape", at: SourceRange(start, position))
            }
        }
        throw SyntaxFault("literal not terminated", at: SourceRange(start, position))
    }

    /// Reads what follows a backslash. False where that is no escape.
    private mutating func appendEscape(to content: inout [UInt8]) -> Bool {
        guard let kind = peek() else { return false }
        let form: (skipped: Int, digits: Int, base: Int)
        switch kind {
        case UInt8(ascii: "0")...UInt8(ascii: "7"): form = (0, 3, 8)
        case UInt8(ascii: "x"): form = (1, 2, 16)
        case UInt8(ascii: "u"): form = (1, 4, 16)
        case UInt8(ascii: "U"): form = (1, 8, 16)
        default:
            guard let byte = Lexer.simpleEscapes[kind] else { return false }
            content.append(byte)
            move(to: position + 1)
            return true
        }
        let start = position + form.skipped
        guard start + form.digits <= text.count else { return false }
        let digits = text[start..<(start + form.digits)]
        guard digits.allSatisfy({ $0.isHexadecimalDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: form.base)
        else { return false }
        if form.digits <= 3 {
            guard let byte = UInt8(exactly: value) else { return false }
            content.append(byte)
        } else {
            guard let scalar = Unicode.Scalar(value) else { return false }
            content.append(contentsOf: String(scalar).utf8)
        }
        move(to: start + form.digits)
        return true
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c, UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d,
        UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0b, UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "\""): UInt8(ascii: "\""),
    ]

    // MARK: Numbers

    /// A number, or a duration or a number of bytes that starts with one.
    mutating func number() throws(SyntaxFault) -> Token {
        let start = position
        let end = try numberEnd()
        if let duration = durationLiteral(numberEnd: end) { return .duration(duration) }
        if let size = byteSizeLiteral(numberEnd: end) { return .byteSize(size) }
        move(to: end)
        return .number(String(decoding: text[start..<end], as: UTF8.self))
    }

    /// Where a number in the syntax of Go ends.
    private func numberEnd() throws(SyntaxFault) -> Int {
        let start = position
        var end = position
        func byte(_ index: Int) -> UInt8 { index < text.count ? text[index] : 0 }
        func fault(_ message: String) -> SyntaxFault { SyntaxFault(message, at: SourceRange(start, end)) }
        var isHexadecimal = false
        if byte(end) == UInt8(ascii: "0") {
            switch byte(end + 1) | 0x20 {
            case UInt8(ascii: "x"):
                isHexadecimal = true
                end += 2
            case UInt8(ascii: "o"): end += 2
            case UInt8(ascii: "b") where byte(end + 2) == UInt8(ascii: "0") || byte(end + 2) == UInt8(ascii: "1"): end += 2
            default: break
            }
        }
        func isDigit(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || (isHexadecimal ? byte.isHexadecimalDigit : byte.isDigit)
        }
        let digitsStart = end
        while isDigit(byte(end)) { end += 1 }
        var isFraction = false
        if byte(end) == UInt8(ascii: ".") {
            isFraction = true
            end += 1
            while isDigit(byte(end)) { end += 1 }
        }
        if !text[digitsStart..<end].contains(where: { $0.isHexadecimalDigit }) { throw fault("number has no digits") }
        let exponent = byte(end) | 0x20
        if exponent == UInt8(ascii: isHexadecimal ? "p" : "e") {
            end += 1
            if byte(end) == UInt8(ascii: "+") || byte(end) == UInt8(ascii: "-") { end += 1 }
            let exponentStart = end
            while byte(end).isDigit { end += 1 }
            if end == exponentStart { throw fault("exponent has no digits") }
        } else if isHexadecimal && isFraction {
            throw fault("hexadecimal mantissa requires a 'p' exponent")
        }
        return end
    }

    /// A duration that starts at the position, and whose first number ends at `numberEnd`; nil, and nothing read, where there is none.
    mutating func durationLiteral(numberEnd: Int) -> Int64? {
        var end = numberEnd
        while end < text.count {
            if text[end].isDigit || text[end] == UInt8(ascii: ".") || Lexer.durationBytes.contains(text[end]) {
                end += 1
            } else if text[end...].starts(with: "µ".utf8) {
                end += 2
            } else {
                break
            }
        }
        guard end > numberEnd, let duration = QueryDuration.literal(String(decoding: text[position..<end], as: UTF8.self)) else {
            return nil
        }
        move(to: end)
        return duration
    }

    private static let durationBytes = Set("numshdwy".utf8)

    private mutating func byteSizeLiteral(numberEnd: Int) -> UInt64? {
        var end = numberEnd
        while end < text.count, text[end].isDigit || text[end] == UInt8(ascii: ".") || Lexer.byteSizeBytes.contains(text[end]) { end += 1 }
        guard end > numberEnd, let size = QueryByteSize.literal(text[position..<end]) else { return nil }
        move(to: end)
        return size
    }

    private static let byteSizeBytes = Set("BikKMGTP".utf8)

    /// `[5m]`
    mutating func range() throws(SyntaxFault) -> Token {
        let start = position
        guard let end = text[position...].firstIndex(of: UInt8(ascii: "]")) else {
            throw SyntaxFault("missing closing ']' in duration", at: SourceRange(start, text.count))
        }
        move(to: end + 1)
        do throws(QueryDuration.Failure) {
            return .range(try QueryDuration.prometheus(String(decoding: text[(start + 1)..<end], as: UTF8.self)))
        } catch {
            throw SyntaxFault(error.message, at: SourceRange(start, position))
        }
    }
}
