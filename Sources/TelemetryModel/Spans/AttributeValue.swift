/// A value of any type that OTLP knows (`opentelemetry.proto.common.v1.AnyValue`).
public indirect enum AttributeValue: Sendable, Hashable {
    /// A value that was sent without any content.
    case empty
    case string(String)
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case bytes([UInt8])
    case array([AttributeValue])
    case map([Attribute])
}

/// A named value of a resource, scope, span, event or link. Names may repeat; order is the sender's.
public struct Attribute: Sendable, Hashable {
    public var key: String
    public var value: AttributeValue

    public init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }
}

extension [Attribute] {
    /// The value of the first attribute of a name.
    public subscript(key key: String) -> AttributeValue? { first { $0.key == key }?.value }
}
