/// Walks the fields of protobuf messages in memory that the caller keeps alive: for the hottest paths, where a reader that shares an array
/// costs too much. Nothing traps, whatever the bytes; lengths are checked before anything is read.
///
///     while let tag = try cursor.nextTag() {
///         switch tag {
///         case 0x0a: let end = try cursor.enter() … cursor.leave(end)     // field 1, a message
///         case 0x11: value = try cursor.readFixed64()                      // field 2
///         default: try cursor.skip(tag)
///         }
///     }
///
/// A tag is the number of a field and its wire type, as they are on the wire. Groups are refused.
///
/// - Precondition: the memory stays as it is for as long as the cursor is used.
public struct ProtobufCursor {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline var cursor: Int
    @usableFromInline var limit: Int

    /// Walks a message that fills some memory.
    public init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; none of it is read then.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        cursor = 0
        limit = bytes.count
    }

    /// Walks a message that lies in a part of some memory.
    ///
    /// - Precondition: the range lies within the memory.
    public init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "BUG: cursor's range is outside of its bytes")
        self.init(bytes)
        cursor = range.lowerBound
        limit = range.upperBound
    }
}

// The members are written to be inlined into one big loop, which is what makes them quick.
extension ProtobufCursor {
    /// Offset of the next byte.
    @inlinable public var position: Int { cursor }
    /// Offset of the end of the message that is walked.
    @inlinable public var end: Int { limit }
    @inlinable public var isAtEnd: Bool { cursor >= limit }

    /// The address of an offset that a read gave.
    @inlinable
    public func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// Reads the tag of the next field; nil at the end of the message.
    @inlinable
    public mutating func nextTag() throws(ByteCodingError) -> UInt32? {
        guard position < end else { return nil }
        let first = base.load(fromByteOffset: position, as: UInt8.self)
        if first < 0x80 {
            guard first >= 8 else { throw ByteCodingError(.invalidFieldNumber, at: position) }
            cursor &+= 1
            return UInt32(first)
        }
        let start = position
        let tag = try readVarint()
        guard tag >> 3 != 0, tag >> 32 == 0 else { throw ByteCodingError(.invalidFieldNumber, at: start) }
        return UInt32(truncatingIfNeeded: tag)
    }

    /// Reads an unsigned LEB128 integer of at most 10 bytes.
    @inlinable
    public mutating func readVarint() throws(ByteCodingError) -> UInt64 {
        guard position < end else { throw ByteCodingError(.truncated, at: position) }
        let first = base.load(fromByteOffset: position, as: UInt8.self)
        if first < 0x80 {
            cursor &+= 1
            return UInt64(first)
        }
        return try readLongVarint()
    }

    @usableFromInline
    mutating func readLongVarint() throws(ByteCodingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = position
        while index < end {
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            index &+= 1
            if shift == 63, byte > 1 { throw ByteCodingError(.varintTooLong, at: position) }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                cursor = index
                return value
            }
            shift &+= 7
        }
        throw ByteCodingError(.truncated, at: position)
    }

    /// Reads a `fixed64` or the bits of a `double`.
    @inlinable
    public mutating func readFixed64() throws(ByteCodingError) -> UInt64 {
        guard end &- position >= 8 else { throw ByteCodingError(.truncated, at: position) }
        let value = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        cursor &+= 8
        return value
    }

    /// Reads a `fixed32`.
    @inlinable
    public mutating func readFixed32() throws(ByteCodingError) -> UInt32 {
        guard end &- position >= 4 else { throw ByteCodingError(.truncated, at: position) }
        let value = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        cursor &+= 4
        return value
    }

    /// Reads the length of bytes, text or a message and steps over it; gives its place.
    @inlinable
    public mutating func readRange() throws(ByteCodingError) -> Range<Int> {
        let start = position
        let length = try readVarint()
        guard length <= UInt64(end &- position) else { throw ByteCodingError(.truncated, at: start) }
        let range = Range(uncheckedBounds: (position, position &+ Int(truncatingIfNeeded: length)))
        cursor = range.upperBound
        return range
    }

    /// Steps into a message: what follows reads its fields.
    ///
    /// - Returns: the end of the message around it, to give back to ``leave(_:)``.
    @inlinable
    public mutating func enter() throws(ByteCodingError) -> Int {
        let range = try readRange()
        let outerEnd = end
        cursor = range.lowerBound
        limit = range.upperBound
        return outerEnd
    }

    /// Steps out of a message, whether or not it was read to its end.
    @inlinable
    public mutating func leave(_ outerEnd: Int) {
        cursor = end
        limit = outerEnd
    }

    /// Steps over the value of a field.
    @inlinable
    public mutating func skip(_ tag: UInt32) throws(ByteCodingError) {
        switch tag & 7 {
        case 0: _ = try readVarint()
        case 1: _ = try readFixed64()
        case 2: _ = try readRange()
        case 5: _ = try readFixed32()
        default: throw ByteCodingError(.unsupportedWireType, at: position)
        }
    }

    /// Steps over the value of a field that is not known, and refuses one that is known by its number but has another wire type than its
    /// declaration.
    ///
    /// - Parameter known: bit `n` says that field `n` is known.
    @inlinable
    public mutating func skip(_ tag: UInt32, known: UInt32) throws(ByteCodingError) {
        let number = tag >> 3
        if number < 32, known >> number & 1 == 1 { throw ByteCodingError(.wireTypeMismatch, at: position) }
        try skip(tag)
    }
}
