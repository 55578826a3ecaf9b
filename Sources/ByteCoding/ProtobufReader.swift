/// How a protobuf field is laid out (protobuf encoding specification, "Message Structure").
public enum ProtobufWireType: UInt8, Sendable, Hashable {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
}

/// The tag of one field.
public struct ProtobufField: Sendable, Hashable {
    /// 1 to 2^29 - 1.
    public let number: Int
    public let wireType: ProtobufWireType

    @inlinable
    init(number: Int, wireType: ProtobufWireType) {
        self.number = number
        self.wireType = wireType
    }
}

/// Walks the fields of one protobuf message in place; nothing is copied and nothing traps, whatever the bytes.
///
///     while let field = try reader.nextField() {
///         switch field.number {
///         case 1: value = try reader.readDouble(field)
///         case 2: name = try reader.readBytes(field)      // a range into the bytes
///         default: try reader.skip(field)
///         }
///     }
///
/// After ``nextField()`` exactly one `read…` or ``skip(_:)`` for that field must follow. Each `read…` throws
/// ``ByteCodingError/Code/wireTypeMismatch`` where the field has another wire type. Groups are refused. Nesting depth is up to
/// the caller, who decides which fields are messages.
public struct ProtobufReader: Sendable {
    @usableFromInline var reader: ByteReader

    /// Walks a message that fills an array.
    @inlinable public init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

    /// Walks a message that fills a part of an array.
    ///
    /// - Precondition: the range lies within the array.
    @inlinable public init(_ bytes: [UInt8], in range: Range<Int>) { reader = ByteReader(bytes, in: range) }

    /// The array that is read; ranges count from its start.
    @inlinable public var bytes: [UInt8] { reader.bytes }
    /// Offset of the next byte.
    @inlinable public var position: Int { reader.position }
    /// The end of the message that is read.
    @inlinable public var end: Int { reader.end }
    /// Whether the message, or the packed field, is read to its end.
    @inlinable public var isAtEnd: Bool { reader.isAtEnd }

