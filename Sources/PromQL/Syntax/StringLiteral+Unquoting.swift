extension StringLiteral {
    /// The bytes that a quoted string stands for: `"…"` and `'…'` with the escapes of Go, `` `…` `` as it is.
    ///
    /// - Returns: nil where the text is no such string. What the lexer calls a string always is one.
    static func unquoted(_ text: some RandomAccessCollection<UInt8>) -> [UInt8]? {
        let text = Array(text)
        guard text.count >= 2, let quote = text.first, quote == text.last else { return nil }
        let body = text[1..<(text.count - 1)]
        switch quote {
        case UInt8(ascii: "`"): return body.contains(quote) ? nil : Array(body)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): break
        default: return nil
        }
        guard let firstEscape = body.firstIndex(of: UInt8(ascii: "\\")) else {
            return body.contains(quote) || body.contains(UInt8(ascii: "\n")) ? nil : Array(body)
        }
        var result = Array(body[..<firstEscape])
        var position = firstEscape
        while position < body.endIndex {
            let byte = body[position]
            if byte == quote || byte == UInt8(ascii: "\n") { return nil }
            position += 1
            if byte != UInt8(ascii: "\\") {
                result.append(byte)
            } else if !appendEscape(body, &position, quote: quote, to: &result) {
                return nil
            }
        }
        return result
    }

    /// Reads the escape after a backslash. Returns false where there is no such escape.
    private static func appendEscape(_ body: ArraySlice<UInt8>, _ position: inout Int, quote: UInt8, to result: inout [UInt8]) -> Bool {
        guard position < body.endIndex else { return false }
        let kind = body[position]
        position += 1
        switch kind {
        case UInt8(ascii: "a"): result.append(0x07)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0c)
        case UInt8(ascii: "n"): result.append(0x0a)
        case UInt8(ascii: "r"): result.append(0x0d)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "v"): result.append(0x0b)
        case UInt8(ascii: "\\"), quote: result.append(kind)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            guard let value = number(body, &position, digits: 3, base: 8), value <= 255 else { return false }
            result.append(UInt8(value))
        case UInt8(ascii: "x"):
            guard let value = number(body, &position, digits: 2, base: 16) else { return false }
            result.append(UInt8(value))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let digits = kind == UInt8(ascii: "u") ? 4 : 8
            guard let value = number(body, &position, digits: digits, base: 16), let scalar = Unicode.Scalar(value) else { return false }
            result.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default: return false
        }
        return true
    }

    private static func number(_ body: ArraySlice<UInt8>, _ position: inout Int, digits: Int, base: UInt32) -> UInt32? {
        guard body.endIndex - position >= digits else { return nil }
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = digitValue(body[position]), digit < base else { return nil }
            value = value &* base &+ digit
            position += 1
        }
        return value
    }
}

/// Whether bytes are UTF-8 throughout.
func isUTF8(_ bytes: [UInt8]) -> Bool {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while true {
        switch decoder.decode(&iterator) {
        case .scalarValue: continue
        case .emptyInput: return true
        case .error: return false
        }
    }
}
