internal import ByteCoding

/// The labels of a stream as text.
enum LabelText {
    /// Bytes of a text that are read at most; Loki's limit as well.
    static let bytesMax = 64 << 10

    /// Reads `{name="value", other='value'}`. Names may stand in quotes as well; strings have the escapes of Go.
    static func read(_ text: UnsafeBufferPointer<UInt8>, into fields: inout LogFields) throws(LogFormatError) {
        if text.count > bytesMax { throw LogFormatError("labels of \(text.count) bytes, at most \(bytesMax) are taken", at: 0) }
        var reader = LabelTextReader(bytes: Array(text))
        try reader.read(into: &fields)
    }

    /// Reads a JSON object of strings.
    static func readJSON(_ text: UnsafeBufferPointer<UInt8>, into fields: inout LogFields) throws(LogFormatError) {
        if text.count > bytesMax { throw LogFormatError("labels of \(text.count) bytes, at most \(bytesMax) are taken", at: 0) }
        var cursor = JSONCursor(text)
        var nameMemory = UnescapedText()
        var valueMemory = UnescapedText()
        do throws(JSONFault) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard try cursor.peekKind() == .string else {
                    throw JSONFault("the value of a label must be a string", at: cursor.position)
                }
                let value = try cursor.readText()
                fields.append(nameMemory.bytes(of: key, cursor), valueMemory.bytes(of: value, cursor))
            }
            try cursor.finish()
        } catch {
            throw LogFormatError("\(error.message)", at: error.offset)
        }
    }
}

/// Reads one text.
private struct LabelTextReader {
    let bytes: [UInt8]
    var position = 0

    mutating func read(into fields: inout LogFields) throws(LogFormatError) {
        skipBlanks()
        guard take("{") else { throw failure("expected {") }
        skipBlanks()
        while !take("}") {
            let name = try name()
            skipBlanks()
            guard take("=") else { throw failure("expected = behind the name of a label") }
            skipBlanks()
            let value = try string()
            fields.append(name: { $0.append(contentsOf: name) }, value: { $0.append(contentsOf: value) })
            skipBlanks()
            if take(",") {
                skipBlanks()
            } else if peek() != UInt8(ascii: "}") {
                throw failure("expected a comma or }")
            }
        }
        skipBlanks()
        if position < bytes.count { throw failure("expected the end of the labels") }
    }

    private mutating func name() throws(LogFormatError) -> [UInt8] {
        if let byte = peek(), byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") { return try string() }
        let start = position
        while let byte = peek(), LabelCharacters.isNameByte(byte) { position += 1 }
        if position == start || LabelCharacters.isDigit(bytes[start]) { throw failure("expected the name of a label", at: start) }
        return Array(bytes[start..<position])
    }

    private mutating func string() throws(LogFormatError) -> [UInt8] {
        guard let quote = peek(), [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`")].contains(quote) else {
            throw failure("expected a string in quotes")
        }
        let start = position
        position += 1
        var text: [UInt8] = []
        while let byte = peek() {
            position += 1
            if byte == quote { return text }
            if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") { try escape(into: &text) } else { text.append(byte) }
        }
        throw failure("the quote is never closed", at: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(LogFormatError) {
        let start = position - 1
        guard let byte = peek() else { throw failure("the quote is never closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "a"): text.append(0x07)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "v"): text.append(0x0b)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(byte)
        case UInt8(ascii: "x"): text.append(UInt8(truncatingIfNeeded: try digits(2, base: 16)))
        case UInt8(ascii: "u"): try append(scalar: try digits(4, base: 16), to: &text, at: start)
        case UInt8(ascii: "U"): try append(scalar: try digits(8, base: 16), to: &text, at: start)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            let value = try digits(3, base: 8)
            if value > 255 { throw failure("an escape beyond a byte", at: start) }
            text.append(UInt8(value))
        default: throw failure("unknown escape", at: start)
        }
    }

    private func append(scalar value: UInt32, to text: inout [UInt8], at start: Int) throws(LogFormatError) {
        guard let scalar = Unicode.Scalar(value) else { throw failure("an escape that is no character", at: start) }
        text.append(contentsOf: String(Character(scalar)).utf8)
    }

    private mutating func digits(_ count: Int, base: UInt32) throws(LogFormatError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let byte = peek(), let digit = Hexadecimal.value(of: byte), UInt32(digit) < base else {
                throw failure("expected \(count) digits")
            }
            // Eight hexadecimal digits fill the number exactly.
            value = value &* base &+ UInt32(digit)
            position += 1
        }
        return value
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    private func failure(_ message: String, at offset: Int? = nil) -> LogFormatError { LogFormatError(message, at: offset ?? position) }
}

/// Which bytes the names of labels are made of.
enum LabelCharacters {
    static func isNameByte(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || isDigit(byte) || byte == UInt8(ascii: "_") }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}
