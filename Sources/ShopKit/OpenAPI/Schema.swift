/// Schemas of OpenAPI 3.0, written shortly.
public enum Schema {
    public static let string: JSONValue = ["type": "string"]
    public static let integer: JSONValue = ["type": "integer"]
    public static let number: JSONValue = ["type": "number"]
    public static let boolean: JSONValue = ["type": "boolean"]
    public static let dateTime: JSONValue = ["type": "string", "format": "date-time"]
    public static let money: JSONValue = ["type": "number", "multipleOf": 0.01]

    public static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    public static func array(of items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    public static func oneOf(_ values: [String]) -> JSONValue { ["type": "string", "enum": .array(values.map { .string($0) })] }

    /// - Parameter optional: properties that may be missing.
    public static func object(_ required: [String: JSONValue], optional: [String: JSONValue] = [:]) -> JSONValue {
        var members: [String: JSONValue] = ["type": "object", "properties": .object(required.merging(optional) { first, _ in first })]
        if !required.isEmpty { members["required"] = .array(required.keys.sorted().map { .string($0) }) }
        return .object(members)
    }
}
