internal import ByteCoding

/// `AnyValue`s of OTLP as text: strings as they are, arrays and maps as JSON, bytes as base64.
struct AnyValueText {
    /// Whether values stood within each other deeper than may be; the text is of no use then.
    private(set) var isTooDeep = false

    /// How deep values may stand within each other.
    static let depthMax = 64

    /// Appends the text of a value.
    ///
    /// - Parameter range: where the message of the value lies.
    mutating func append(_ range: Range<Int>, of body: UnsafeRawBufferPointer, to text: inout [UInt8]) throws(ByteCodingError) {
        try append(ProtobufCursor(body, in: range), body, isQuoted: false, depth: 0, to: &text)
    }

    private mutating func append(
        _ value: ProtobufCursor, _ body: UnsafeRawBufferPointer, isQuoted: Bool, depth: Int, to text: inout [UInt8]
    ) throws(ByteCodingError) {
        var value = value
        let start = text.count
        while let tag = try value.nextTag() {
            // The last member that is set counts.
            if tag >> 3 <= 7 { text.removeSubrange(start...) }
            switch tag {
            case 0x0a:
                let bytes = value.bytes(try value.readRange())
                if isQuoted { JSONBytes.appendQuoted(bytes, to: &text) } else { text.append(contentsOf: bytes) }
            case 0x10: text.append(contentsOf: (try value.readVarint() != 0 ? "true" : "false").utf8)
            case 0x18: text.append(contentsOf: String(Int64(bitPattern: try value.readVarint())).utf8)
            case 0x21: JSONBytes.append(Double(bitPattern: try value.readFixed64()), isQuoted: isQuoted, to: &text)
            case 0x2a: try appendElements(try value.readRange(), body, areNamed: false, depth: depth + 1, to: &text)
            case 0x32: try appendElements(try value.readRange(), body, areNamed: true, depth: depth + 1, to: &text)
            case 0x3a:
                if isQuoted { text.append(UInt8(ascii: "\"")) }
                Base64.encode(value.bytes(try value.readRange()), into: &text)
                if isQuoted { text.append(UInt8(ascii: "\"")) }
            default: try value.skip(tag, known: 0b1111_1110)
            }
        }
        if isQuoted, text.count == start { text.append(contentsOf: "null".utf8) }
    }

    private mutating func appendElements(
        _ range: Range<Int>, _ body: UnsafeRawBufferPointer, areNamed: Bool, depth: Int, to text: inout [UInt8]
    ) throws(ByteCodingError) {
        guard depth <= AnyValueText.depthMax else {
            isTooDeep = true
            return
        }
        var list = ProtobufCursor(body, in: range)
        var isFirst = true
        text.append(UInt8(ascii: areNamed ? "{" : "["))
        while let tag = try list.nextTag() {
            guard tag == 0x0a else {
                try list.skip(tag, known: 0b10)
                continue
            }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            let element = ProtobufCursor(body, in: try list.readRange())
            guard areNamed else {
                try append(element, body, isQuoted: true, depth: depth, to: &text)
                continue
            }
            let (name, value) = try KeyValuePlace.read(element)
            JSONBytes.appendQuoted(element.bytes(name), to: &text)
            text.append(UInt8(ascii: ":"))
            try append(ProtobufCursor(body, in: value), body, isQuoted: true, depth: depth, to: &text)
        }
        text.append(UInt8(ascii: areNamed ? "}" : "]"))
    }
}

/// Where the parts of a `KeyValue` lie.
enum KeyValuePlace {
    static func read(_ field: ProtobufCursor) throws(ByteCodingError) -> (name: Range<Int>, value: Range<Int>) {
        var field = field
        var name = 0..<0
        var value = 0..<0
        while let tag = try field.nextTag() {
            switch tag {
            case 0x0a: name = try field.readRange()
            case 0x12: value = try field.readRange()
            default: try field.skip(tag, known: 0b110)
            }
        }
        return (name, value)
    }
}

/// Writes JSON on bytes.
enum JSONBytes {
    static func appendQuoted(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0x0a: text += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0d: text += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x09: text += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<0x20:
                text.append(contentsOf: "\\u00".utf8)
                for digit in [byte >> 4, byte & 0xf] { text.append(hexadecimal(digit)) }
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// A number in the shortest digits that read back as it; what JSON has no number for is a word, in quotes where that is asked for.
    static func append(_ number: Double, isQuoted: Bool, to text: inout [UInt8]) {
        guard number.isFinite else {
            let word = number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
            text.append(contentsOf: (isQuoted ? "\"\(word)\"" : word).utf8)
            return
        }
        if number == number.rounded(.towardZero), abs(number) < 1e15, !(number == 0 && number.sign == .minus) {
            text.append(contentsOf: String(Int64(number)).utf8)
        } else {
            text.append(contentsOf: number.description.utf8)
        }
    }

    static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit - 10 + 0x61 }

    static func appendHexadecimal(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        for byte in bytes {
            text.append(hexadecimal(byte >> 4))
            text.append(hexadecimal(byte & 0xf))
        }
    }
}
