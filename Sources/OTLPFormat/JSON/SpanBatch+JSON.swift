public import ByteCoding
public import TelemetryModel

/// How spans are written as JSON.
public struct OTLPJSONStyle: Sendable, Hashable {
    public enum Identifiers: Sendable, Hashable {
        case hexadecimal, base64
    }

    public enum Enumerations: Sendable, Hashable {
        case numbers, names
    }

    public var identifiers: Identifiers
    public var enumerations: Enumerations
    /// The name of the one member at the top.
    public var rootName: String

    public init(identifiers: Identifiers, enumerations: Enumerations, rootName: String = "resourceSpans") {
        self.identifiers = identifiers
        self.enumerations = enumerations
        self.rootName = rootName
    }

    /// As the OTLP specification has it.
    public static let otlp = OTLPJSONStyle(identifiers: .hexadecimal, enumerations: .numbers)
    /// Protobuf's own JSON, in which Tempo writes what its API gives since version 2: `resourceSpans`.
    public static let protobuf = OTLPJSONStyle(identifiers: .base64, enumerations: .names)
    /// The same as Tempo's first API has it: `batches`.
    public static let tempoV1 = OTLPJSONStyle(identifiers: .base64, enumerations: .names, rootName: "batches")
}

extension SpanBatch {
    /// The spans as JSON, grouped as in ``otlp``.
    public func otlpJSON(_ style: OTLPJSONStyle = .otlp) -> [UInt8] {
        var writer = JSONTextWriter()
        writeOTLP(to: &writer, style)
        return writer.bytes
    }

    /// Writes the spans as one object, where a value may stand.
    public func writeOTLP(to writer: inout JSONTextWriter, _ style: OTLPJSONStyle) {
        var spans = OTLPJSONWriter(style: style, writer: writer)
        spans.write(self)
        writer = spans.writer
    }
}

extension [Attribute] {
    /// Writes the attributes as a JSON array of `{"key", "value"}`, as all styles have them.
    public func writeOTLP(to writer: inout JSONTextWriter) {
        var attributes = OTLPJSONWriter(style: .otlp, writer: writer)
        attributes.writeList(self)
        writer = attributes.writer
    }
}

extension AttributeValue {
    /// Writes the value as a JSON object whose one member says its type, such as `{"intValue":"5"}`.
    public func writeOTLP(to writer: inout JSONTextWriter) {
        var value = OTLPJSONWriter(style: .otlp, writer: writer)
        value.write(self)
        writer = value.writer
    }
}
