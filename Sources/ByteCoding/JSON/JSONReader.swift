/// Walks a JSON text (RFC 8259) value by value and builds nothing; whatever the bytes, it gives values or an error with its place.
///
///     try reader.beginObject()
///     while let key = try reader.nextKey() {
///         switch key {
///         case "name": name = try reader.readString()
///         case "parts":
///             try reader.beginArray()
///             while try reader.nextElement() { parts.append(try reader.readInt64()) }
///         default: try reader.skipValue()
///         }
///     }
///     try reader.finish()
///
/// After ``nextKey()`` and after a true ``nextElement()`` exactly one value must be read or skipped. Text that is no UTF-8, and halves of
/// surrogate pairs, become U+FFFD. Of names that stand twice in an object both are given.
public struct JSONReader: Sendable {
    /// The kind of the next value, as its first byte says.
    public enum Kind: Sendable, Hashable {
        case object, array, string, number, bool, null
    }

    /// The text that is read; offsets count from its start.
    public let bytes: [UInt8]
    /// Offset of the next byte.
    public internal(set) var position = 0
    private var depth = 0
    private let depthMax: Int
    /// Whether a comma must stand before another element or member.
    var needsComma = false

    /// - Parameter depthMax: how many objects and arrays may stand within each other.
    public init(_ bytes: [UInt8], depthMax: Int = 64) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// An error about a place, by default the one that is read next.
    public func failure(_ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(message, at: min(offset ?? position, bytes.count), of: bytes)
    }

    // MARK: - Structure

    /// What kind of value comes next.
    public mutating func peekKind() throws(JSONError) -> Kind {
        guard let next = peek() else { throw failure("the text ends early") }
        switch next {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw failure("expected a value")
        }
    }

    /// Steps into an object; ``nextKey()`` gives its names.
    public mutating func beginObject() throws(JSONError) { try begin(UInt8(ascii: "{"), "an object") }

    /// Steps into an array; ``nextElement()`` says whether there is another element.
    public mutating func beginArray() throws(JSONError) { try begin(UInt8(ascii: "["), "an array") }

    /// The name of the object's next member, whose value comes next; nil where the object ends. Members that are null are stepped over.
    public mutating func nextKey() throws(JSONError) -> String? {
        while true {
            if end(UInt8(ascii: "}")) { return nil }
            try separate("}")
            guard peek() == UInt8(ascii: "\"") else { throw failure("expected a name in quotes") }
            let key = try readString()
            guard take(UInt8(ascii: ":")) else { throw failure("expected a colon") }
            needsComma = false
            guard peek() == UInt8(ascii: "n") else { return key }
            try readWord("null")
        }
    }

    /// Whether the array has another element, which comes next; after false the array is left.
    public mutating func nextElement() throws(JSONError) -> Bool {
        if end(UInt8(ascii: "]")) { return false }
        try separate("]")
        return true
    }

    /// Says that nothing may follow.
    public mutating func finish() throws(JSONError) {
        if peek() != nil { throw failure("expected the end of the text") }
    }

    /// Steps over a value of any kind, which is checked all the same.
    public mutating func skipValue() throws(JSONError) {
        switch try peekKind() {
        case .object:
            try beginObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try readText()
        case .number: _ = try readNumber()
        case .bool: _ = try readBool()
        case .null: try readWord("null")
        }
    }

    /// Reads `true` or `false`.
    public mutating func readBool() throws(JSONError) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try readWord("true")
            return true
        case UInt8(ascii: "f"):
            try readWord("false")
            return false
        default: throw failure("expected true or false")
        }
    }

    // MARK: - Bytes

    /// The next byte that is no blank; nil at the end.
    mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func begin(_ byte: UInt8, _ what: String) throws(JSONError) {
        guard peek() == byte else { throw failure("expected \(what)") }
        guard depth < depthMax else { throw failure("more than \(depthMax) objects and arrays within each other") }
        position += 1
        depth += 1
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) -> Bool {
        // `[1,]` is no JSON: behind a comma an element must follow, which is seen where it is read.
        guard take(byte) else { return false }
        depth -= 1
        needsComma = true
        return true
    }

    private mutating func separate(_ closing: Character) throws(JSONError) {
        guard needsComma else { return }
        guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or \(closing)") }
        needsComma = false
        if peek() == closing.asciiValue { throw failure("expected a value behind the comma") }
    }

    private mutating func readWord(_ word: StaticString) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { expected in
            position + length <= bytes.count && bytes[position..<position + length].elementsEqual(expected)
        }
        guard matches else { throw failure("expected \(word)") }
        position += length
        needsComma = true
    }
}
