/// Writes protobuf messages onto one array of bytes, nested ones in place (protobuf encoding specification).
///
/// Every call writes the field, also where the value is the default; leaving defaults out is the caller's choice. All is inlinable: messages are
/// written value by value, and a call between modules would cost more than most values.
package struct ProtobufBytes: Sendable {
    /// What is written so far.
    package var bytes: [UInt8] = []

    @inlinable
    package init() {}

    /// Writes an unsigned integer, an enumeration's number or a count.
    @inlinable
    package mutating func write(_ field: Int, uint64 value: UInt64) {
        append(varint: UInt64(field) << 3)
        append(varint: value)
    }

    /// Writes an `int64`.
    @inlinable
    package mutating func write(_ field: Int, int64 value: Int64) { write(field, uint64: UInt64(bitPattern: value)) }

    /// Writes a `sint32` or `sint64` (zig-zag).
    @inlinable
    package mutating func write(_ field: Int, sint64 value: Int64) { write(field, uint64: ProtobufBytes.zigzag(value)) }

    /// Writes a `bool`.
    @inlinable
    package mutating func write(_ field: Int, bool value: Bool) { write(field, uint64: value ? 1 : 0) }

    /// Writes a `double`, bit for bit.
    @inlinable
    package mutating func write(_ field: Int, double value: Double) { write(field, fixed64: value.bitPattern) }

    /// Writes a `fixed64`.
    @inlinable
    package mutating func write(_ field: Int, fixed64 value: UInt64) {
        append(varint: UInt64(field) << 3 | 1)
        append(littleEndian: value)
    }

    /// Writes a `fixed32`.
    @inlinable
    package mutating func write(_ field: Int, fixed32 value: UInt32) {
        append(varint: UInt64(field) << 3 | 5)
        var rest = value
        for _ in 0..<4 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Writes a `string`.
    @inlinable
    package mutating func write(_ field: Int, string value: String) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Writes `bytes`.
    @inlinable
    package mutating func write(_ field: Int, bytes value: some Collection<UInt8>) {
        append(varint: UInt64(field) << 3 | 2)
        append(varint: UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes the 16 bytes of a trace's name.
    package mutating func write(_ field: Int, traceID: TraceID) {
        append(varint: UInt64(field) << 3 | 2)
        bytes.append(16)
        append(bigEndian: traceID.high)
        append(bigEndian: traceID.low)
    }

    /// Writes the 8 bytes of a span's name.
    package mutating func write(_ field: Int, spanID: SpanID) {
        append(varint: UInt64(field) << 3 | 2)
        bytes.append(8)
        append(bigEndian: spanID.value)
    }

    /// Writes a message, or packed numbers: whatever the closure appends.
    @inlinable
    package mutating func write(_ field: Int, message body: (inout ProtobufBytes) -> Void) {
        append(varint: UInt64(field) << 3 | 2)
        delimited(body)
    }

    /// Writes the length of what the closure appends, and that.
    @inlinable
    package mutating func delimited(_ body: (inout ProtobufBytes) -> Void) {
        // Most messages are shorter than 128 bytes, so room for one byte of length is left; a longer one is moved on by what is missing.
        let start = bytes.count
        bytes.append(0)
        body(&self)
        let length = UInt64(bytes.count - start - 1)
        if length < 0x80 {
            bytes[start] = UInt8(length)
            return
        }
        insertLength(length, at: start)
    }

    /// Puts a length of more than one byte where room for one was left.
    package mutating func insertLength(_ length: UInt64, at start: Int) {
        let count = (UInt64.bitWidth - length.leadingZeroBitCount + 6) / 7
        bytes.insert(contentsOf: repeatElement(0, count: count - 1), at: start)
        var rest = length
        for index in start..<start + count - 1 {
            bytes[index] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
        }
        bytes[start + count - 1] = UInt8(truncatingIfNeeded: rest)
    }

    /// Appends an unsigned LEB128 integer without a field, as in packed numbers.
    @inlinable
    package mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends 8 bytes without a field, as in packed numbers.
    @inlinable
    package mutating func append(littleEndian value: UInt64) {
        var rest = value
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    private mutating func append(bigEndian value: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// Signed integers so that small ones of either sign take few bytes.
    @inlinable
    package static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
}
