internal import Foundation
internal import OTLPFormat
internal import TelemetryModel

/// A 64-bit number that may be written as text, as protobuf's JSON does.
struct FlexibleUInt64: Decodable {
    let number: UInt64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard let number = UInt64(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "“\(text)” is no number without a sign")
            }
            self.number = number
        } else {
            number = try container.decode(UInt64.self)
        }
    }
}

/// A named value (`KeyValue`) of OTLP in JSON.
struct WireAttribute: Decodable {
    let key: String?
    let value: WireValue?

    var attribute: Attribute { Attribute(key ?? "", value?.value ?? .empty) }
}

/// `AnyValue` of OTLP in JSON.
struct WireValue: Decodable {
    let value: AttributeValue

    private enum Key: String, CodingKey { case stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue }
    private struct List: Decodable { let values: [WireValue]? }
    private struct Map: Decodable { let values: [WireAttribute]? }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func number<Number: LosslessStringConvertible & Decodable>(_ type: Number.Type, _ key: Key) throws -> Number {
            guard let text = try? container.decode(String.self, forKey: key) else { return try container.decode(type, forKey: key) }
            if let number = Number(text) { return number }
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "“\(text)” is no number")
        }
        switch container.allKeys.first {
        case nil: value = .empty
        case .stringValue: value = .string(try container.decode(String.self, forKey: .stringValue))
        case .boolValue: value = .bool(try container.decode(Bool.self, forKey: .boolValue))
        case .intValue: value = .int(try number(Int64.self, .intValue))
        case .doubleValue: value = .double(try number(Double.self, .doubleValue))
        case .bytesValue:
            let text = try container.decode(String.self, forKey: .bytesValue)
            guard let bytes = Data(base64Encoded: text) else {
                throw DecodingError.dataCorruptedError(forKey: .bytesValue, in: container, debugDescription: "no base64")
            }
            value = .bytes(Array(bytes))
        case .arrayValue: value = .array((try container.decode(List.self, forKey: .arrayValue).values ?? []).map(\.value))
        case .kvlistValue: value = .map((try container.decode(Map.self, forKey: .kvlistValue).values ?? []).map(\.attribute))
        }
    }
}

extension AttributeValue {
    /// Bytes of a value that are shown.
    private static let bytesMax = 64

    /// The value as a person reads it: texts as they are, lists and maps with their members between brackets.
    var text: String {
        switch self {
        case .empty: return ""
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number): return FloatText.general(number)
        case .bytes(let bytes):
            let digits = bytes.prefix(AttributeValue.bytesMax).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
            return "0x" + digits + (bytes.count > AttributeValue.bytesMax ? "..." : "")
        case .array(let values): return "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .map(let pairs): return "{" + pairs.map { "\($0.key)=\($0.value.text)" }.joined(separator: ", ") + "}"
        }
    }
}
