public import TelemetryModel

/// Names and values as a decoder finds them, in the order sent: labels of a stream, or the structured metadata of an entry. Not checked, not
/// sorted. It keeps its memory, so that one serves for any number of entries.
public struct LogFields: Sendable {
    public private(set) var names = PackedTexts()
    public private(set) var values = PackedTexts()

    public init() {}

    public var count: Int { names.count }

    public var isEmpty: Bool { names.isEmpty }

    /// Removes all fields and keeps the memory.
    public mutating func removeAll() {
        names.removeAll()
        values.removeAll()
    }

    public mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        names.append { $0.append(contentsOf: name) }
        values.append { $0.append(contentsOf: value) }
    }

    public mutating func append(_ name: StaticString, _ value: UnsafeBufferPointer<UInt8>) {
        appendName(name)
        values.append { $0.append(contentsOf: value) }
    }

    public mutating func append(_ name: String, _ value: String) {
        names.append { $0.append(contentsOf: name.utf8) }
        values.append { $0.append(contentsOf: value.utf8) }
    }

    /// A field whose name and value the closures write at the end of the bytes given.
    public mutating func append(name: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void) {
        names.append(name)
        values.append(value)
    }

    /// A field whose value the closure writes at the end of the bytes given.
    public mutating func append(_ name: StaticString, value: (inout [UInt8]) -> Void) {
        appendName(name)
        values.append(value)
    }

    public mutating func append(contentsOf fields: LogFields) {
        for index in 0..<fields.count {
            names.append { $0.append(contentsOf: fields.names.bytes[fields.names.range(index)]) }
            values.append { $0.append(contentsOf: fields.values.bytes[fields.values.range(index)]) }
        }
    }

    /// Bytes of all names and values.
    public var byteCount: Int { names.bytes.count + values.bytes.count }

    /// The value of the last field of a name; nil where there is none.
    public func value(of name: String) -> String? {
        (0..<count).last { names.bytes[names.range($0)].elementsEqual(name.utf8) }.map { values.string($0) }
    }

    private mutating func appendName(_ name: StaticString) {
        name.withUTF8Buffer { name in names.append { $0.append(contentsOf: name) } }
    }
}
