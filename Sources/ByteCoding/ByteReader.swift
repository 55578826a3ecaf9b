/// Reads values one after the other from an array of bytes, and never traps on what it finds there.
///
/// The reader holds the array (no copy) and a position, which measured as fast as a span and can be stored. Runs of bytes are given
/// as ranges into ``bytes``. After an error the position is where the failed value starts.
public struct ByteReader: Sendable {
    /// The array that is read; ranges and offsets count from its start.
    public let bytes: [UInt8]
    /// Offset of the next byte to read.
    @inlinable public var position: Int { cursor }
    @usableFromInline var cursor: Int
    /// Offset behind the last byte that may be read.
    @inlinable public var end: Int { limit }
    @usableFromInline var limit: Int

    /// Reads all of an array.
    @inlinable
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        cursor = 0
        limit = bytes.count
    }

    /// Reads a part of an array.
    ///
    /// - Precondition: the range lies within the array.
    @inlinable
    public init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "BUG: reader's range is outside of its bytes")
        self.bytes = bytes
        cursor = range.lowerBound
        limit = range.upperBound
    }

    /// The number of bytes left.
    @inlinable public var remaining: Int { end - position }

    /// Whether every byte was read.
    @inlinable public var isAtEnd: Bool { position >= end }

    /// Reads one byte.
    @inlinable
    public mutating func readUInt8() throws(ByteCodingError) -> UInt8 {
        guard position < end else { throw ByteCodingError(.truncated, at: position) }
        let byte = bytes[position]
        cursor += 1
        return byte
    }

    /// Reads an integer whose least significant byte comes first.
    @inlinable
    public mutating func readLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(ByteCodingError) -> Value {
        Value(littleEndian: try readRaw())
    }

    /// Reads an integer whose most significant byte comes first.
    @inlinable
    public mutating func readBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(ByteCodingError) -> Value {
        Value(bigEndian: try readRaw())
    }

    /// Reads a double whose bits are stored little-endian. Every bit is kept, also of NaNs.
    @inlinable
    public mutating func readDouble() throws(ByteCodingError) -> Double {
        Double(bitPattern: try readLittleEndian(UInt64.self))
    }

    /// Reads an unsigned LEB128 integer of at most 10 bytes.
    @inlinable
    public mutating func readVarint() throws(ByteCodingError) -> UInt64 {
        guard position < end else { throw ByteCodingError(.truncated, at: position) }
        let first = bytes[position]
        if first < 0x80 {
            cursor += 1
            return UInt64(first)
        }
        return try readLongVarint()
    }

    /// Reads a signed integer stored as zig-zag LEB128.
    @inlinable
    public mutating func readZigZag() throws(ByteCodingError) -> Int64 { unzigzag(try readVarint()) }

    /// Reads a LEB128 count or length that must not exceed a limit.
    ///
    /// - Throws: ``ByteCodingError/Code/lengthTooLarge`` where it does, so that nothing is allocated for it.
    @inlinable
    public mutating func readCount(limit: Int) throws(ByteCodingError) -> Int {
        let start = position
        let value = try readVarint()
        guard value <= UInt64(max(limit, 0)) else {
            cursor = start
            throw ByteCodingError(.lengthTooLarge, at: start)
        }
        return Int(value)
    }

    /// Reads a LEB128 length and steps over so many bytes; gives their range in ``bytes``.
    @inlinable
    public mutating func readLengthPrefixed() throws(ByteCodingError) -> Range<Int> {
        let start = position
        let length = try readVarint()
        guard length <= UInt64(remaining) else {
            cursor = start
            throw ByteCodingError(.truncated, at: start)
        }
        let range = position..<position + Int(length)
        cursor = range.upperBound
        return range
    }

    /// Steps over `count` bytes and gives their range in ``bytes``.
    @inlinable
    public mutating func readRange(count: Int) throws(ByteCodingError) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw ByteCodingError(.truncated, at: position) }
        let range = position..<position + count
        cursor = range.upperBound
        return range
    }

    /// Steps over `count` bytes.
    @inlinable
    public mutating func skip(_ count: Int) throws(ByteCodingError) { _ = try readRange(count: count) }

    /// The next byte without reading it, or nil at the end.
    @inlinable
    public func peek() -> UInt8? { position < end ? bytes[position] : nil }

    @usableFromInline
    mutating func readLongVarint() throws(ByteCodingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = position
        while index < end {
            let byte = bytes[index]
            index += 1
            if shift == 63, byte > 1 { throw ByteCodingError(.varintTooLong, at: position) }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 {
                cursor = index
                return value
            }
            shift += 7
        }
        throw ByteCodingError(.truncated, at: position)
    }

    @inlinable
    mutating func readRaw<Value: FixedWidthInteger & BitwiseCopyable>() throws(ByteCodingError) -> Value {
        let width = MemoryLayout<Value>.size
        guard remaining >= width else { throw ByteCodingError(.truncated, at: position) }
        let value = bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Value.self)
        cursor += width
        return value
    }
}

/// Maps signed to unsigned so that numbers near zero stay small: 0, -1, 1, -2 become 0, 1, 2, 3.
@inlinable
public func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

/// The inverse of ``zigzag(_:)``.
@inlinable
public func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
