internal import ByteCoding
internal import TelemetryModel

/// Values of attributes in the form that labels have, as Tempo writes them.
enum AnyValueText {
    /// Deeper nesting is left out.
    private static let depthMax = 16

    /// Gives the text of a value (`AnyValue`) to a closure. A string is lent where it lies.
    static func with<Result>(
        _ place: Range<Int>, of message: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var cursor = ProtobufCursor(message, in: place)
        // The usual case: one field, a string.
        if let tag = try? cursor.nextTag(), tag == 0x0a, let text = try? cursor.readRange(), cursor.isAtEnd {
            return body(UnsafeRawBufferPointer(rebasing: message[text]))
        }
        var text: [UInt8] = []
        append(place, of: message, to: &text, depth: 0)
        return text.withUnsafeBytes(body)
    }

    static func bytes(_ place: Range<Int>, of message: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        append(place, of: message, to: &text, depth: 0)
        return text
    }

    /// The number in a value of type `double`; nil for others.
    static func double(_ place: Range<Int>, of message: UnsafeRawBufferPointer) -> Double? {
        var cursor = ProtobufCursor(message, in: place)
        var found: Double?
        while let tag = try? cursor.nextTag() {
            if tag == 0x21 {
                guard let bits = try? cursor.readFixed64() else { return nil }
                found = Double(bitPattern: bits)
            } else {
                found = nil
                guard (try? cursor.skip(tag)) != nil else { return nil }
            }
        }
        return found
    }

    private static func append(_ place: Range<Int>, of message: UnsafeRawBufferPointer, to text: inout [UInt8], depth: Int) {
        if depth > depthMax { return }
        var cursor = ProtobufCursor(message, in: place)
        // Of several fields the last one counts, as for every `oneof`.
        let start = text.count
        do {
            while let tag = try cursor.nextTag() {
                text.removeSubrange(start...)
                switch tag {
                case 0x0a: text.append(contentsOf: message[try cursor.readRange()])
                case 0x10: text.append(contentsOf: (try cursor.readVarint() != 0 ? "true" : "false").utf8)
                case 0x18: text.append(contentsOf: String(Int64(bitPattern: try cursor.readVarint())).utf8)
                case 0x21: text.append(contentsOf: FloatText.fixed(Double(bitPattern: try cursor.readFixed64())).utf8)
                case 0x2a: appendList(try cursor.readRange(), of: message, to: &text, depth)
                case 0x32: appendMap(try cursor.readRange(), of: message, to: &text, depth)
                default: try cursor.skip(tag)
                }
            }
        } catch {
            // Whoever takes the message in has refused it as a whole by now.
            text.removeSubrange(start...)
        }
    }

    private static func appendList(_ place: Range<Int>, of message: UnsafeRawBufferPointer, to text: inout [UInt8], _ depth: Int) {
        text.append(UInt8(ascii: "["))
        var cursor = ProtobufCursor(message, in: place)
        while let tag = try? cursor.nextTag() {
            guard tag == 0x0a, let element = try? cursor.readRange() else { break }
            append(element, of: message, to: &text, depth: depth + 1)
        }
        text.append(UInt8(ascii: "]"))
    }

    private static func appendMap(_ place: Range<Int>, of message: UnsafeRawBufferPointer, to text: inout [UInt8], _ depth: Int) {
        text.append(UInt8(ascii: "{"))
        var cursor = ProtobufCursor(message, in: place)
        while let tag = try? cursor.nextTag() {
            guard tag == 0x0a, let element = try? cursor.readRange() else { break }
            guard let pair = KeyValuePlace(element, of: message) else { break }
            text.append(contentsOf: message[pair.key])
            text.append(UInt8(ascii: ":"))
            if pair.value.isFound { append(pair.value.range, of: message, to: &text, depth: depth + 1) }
        }
        text.append(UInt8(ascii: "}"))
    }
}

/// Where key and value of an attribute (`KeyValue`) lie in a message.
struct KeyValuePlace {
    var key = 0..<0
    var value = ValuePlace.none

    /// Nil where the bytes are no attribute.
    @inline(__always)
    init?(_ place: Range<Int>, of message: UnsafeRawBufferPointer) {
        var cursor = ProtobufCursor(message, in: place)
        do {
            while let tag = try cursor.nextTag() {
                switch tag {
                case 0x0a: key = try cursor.readRange()
                case 0x12: value = ValuePlace(try cursor.readRange())
                default: try cursor.skip(tag)
                }
            }
        } catch {
            return nil
        }
    }
}
