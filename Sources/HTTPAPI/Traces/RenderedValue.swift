internal import ByteCoding
internal import NIOCore
internal import TelemetryModel

/// Values of attributes as text, as OpenTelemetry's own programs write them: arrays and maps as JSON, bytes in base64.
enum RenderedValue {
    static func text(_ value: AttributeValue) -> String {
        switch value {
        case .empty: return ""
        case .string(let text): return text
        case .bool(let truth): return truth ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number): return text(number)
        case .bytes(let bytes): return base64(bytes)
        case .array, .map:
            var writer = JSONWriter()
            writer.plain(value)
            return writer.finish().map { String(buffer: $0) }.joined()
        }
    }

    /// The shortest digits, without an exponent from 10^-6 up to 10^21.
    static func text(_ number: Double) -> String {
        let magnitude = abs(number)
        if number == number.rounded(.towardZero) && magnitude < 1e15 { return String(Int64(number)) }
        return magnitude >= 1e-6 && magnitude < 1e21 ? FloatText.fixed(number) : FloatText.general(number)
    }

    static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        Base64.encode(bytes, into: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

extension JSONWriter {
    /// A value without a sign of its type.
    fileprivate mutating func plain(_ value: AttributeValue) {
        switch value {
        case .empty: null()
        case .string(let text): self.value(text)
        case .bool(let truth): self.value(truth)
        case .int(let number): self.value(Int(number))
        case .double(let number): if number.isFinite { self.value(number) } else { self.value(FloatText.general(number)) }
        case .bytes(let bytes): self.value(RenderedValue.base64(bytes))
        case .array(let values):
            beginArray()
            for value in values { plain(value) }
            endArray()
        case .map(let attributes):
            beginObject()
            for attribute in attributes {
                name(attribute.key)
                plain(attribute.value)
            }
            endObject()
        }
    }
}