    /// Reads the tag of the next field; nil at the end of the message.
    @inlinable
    public mutating func nextField() throws(ByteCodingError) -> ProtobufField? {
        if reader.isAtEnd { return nil }
        let start = reader.position
        let tag = try reader.readVarint()
        guard tag >> 3 != 0, tag >> 32 == 0 else { throw ByteCodingError(.invalidFieldNumber, at: start) }
        guard let wireType = ProtobufWireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)) else {
            throw ByteCodingError(.unsupportedWireType, at: start)
        }
        return ProtobufField(number: Int(tag >> 3), wireType: wireType)
    }

    /// Steps over the value of a field.
    @inlinable
    public mutating func skip(_ field: ProtobufField) throws(ByteCodingError) {
        switch field.wireType {
        case .varint: _ = try reader.readVarint()
        case .fixed64: try reader.skip(8)
        case .lengthDelimited: _ = try reader.readLengthPrefixed()
        case .fixed32: try reader.skip(4)
        }
    }

    /// Reads a `uint64`, `uint32`, or an enumeration's number.
    @inlinable
    public mutating func readUInt64(_ field: ProtobufField) throws(ByteCodingError) -> UInt64 {
        try expect(field, .varint)
        return try reader.readVarint()
    }

    /// Reads an `int64`.
    @inlinable
    public mutating func readInt64(_ field: ProtobufField) throws(ByteCodingError) -> Int64 {
        Int64(bitPattern: try readUInt64(field))
    }

    /// Reads an `int32`, cut to 32 bits as the specification says.
    @inlinable
    public mutating func readInt32(_ field: ProtobufField) throws(ByteCodingError) -> Int32 {
        Int32(truncatingIfNeeded: try readUInt64(field))
    }

    /// Reads a `sint64` or `sint32` (zig-zag).
    @inlinable
    public mutating func readSInt64(_ field: ProtobufField) throws(ByteCodingError) -> Int64 {
        unzigzag(try readUInt64(field))
    }

    /// Reads a `bool`.
    @inlinable
    public mutating func readBool(_ field: ProtobufField) throws(ByteCodingError) -> Bool { try readUInt64(field) != 0 }

    /// Reads a `fixed64` (or `sfixed64`, by its bits).
    @inlinable
    public mutating func readFixed64(_ field: ProtobufField) throws(ByteCodingError) -> UInt64 {
        try expect(field, .fixed64)
        return try reader.readLittleEndian()
    }

    /// Reads a `fixed32` (or `sfixed32`, by its bits).
    @inlinable
    public mutating func readFixed32(_ field: ProtobufField) throws(ByteCodingError) -> UInt32 {
        try expect(field, .fixed32)
        return try reader.readLittleEndian()
    }

    /// Reads a `double`, bit for bit.
    @inlinable
    public mutating func readDouble(_ field: ProtobufField) throws(ByteCodingError) -> Double {
        Double(bitPattern: try readFixed64(field))
    }

    /// Reads a `float`.
    @inlinable
    public mutating func readFloat(_ field: ProtobufField) throws(ByteCodingError) -> Float {
        Float(bitPattern: try readFixed32(field))
    }

    /// Reads `bytes` or a `string` as a range into ``bytes``. UTF-8 is not checked.
    @inlinable
    public mutating func readBytes(_ field: ProtobufField) throws(ByteCodingError) -> Range<Int> {
        try expect(field, .lengthDelimited)
        return try reader.readLengthPrefixed()
    }

    /// Reads a `string`, checked to be UTF-8.
    public mutating func readString(_ field: ProtobufField) throws(ByteCodingError) -> String {
        let range = try readBytes(field)
        guard let text = String(validating: reader.bytes[range], as: UTF8.self) else {
            throw ByteCodingError(.invalidUTF8, at: range.lowerBound)
        }
        return text
    }

    /// Reads an embedded message and gives a reader of its fields.
    @inlinable
    public mutating func readMessage(_ field: ProtobufField) throws(ByteCodingError) -> ProtobufReader {
        let range = try readBytes(field)
        return ProtobufReader(reader.bytes, in: range)
    }

    /// Steps into an embedded message: what follows reads its fields, until ``leaveMessage(_:)`` is called at its end.
    ///
    /// Cheaper than ``readMessage(_:)``, whose reader shares the array. After an error the reader is of no more use.
    ///
    /// - Returns: the end of the message around it, to give back when leaving.
    @inlinable
    public mutating func enterMessage(_ field: ProtobufField) throws(ByteCodingError) -> Int {
        let range = try readBytes(field)
        let outerEnd = reader.limit
        reader.cursor = range.lowerBound
        reader.limit = range.upperBound
        return outerEnd
    }

    /// Steps out of an embedded message that was read to its end.
    ///
    /// - Precondition: `outerEnd` is what the ``enterMessage(_:)`` of this message returned.
    @inlinable
    public mutating func leaveMessage(_ outerEnd: Int) {
        precondition(
            reader.isAtEnd && outerEnd >= reader.limit && outerEnd <= reader.bytes.count, "BUG: left a message that was not entered")
        reader.limit = outerEnd
    }

    /// Turns to a part of the bytes, to read its fields once more.
    ///
    /// - Precondition: the range lies within ``bytes``.
    /// - Returns: where reading was, to give back to ``resume(_:)``.
    @inlinable
    public mutating func turn(to range: Range<Int>) -> Range<Int> {
        precondition(range.lowerBound >= 0 && range.upperBound <= reader.bytes.count, "BUG: reader's range is outside of its bytes")
        let rest = reader.cursor..<reader.limit
        reader.cursor = range.lowerBound
        reader.limit = range.upperBound
        return rest
    }

    /// Goes on where ``turn(to:)`` came from.
    @inlinable public mutating func resume(_ rest: Range<Int>) { _ = turn(to: rest) }

    /// Reads a repeated scalar field, packed or not: the closure gets a reader that stands on each element in turn
    /// and must read exactly one with a `readPacked…` function.
    @inlinable
    public mutating func readRepeated(
        _ field: ProtobufField, _ readElement: (inout ProtobufReader) throws(ByteCodingError) -> Void
    ) throws(ByteCodingError) {
        guard field.wireType == .lengthDelimited else { return try readElement(&self) }
        var packed = try readMessage(field)
        while !packed.isAtEnd { try readElement(&packed) }
    }

    /// Reads one varint of a repeated field, within ``readRepeated(_:_:)``.
    @inlinable
    public mutating func readPackedVarint() throws(ByteCodingError) -> UInt64 { try reader.readVarint() }

    /// Reads one zig-zag varint of a repeated field, within ``readRepeated(_:_:)``.
    @inlinable
    public mutating func readPackedSInt64() throws(ByteCodingError) -> Int64 { try reader.readZigZag() }

    /// Reads one 64-bit number of a repeated field, within ``readRepeated(_:_:)``.
    @inlinable
    public mutating func readPackedFixed64() throws(ByteCodingError) -> UInt64 { try reader.readLittleEndian() }

    /// Reads one double of a repeated field, within ``readRepeated(_:_:)``.
    @inlinable
    public mutating func readPackedDouble() throws(ByteCodingError) -> Double { try reader.readDouble() }

    @inlinable
    func expect(_ field: ProtobufField, _ wireType: ProtobufWireType) throws(ByteCodingError) {
        guard field.wireType == wireType else { throw ByteCodingError(.wireTypeMismatch, at: reader.position) }
    }
}
