/// A value of the query language: written in a query, found in a span, or computed.
public enum TraceValue: Sendable {
    /// There is no value.
    case none
    case int(Int64)
    case float(Double)
    case string(String)
    case bool(Bool)
    /// Nanoseconds.
    case duration(Int64)
    case status(StatusWord)
    case kind(KindWord)
    case intArray([Int64])
    case floatArray([Double])
    case stringArray([String])
    case boolArray([Bool])
}

/// The words for the status of a span.
public enum StatusWord: String, Sendable, Hashable, CaseIterable {
    case error, ok, unset
}

/// The words for the kind of a span.
public enum KindWord: String, Sendable, Hashable, CaseIterable {
    case unspecified, `internal`, client, server, producer, consumer
}

/// The type of an expression, as far as it is known before spans are looked at.
public enum TraceValueType: Sendable, Hashable {
    case none, int, float, string, bool, duration, status, kind, intArray, floatArray, stringArray, boolArray
    /// Known only when a span is at hand.
    case attribute

    var isNumeric: Bool { self == .int || self == .float || self == .duration }

    /// The type of the elements of an array.
    var element: TraceValueType? {
        switch self {
        case .intArray: .int
        case .floatArray: .float
        case .stringArray: .string
        case .boolArray: .bool
        default: nil
        }
    }

    /// Whether an operator may stand between values of two types, whichever operator that is.
    func matches(_ other: TraceValueType) -> Bool {
        if self == other || self == .attribute || other == .attribute { return true }
        if isNumeric && other.isNumeric { return true }
        if self == .none || other == .none { return true }
        if let element { return element.matches(other) }
        if let element = other.element { return element.matches(self) }
        return false
    }

    /// In the words of an error message.
    var words: String {
        switch self {
        case .none: "nil"
        case .int: "an int"
        case .float: "a float"
        case .string: "a string"
        case .bool: "a boolean"
        case .duration: "a duration"
        case .status: "a status"
        case .kind: "a kind"
        case .intArray: "an array of ints"
        case .floatArray: "an array of floats"
        case .stringArray: "an array of strings"
        case .boolArray: "an array of booleans"
        case .attribute: "an attribute"
        }
    }
}

extension TraceValue {
    public var type: TraceValueType {
        switch self {
        case .none: .none
        case .int: .int
        case .float: .float
        case .string: .string
        case .bool: .bool
        case .duration: .duration
        case .status: .status
        case .kind: .kind
        case .intArray: .intArray
        case .floatArray: .floatArray
        case .stringArray: .stringArray
        case .boolArray: .boolArray
        }
    }

    /// The number that it is; nil for what is none. Durations count nanoseconds.
    var number: Double? {
        switch self {
        case .int(let value), .duration(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    var isNone: Bool {
        if case .none = self { return true }
        return false
    }

    /// The elements of an array; a value that is none stands for itself.
    var elements: [TraceValue] {
        switch self {
        case .intArray(let values): values.map { .int($0) }
        case .floatArray(let values): values.map { .float($0) }
        case .stringArray(let values): values.map { .string($0) }
        case .boolArray(let values): values.map { .bool($0) }
        default: [self]
        }
    }
}

/// Same type and same content; texts by their bytes, not numbers by their bits.
extension TraceValue: Hashable {
    public static func == (left: TraceValue, right: TraceValue) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): a == b || (a.isNaN && b.isNaN)
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.bool(let a), .bool(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.status(let a), .status(let b)): a == b
        case (.kind(let a), .kind(let b)): a == b
        case (.intArray(let a), .intArray(let b)): a == b
        case (.floatArray(let a), .floatArray(let b)): a == b
        case (.stringArray(let a), .stringArray(let b)): a.elementsEqual(b) { $0.hasSameBytes(as: $1) }
        case (.boolArray(let a), .boolArray(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        switch self {
        case .none: break
        case .int(let value), .duration(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value.isNaN ? .nan : value)
        case .string(let value): value.hashBytes(into: &hasher)
        case .bool(let value): hasher.combine(value)
        case .status(let value): hasher.combine(value)
        case .kind(let value): hasher.combine(value)
        case .intArray(let values): hasher.combine(values)
        case .floatArray(let values): hasher.combine(values)
        case .stringArray(let values): for value in values { value.hashBytes(into: &hasher) }
        case .boolArray(let values): hasher.combine(values)
        }
    }
}

extension String {
    /// Whether both have the same UTF-8; `==` takes different writings of a character for the same.
    func hasSameBytes(as other: String) -> Bool {
        if utf8.count != other.utf8.count { return false }
        return utf8.elementsEqual(other.utf8)
    }

    func hashBytes(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(255))
    }

    /// The order of the bytes.
    func isBefore(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
