/// What a template works on.
public enum TemplateValue: Sendable {
    /// No value: nil, or what was not there. Printed by an action it reads `<no value>`.
    case none
    case bool(Bool)
    case int(Int64)
    case float(Double)
    /// Bytes, as strings are in Go; mostly UTF-8.
    case string([UInt8])
    case list([TemplateValue])
    case map(TemplateMap)
    case time(GoTime)
    /// Something of the host's, with fields and methods.
    case object(any TemplateObject)
    /// A function as a value, for `call`.
    case function(TemplateFunction)

    /// A string from text.
    public static func text(_ text: String) -> TemplateValue { .string(Array(text.utf8)) }

    /// Whether `if` takes it for true: not false, zero, empty or nil.
    public var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let bytes): !bytes.isEmpty
        case .list(let elements): !elements.isEmpty
        case .map(let map): !map.isEmpty
        case .time, .function: true
        case .object(let object): object.isTrue
        }
    }

    /// The type as Go would name it.
    public var typeName: String {
        switch self {
        case .none: "<nil>"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .list: "[]interface {}"
        case .map(let map): map.typeName
        case .time: "time.Time"
        case .object(let object): object.typeName
        case .function: "func"
        }
    }
}

/// Something of the host's that templates reach into: `.Name`, `.Name.Of.Field`, `.Method 1 "x"`.
public protocol TemplateObject: Sendable {
    /// The type as error messages name it, such as `*template.Alert`.
    var typeName: String { get }

    /// Whether `if` takes it for true. A pointer that is not nil is.
    var isTrue: Bool { get }

    /// What an action prints for it.
    var printed: [UInt8] { get }

    /// The text, number, list or map that it is as well, which `range`, `index`, `len`, `eq` and parameters of such a kind take; nil for none.
    var plain: TemplateValue? { get }

    /// The value of a field, or the method of that name; nil where the type has neither.
    func member(_ name: String) -> TemplateMember?
}

extension TemplateObject {
    public var isTrue: Bool { plain?.isTrue ?? true }
    public var plain: TemplateValue? { nil }
}

extension TemplateValue {
    /// What an object is as well (``TemplateObject/plain``); other values as they are.
    public var unwrapped: TemplateValue {
        if case .object(let object) = self { object.plain ?? self } else { self }
    }
}

/// What a name means for an object.
public enum TemplateMember: Sendable {
    case field(TemplateValue)
    case method(TemplateFunction)
}

/// Names and values, sorted by the bytes of the names, which is the order in which `range` walks them.
public struct TemplateMap: Sendable {
    /// Ascending, each once.
    public private(set) var keys: [[UInt8]]
    public private(set) var values: [TemplateValue]
    /// Whether all values are strings.
    public let holdsStrings: Bool

    /// A map of a few names in any order; of equal names the last one counts.
    ///
    /// - Parameter holdsStrings: whether all values are strings, so that a name that is not there gives an empty one.
    public init(_ entries: some Sequence<(key: [UInt8], value: TemplateValue)>, holdsStrings: Bool = false) {
        keys = []
        values = []
        self.holdsStrings = holdsStrings
        var sorted: [(offset: Int, key: [UInt8], value: TemplateValue)] = []
        for (offset, entry) in entries.enumerated() { sorted.append((offset, entry.key, entry.value)) }
        sorted.sort { left, right in
            left.key == right.key ? left.offset < right.offset : left.key.lexicographicallyPrecedes(right.key)
        }
        for entry in sorted {
            if keys.last == entry.key {
                values[values.count - 1] = entry.value
            } else {
                keys.append(entry.key)
                values.append(entry.value)
            }
        }
    }

    /// A map of strings.
    public static func strings(_ entries: some Sequence<(String, String)>) -> TemplateMap {
        TemplateMap(entries.map { (key: Array($0.0.utf8), value: .text($0.1)) }, holdsStrings: true)
    }

    public var isEmpty: Bool { keys.isEmpty }

    public var count: Int { keys.count }

    /// The value of a name; nil where it is not there.
    public subscript(_ key: some Collection<UInt8>) -> TemplateValue? {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low].elementsEqual(key) ? values[low] : nil
    }

    /// What a name that is not there gives.
    public var missing: TemplateValue { holdsStrings ? .string([]) : .none }

    var typeName: String { holdsStrings ? "map[string]string" : "map[string]interface {}" }
}
