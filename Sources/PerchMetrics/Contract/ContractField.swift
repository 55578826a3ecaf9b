/// The type of an attribute of a span, or of metadata of a log line.
public enum ContractFieldType: Sendable, Hashable {
    case string, int, double, bool
    /// One of these texts.
    case oneOf([String])
}

/// A value that a declared attribute may have: text, a number, a truth value, or a ``LabelValue``.
public protocol ContractFieldValue: Sendable {
    static var declaredType: ContractFieldType { get }
    var declaredValue: DeclaredField.Value { get }
}

extension String: ContractFieldValue {
    public static var declaredType: ContractFieldType { .string }
    public var declaredValue: DeclaredField.Value { .string(self) }
}

extension Int: ContractFieldValue {
    public static var declaredType: ContractFieldType { .int }
    public var declaredValue: DeclaredField.Value { .int(self) }
}

extension Double: ContractFieldValue {
    public static var declaredType: ContractFieldType { .double }
    public var declaredValue: DeclaredField.Value { .double(self) }
}

extension Bool: ContractFieldValue {
    public static var declaredType: ContractFieldType { .bool }
    public var declaredValue: DeclaredField.Value { .bool(self) }
}

/// An attribute that every span of a name, or every log line of a message, has.
public struct ContractField<Value: ContractFieldValue>: Sendable {
    let name: String

    public init(_ name: String, _ type: Value.Type = Value.self) { self.name = name }

    var declared: DeclaredField { DeclaredField(name: name, type: Value.declaredType) }
}

/// An attribute as it was declared.
public struct DeclaredField: Sendable, Hashable {
    /// What an attribute holds.
    public enum Value: Sendable, Hashable {
        case string(String)
        case int(Int)
        case double(Double)
        case bool(Bool)
    }

    public let name: String
    public let type: ContractFieldType
}

/// The kind of a declared span (OpenTelemetry, "SpanKind").
public enum DeclaredSpanKind: String, Sendable, Hashable, CaseIterable {
    case `internal`, server, client, producer, consumer
}

/// The level of a declared log line, named as swift-log names it.
public enum DeclaredLogLevel: String, Sendable, Hashable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// A span that a service promises: its name, its kind and what every one of them has. `PerchInstrumentation` begins such spans.
public struct SpanDeclaration<each Value: ContractFieldValue>: Sendable {
    public let name: String
    public let kind: DeclaredSpanKind
    package let attributeNames: [String]

    /// The values with the names of their attributes.
    package func attributes(_ values: repeat each Value) -> [(name: String, value: DeclaredField.Value)] {
        paired(attributeNames, repeat each values)
    }
}

/// A log line that a service promises: its message, its level and the metadata that it has. `PerchInstrumentation` logs such lines.
public struct LogDeclaration<each Value: ContractFieldValue>: Sendable {
    public let message: String
    public let level: DeclaredLogLevel
    package let attributeNames: [String]

    /// The values with the names of their metadata.
    package func metadata(_ values: repeat each Value) -> [(name: String, value: DeclaredField.Value)] {
        paired(attributeNames, repeat each values)
    }
}

private func paired<each Value: ContractFieldValue>(
    _ names: [String], _ values: repeat each Value
) -> [(name: String, value: DeclaredField.Value)] {
    var all: [DeclaredField.Value] = []
    for value in repeat each values { all.append(value.declaredValue) }
    return zip(names, all).map { (name: $0, value: $1) }
}
