internal import ByteCoding

/// A value of a JSON text and where it stands. Members that are null are not there, as Grafana treats them.
public struct JSONNode: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case object([Member]), array([JSONNode]), string(String), number(Double), bool(Bool), null
    }

    public struct Member: Sendable, Hashable {
        public let name: String
        public let value: JSONNode
    }

    public let value: Value
    /// Of its first byte in the text.
    public let offset: Int

    /// - Throws: where the text is no JSON, or nests deeper than dashboards do.
    static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONNode {
        var reader = JSONReader(bytes)
        let node = try read(&reader)
        try reader.finish()
        return node
    }

    private static func read(_ reader: inout JSONReader) throws(JSONError) -> JSONNode {
        let kind = try reader.peekKind()
        let offset = reader.position
        switch kind {
        case .object:
            var members: [Member] = []
            try reader.beginObject()
            while let name = try reader.nextKey() { members.append(Member(name: name, value: try read(&reader))) }
            return JSONNode(value: .object(members), offset: offset)
        case .array:
            var elements: [JSONNode] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try read(&reader)) }
            return JSONNode(value: .array(elements), offset: offset)
        case .string: return JSONNode(value: .string(try reader.readString()), offset: offset)
        case .number: return JSONNode(value: .number(try reader.readDouble()), offset: offset)
        case .bool: return JSONNode(value: .bool(try reader.readBool()), offset: offset)
        case .null:
            try reader.skipValue()
            return JSONNode(value: .null, offset: offset)
        }
    }

    /// The member of a name; nil where there is none, or this is no object. Of members of the same name the last one counts.
    public subscript(_ name: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.last { $0.name == name }?.value
    }

    public var members: [Member] {
        if case .object(let members) = value { members } else { [] }
    }

    public var elements: [JSONNode] {
        if case .array(let elements) = value { elements } else { [] }
    }

    public var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    public var number: Double? {
        if case .number(let number) = value { number } else { nil }
    }

    public var bool: Bool? {
        if case .bool(let flag) = value { flag } else { nil }
    }

    public var isObject: Bool {
        if case .object = value { true } else { false }
    }

    /// A whole number of a size that dashboards have.
    public var int: Int? { number.flatMap { Int(exactly: $0) } }

    /// What it is, in words.
    var kind: String {
        switch value {
        case .object: "an object"
        case .array: "a list"
        case .string: "a text"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
