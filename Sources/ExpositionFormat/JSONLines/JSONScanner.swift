/// Why a line of JSON is not what it should be.
public struct SampleLineError: Error, Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// The byte at fault, counted from 1.
    public let column: Int

    public var description: String { "column \(column): \(message)" }
}

/// Goes through the JSON of one line. Whatever the bytes, it gives values or an error with a place.
struct JSONScanner {
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func failure(_ message: String, at offset: Int? = nil) -> SampleLineError {
        SampleLineError(message: message, column: (offset ?? position) + 1)
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    /// The next byte that is no blank, without taking it; nil at the end.
    mutating func peek() -> UInt8? {
        skipBlanks()
        return position < bytes.count ? bytes[position] : nil
    }

    /// Takes a byte if it is the next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(SampleLineError) {
        if !take(character) { throw failure("expected \(character)") }
    }

    mutating func expectEnd() throws(SampleLineError) { if peek() != nil { throw failure("expected the end of the line") } }

    /// Goes through the members of an object; the body takes the value of each.
    mutating func object(
        _ body: (inout JSONScanner, _ name: String, _ offset: Int) throws(SampleLineError) -> Void
    )
        throws(SampleLineError)
    {
        try expect("{")
        if take("}") { return }
        repeat {
            _ = peek()
            let offset = position
            let name = try string()
            try expect(":")
            try body(&self, name, offset)
        } while take(",")
        try expect("}")
    }

    /// Goes through the elements of an array; the body takes each.
    mutating func array(_ body: (inout JSONScanner) throws(SampleLineError) -> Void) throws(SampleLineError) {
        try expect("[")
        if take("]") { return }
        repeat { try body(&self) } while take(",")
        try expect("]")
    }

    /// A text, its escapes undone.
    mutating func string() throws(SampleLineError) -> String {
        guard take("\"") else { throw failure("expected a text in double quotes") }
        let start = position - 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("text is not UTF-8", at: start) }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw failure("a control character stands in a text", at: position - 1)
            default: text.append(byte)
            }
        }
        throw failure("the quote is never closed", at: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(SampleLineError) {
        guard position < bytes.count else { throw failure("the quote is never closed") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if (0xd800..<0xdc00).contains(unit) {
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
                    throw failure("half of a surrogate pair")
                }
                position += 2
                let low = try hexadecimal()
                guard (0xdc00..<0xe000).contains(low) else { throw failure("half of a surrogate pair") }
                unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw failure("half of a surrogate pair") }
            text += String(scalar).utf8
        default: throw failure("unknown escape", at: position - 1)
        }
    }

    private mutating func hexadecimal() throws(SampleLineError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("expected four hexadecimal digits") }
        position += 4
        return unit
    }

    /// The characters of a number.
    private mutating func digits() -> Substring {
        _ = peek()
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                position += 1
            default: return Substring(decoding: bytes[start..<position], as: UTF8.self)
            }
        }
        return Substring(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A whole number.
    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws(SampleLineError) -> Number {
        _ = peek()
        let start = position
        guard let number = Number(digits()) else { throw failure("expected a whole number", at: start) }
        return number
    }

    /// A number, or a text that stands for one.
    mutating func value() throws(SampleLineError) -> Double {
        guard peek() == UInt8(ascii: "\"") else {
            let start = position
            guard let number = Double(digits()), number.isFinite else { throw failure("expected a number", at: start) }
            return number
        }
        let start = position
        switch try string() {
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        case "NaN": return Double(bitPattern: 0x7ff8_0000_0000_0001)
        case let text where text.hasPrefix("NaN:") && text.utf8.count == 20:
            guard let bits = UInt64(text.dropFirst(4), radix: 16), Double(bitPattern: bits).isNaN else {
                throw failure("expected the bits of a NaN", at: start)
            }
            return Double(bitPattern: bits)
        default: throw failure("expected a number", at: start)
        }
    }

    mutating func boolean() throws(SampleLineError) -> Bool {
        _ = peek()
        for (word, value) in [("true", true), ("false", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw failure("expected true or false")
    }
}
