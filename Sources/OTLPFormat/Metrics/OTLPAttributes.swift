public import ByteCoding
internal import TelemetryModel

/// Attributes as they lie in a message, one by one, without objects for those that nobody asks for.
public enum OTLPAttributes {
    /// Where the parts of one `KeyValue` lie; the value is the message `AnyValue`.
    public struct Place: Sendable, Hashable {
        public var key: Range<Int>
        public var value: Range<Int>
    }

    /// Reads where the parts of a `KeyValue` lie.
    public static func read(_ body: Range<Int>, of message: UnsafeRawBufferPointer) throws(ByteCodingError) -> Place {
        var cursor = ProtobufCursor(message, in: body)
        var place = Place(key: body.lowerBound..<body.lowerBound, value: body.lowerBound..<body.lowerBound)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: place.key = try cursor.readRange()
            case 0x12: place.value = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        return place
    }

    /// The attributes of a `Resource` (field 1) or an `InstrumentationScope` (field 3).
    static func list(_ body: Range<Int>, of message: UnsafeRawBufferPointer, tag wanted: UInt32) throws(ByteCodingError) -> [Place] {
        var cursor = ProtobufCursor(message, in: body)
        var places: [Place] = []
        while let tag = try cursor.nextTag() {
            if tag == wanted { places.append(try read(try cursor.readRange(), of: message)) } else { try cursor.skip(tag) }
        }
        return places
    }

    /// The attributes of a `Resource`.
    public static func ofResource(_ body: Range<Int>, of message: UnsafeRawBufferPointer) throws(ByteCodingError) -> [Place] {
        try list(body, of: message, tag: 0x0a)
    }

    /// The attributes of an `InstrumentationScope`.
    public static func ofScope(_ body: Range<Int>, of message: UnsafeRawBufferPointer) throws(ByteCodingError) -> [Place] {
        try list(body, of: message, tag: 0x1a)
    }

    /// A value as a label has it: strings as they are, numbers in the shortest digits, arrays and maps as JSON, bytes in base64.
    ///
    /// - Throws: also where values stand within each other deeper than ``OTLPLimits/valueDepthMax``.
    public static func text(_ value: Range<Int>, of message: UnsafeRawBufferPointer) throws(ByteCodingError) -> String {
        var cursor = ProtobufCursor(message, in: value)
        var text: Range<Int>?
        var isText = true
        while let tag = try cursor.nextTag() {
            if tag == 0x0a {
                text = try cursor.readRange()
            } else {
                isText = false
                try cursor.skip(tag, known: 0b10)
            }
        }
        if isText { return text.map { String(decoding: message[$0], as: UTF8.self) } ?? "" }
        try checkDepth(ProtobufCursor(message, in: value), 0)
        return AttributeText.of(try AttributeValue(otlpBody: value, of: message))
    }

    private static func checkDepth(_ value: ProtobufCursor, _ depth: Int) throws(ByteCodingError) {
        if depth > OTLPLimits.valueDepthMax { throw ByteCodingError(.nestedTooDeep, at: value.position) }
        var value = value
        while let tag = try value.nextTag() {
            guard tag == 0x2a || tag == 0x32 else {
                try value.skip(tag)
                continue
            }
            let outer = try value.enter()
            while let inner = try value.nextTag() {
                guard inner == 0x0a else {
                    try value.skip(inner)
                    continue
                }
                let end = try value.enter()
                if tag == 0x2a {
                    try checkDepth(value, depth + 1)
                } else {
                    while let member = try value.nextTag() {
                        guard member == 0x12 else {
                            try value.skip(member)
                            continue
                        }
                        let after = try value.enter()
                        try checkDepth(value, depth + 1)
                        value.leave(after)
                    }
                }
                value.leave(end)
            }
            value.leave(outer)
        }
    }
}

extension AttributeValue {
    /// Reads the `AnyValue` that fills a part of a message.
    fileprivate init(otlpBody body: Range<Int>, of message: UnsafeRawBufferPointer) throws(ByteCodingError) {
        var value = AttributeValue.empty
        var cursor = ProtobufCursor(message, in: body)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: value = .string(String(decoding: message[try cursor.readRange()], as: UTF8.self))
            case 0x10: value = .bool(try cursor.readVarint() != 0)
            case 0x18: value = .int(Int64(bitPattern: try cursor.readVarint()))
            case 0x21: value = .double(Double(bitPattern: try cursor.readFixed64()))
            case 0x2a:
                let inner = try cursor.enter()
                value = .array(try AttributeValue.elements(&cursor))
                cursor.leave(inner)
            case 0x32:
                let inner = try cursor.enter()
                value = .map(try AttributeValue.entries(&cursor))
                cursor.leave(inner)
            case 0x3a: value = .bytes([UInt8](message[try cursor.readRange()]))
            default: try cursor.skip(tag)
            }
        }
        self = value
    }
}

/// Values of attributes as text, in the form of OpenTelemetry's collector.
enum AttributeText {
    static func of(_ value: AttributeValue) -> String {
        switch value {
        case .empty: return ""
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number): return number.isFinite ? AttributeText.number(number) : FloatText.general(number)
        case .bytes(let bytes):
            var text: [UInt8] = []
            Base64.encode(bytes, into: &text)
            return String(decoding: text, as: UTF8.self)
        case .array, .map:
            var text: [UInt8] = []
            append(value, to: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }

    private static func append(_ value: AttributeValue, to text: inout [UInt8]) {
        switch value {
        case .empty: text += "null".utf8
        case .bool, .int: text += of(value).utf8
        case .double(let number): text += (number.isFinite ? AttributeText.number(number) : "null").utf8
        case .string, .bytes: appendQuoted(of(value), to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                append(element, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .map(let entries):
            text.append(UInt8(ascii: "{"))
            // In order, so that the same map is always the same label.
            for (index, entry) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }).enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                appendQuoted(entry.key, to: &text)
                text.append(UInt8(ascii: ":"))
                append(entry.value, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func appendQuoted(_ string: String, to text: inout [UInt8]) {
        var writer = JSONTextWriter()
        writer.value(string)
        text += writer.bytes
    }

    /// As JSON has it: without an exponent from 10⁻⁶ up to 10²¹.
    private static func number(_ number: Double) -> String {
        let magnitude = abs(number)
        if magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21) { return FloatText.fixed(number) }
        let text = FloatText.general(number)
        // One digit of an exponent is enough.
        return text.replacing("e-0", with: "e-")
    }
}
