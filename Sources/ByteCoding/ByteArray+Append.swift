/// Writing counterparts of ``ByteReader``: each appends one value to the array.
extension [UInt8] {
    /// Appends an integer, least significant byte first.
    @inlinable
    public mutating func appendLittleEndian(_ value: some FixedWidthInteger & BitwiseCopyable) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends an integer, most significant byte first.
    @inlinable
    public mutating func appendBigEndian(_ value: some FixedWidthInteger & BitwiseCopyable) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends the bits of a double, least significant byte first.
    @inlinable
    public mutating func appendDouble(_ value: Double) { appendLittleEndian(value.bitPattern) }

    /// Appends an unsigned LEB128 integer (1 to 10 bytes).
    @inlinable
    public mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a count or length as LEB128.
    ///
    /// - Precondition: it is not negative.
    @inlinable
    public mutating func appendVarint(count: Int) { appendVarint(UInt64(count)) }

    /// Appends a signed integer as zig-zag LEB128.
    @inlinable
    public mutating func appendZigZag(_ value: Int64) { appendVarint(zigzag(value)) }

    /// Appends the length of some bytes as LEB128, then the bytes.
    @inlinable
    public mutating func appendLengthPrefixed(_ bytes: some Collection<UInt8>) {
        appendVarint(UInt64(bytes.count))
        append(contentsOf: bytes)
    }
}

/// The number of bytes that ``Swift/Array/appendVarint(_:)`` writes for a value.
@inlinable
public func varintLength(_ value: UInt64) -> Int { value == 0 ? 1 : (70 - value.leadingZeroBitCount) / 7 }
