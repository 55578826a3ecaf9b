/// What the values of a field are.
public enum DetectedFieldType: String, Sendable, Hashable, CaseIterable {
    case string, int, float, boolean, duration, bytes

    /// The type of a value: the first of these that it can be read as.
    public static func of(_ value: UnsafeRawBufferPointer) -> DetectedFieldType {
        if isInteger(value) { return .int }
        if NumberText.isNumber(value) { return .float }
        if isBoolean(value) { return .boolean }
        // Both start with a number, and errors take time to say.
        guard let first = value.first, (0x2b...0x39).contains(first), first != UInt8(ascii: "/") else { return .string }
        if (try? DurationText.parse(value)) != nil { return .duration }
        if (try? ByteSizeText.parse(value)) != nil { return .bytes }
        return .string
    }

    private static func isInteger(_ value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first, value.count <= 20 else { return false }
        let digits = first == UInt8(ascii: "-") || first == UInt8(ascii: "+") ? value.dropFirst() : value[...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return value.count < 19 || Int64(String(decoding: value, as: UTF8.self)) != nil
    }

    /// As Go's `strconv.ParseBool` has it.
    private static func isBoolean(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count <= 5 else { return false }
        switch String(decoding: value, as: UTF8.self) {
        case "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False": return true
        default: return false
        }
    }
}

/// A field that lines or their structured metadata have.
public struct DetectedField: Sendable, Hashable {
    /// The name that a label would have.
    public var label: String
    public var type: DetectedFieldType
    /// How many different values there are; an estimate where they are many.
    public var cardinality: Int
    /// The parsers that extract it: `json` or `logfmt`. Empty for structured metadata and labels that the query made.
    public var parsers: [String]
    /// The keys by which a JSON line is entered, from the outside inwards; empty where it comes from none.
    public var jsonPath: [String]

    public init(label: String, type: DetectedFieldType, cardinality: Int, parsers: [String], jsonPath: [String]) {
        self.label = label
        self.type = type
        self.cardinality = cardinality
        self.parsers = parsers
        self.jsonPath = jsonPath
    }
}
