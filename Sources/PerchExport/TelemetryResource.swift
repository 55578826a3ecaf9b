/// What emits telemetry: attributes that hold for all that one process sends (OpenTelemetry, "Resource").
public struct TelemetryResource: Sendable, Hashable {
    public enum Value: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case string(String)
        case int(Int64)
        case strings([String])

        public init(stringLiteral value: String) { self = .string(value) }
        public init(integerLiteral value: Int64) { self = .int(value) }
    }

    public var attributes: [String: Value]

    public init(_ attributes: [String: Value] = [:]) { self.attributes = attributes }

    /// The value of an attribute that is text.
    public subscript(name: String) -> String? {
        get {
            if case .string(let text)? = attributes[name] { text } else { nil }
        }
        set { attributes[name] = newValue.map { .string($0) } }
    }

    /// Takes the attributes of another; where both have one, the other's counts.
    public mutating func merge(_ other: TelemetryResource) { attributes.merge(other.attributes) { _, new in new } }
}
