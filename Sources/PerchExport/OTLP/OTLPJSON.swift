internal import PerchWire

/// Writes a message that is there in protobuf in OTLP's JSON form (OpenTelemetry, "OTLP/HTTP", JSON Protobuf Encoding): names in camel case,
/// whole numbers of 64 bits as text, the names of traces and spans in hexadecimal digits, enumerations as numbers.
///
/// Sending JSON is for receivers that take nothing else. Everything else, the spool on the disk included, stays as it is.
enum OTLPJSON {
    /// Messages are nested that deep at most; ours are not, unless an attribute's value is.
    private static let depthMax = 100

    /// The export request of a signal; nil where the bytes are no such message.
    static func encode(_ message: [UInt8], _ signal: OTLPSignal) -> [UInt8]? {
        let root: OTLPMessage =
            switch signal {
            case .traces: .exportTraces
            case .metrics: .exportMetrics
            case .logs: .exportLogs
            }
        var output: [UInt8] = []
        output.reserveCapacity(message.count * 3)
        return append(root, message[...], depth: 0, to: &output) ? output : nil
    }

    private static func append(_ type: OTLPMessage, _ bytes: ArraySlice<UInt8>, depth: Int, to output: inout [UInt8]) -> Bool {
        if depth > depthMax { return false }
        // The values of one field need not stand next to each other.
        var order: [UInt64] = []
        var values: [UInt64: [ProtobufFields.Value]] = [:]
        var fields = ProtobufFields(bytes)
        while let field = fields.next() {
            if values[field.number] == nil { order.append(field.number) }
            values[field.number, default: []].append(field.value)
        }
        if fields.isBroken { return false }
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        for number in order {
            guard let field = type.field(number), let found = values[number], let last = found.last else { continue }
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            appendJSONString(field.name, to: &output)
            output.append(UInt8(ascii: ":"))
            let isDone =
                field.isRepeated ? append(list: found, field.kind, depth, to: &output) : append(last, field.kind, depth, to: &output)
            if !isDone { return false }
        }
        output.append(UInt8(ascii: "}"))
        return true
    }

    private static func append(list: [ProtobufFields.Value], _ kind: OTLPField.Kind, _ depth: Int, to output: inout [UInt8]) -> Bool {
        output.append(UInt8(ascii: "["))
        var isFirst = true
        for value in list {
            for element in unpacked(value, kind) {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                if !append(element, kind, depth, to: &output) { return false }
            }
        }
        output.append(UInt8(ascii: "]"))
        return true
    }

    /// The numbers of a packed field.
    private static func unpacked(_ value: ProtobufFields.Value, _ kind: OTLPField.Kind) -> [ProtobufFields.Value] {
        guard case .bytes(let bytes) = value else { return [value] }
        var elements: [ProtobufFields.Value] = []
        var fields = ProtobufFields(bytes)
        switch kind {
        case .double, .fixed64: while let number = fields.fixed64() { elements.append(.fixed64(number)) }
        case .unsigned: while let number = fields.varint() { elements.append(.varint(number)) }
        default: return [value]
        }
        return elements
    }

    private static func append(_ value: ProtobufFields.Value, _ kind: OTLPField.Kind, _ depth: Int, to output: inout [UInt8]) -> Bool {
        switch (kind, value) {
        case (.string, .bytes(let bytes)): appendJSONString(String(decoding: bytes, as: UTF8.self), to: &output)
        case (.identity, .bytes(let bytes)): appendHexadecimal(bytes, to: &output)
        case (.bool, .varint(let number)): output.append(contentsOf: (number == 0 ? "false" : "true").utf8)
        case (.double, .fixed64(let bits)): append(Double(bitPattern: bits), to: &output)
        case (.signed, .varint(let number)): output.append(contentsOf: "\"\(Int64(bitPattern: number))\"".utf8)
        case (.unsigned, .varint(let number)), (.fixed64, .fixed64(let number)): output.append(contentsOf: "\"\(number)\"".utf8)
        case (.zigzag, .varint(let number)):
            output.append(contentsOf: "\(Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1))".utf8)
        case (.small, .varint(let number)): output.append(contentsOf: "\(number)".utf8)
        case (.small, .fixed32(let number)): output.append(contentsOf: "\(number)".utf8)
        case (.message(let type), .bytes(let bytes)): return append(type, bytes, depth: depth + 1, to: &output)
        default: return false
        }
        return true
    }

    private static func appendHexadecimal(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in bytes {
            output.append(HexDigits.digit(byte >> 4))
            output.append(HexDigits.digit(byte & 15))
        }
        output.append(UInt8(ascii: "\""))
    }

    /// JSON has no numbers that are not finite; protobuf's JSON form writes them as text.
    private static func append(_ value: Double, to output: inout [UInt8]) {
        if value.isNaN {
            output.append(contentsOf: "\"NaN\"".utf8)
        } else if value.isInfinite {
            output.append(contentsOf: (value < 0 ? "\"-Infinity\"" : "\"Infinity\"").utf8)
        } else {
            output.append(contentsOf: "\(value)".utf8)
        }
    }
}
