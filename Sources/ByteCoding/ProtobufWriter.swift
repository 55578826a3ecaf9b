/// Writes the fields of a protobuf message onto an array of bytes.
///
/// Every call writes the field, also where the value is the default; leaving defaults out is the caller's choice.
public struct ProtobufWriter: Sendable {
    /// What is written so far.
    public private(set) var bytes: [UInt8]

    /// Starts behind the bytes given, whose memory it takes over.
    public init(appendingTo bytes: consuming [UInt8] = []) { self.bytes = bytes }

    /// Writes an unsigned integer, an enumeration's number, or a count.
    public mutating func write(_ number: Int, uint64 value: UInt64) {
        writeTag(number, .varint)
        bytes.appendVarint(value)
    }

    /// Writes an `int64` or `int32`.
    public mutating func write(_ number: Int, int64 value: Int64) { write(number, uint64: UInt64(bitPattern: value)) }

    /// Writes a `sint64` or `sint32` (zig-zag).
    public mutating func write(_ number: Int, sint64 value: Int64) { write(number, uint64: zigzag(value)) }

    /// Writes a `bool`.
    public mutating func write(_ number: Int, bool value: Bool) { write(number, uint64: value ? 1 : 0) }

    /// Writes a `double`, bit for bit.
    public mutating func write(_ number: Int, double value: Double) { write(number, fixed64: value.bitPattern) }

    /// Writes a `fixed64`.
    public mutating func write(_ number: Int, fixed64 value: UInt64) {
        writeTag(number, .fixed64)
        bytes.appendLittleEndian(value)
    }

    /// Writes a `fixed32`.
    public mutating func write(_ number: Int, fixed32 value: UInt32) {
        writeTag(number, .fixed32)
        bytes.appendLittleEndian(value)
    }

    /// Writes a `string`.
    public mutating func write(_ number: Int, string value: String) {
        writeTag(number, .lengthDelimited)
        bytes.appendLengthPrefixed(value.utf8)
    }

    /// Writes `bytes`, an encoded message, or packed numbers.
    public mutating func write(_ number: Int, bytes value: some Collection<UInt8>) {
        writeTag(number, .lengthDelimited)
        bytes.appendLengthPrefixed(value)
    }

    /// Writes an embedded message whose fields the closure writes.
    public mutating func write<Failure: Error>(
        _ number: Int, message body: (inout ProtobufWriter) throws(Failure) -> Void
    ) throws(Failure) {
        writeTag(number, .lengthDelimited)
        // The length is not known yet: one byte is kept for it, more are made room for where it turns out longer.
        let lengthPosition = bytes.count
        bytes.append(0)
        try body(&self)
        let length = bytes.count - lengthPosition - 1
        if length < 0x80 {
            bytes[lengthPosition] = UInt8(length)
        } else {
            var prefix: [UInt8] = []
            prefix.appendVarint(count: length)
            bytes.replaceSubrange(lengthPosition...lengthPosition, with: prefix)
        }
    }

    private mutating func writeTag(_ number: Int, _ wireType: ProtobufWireType) {
        precondition(number > 0 && number < 1 << 29, "BUG: protobuf field number outside 1 to 2^29 - 1")
        bytes.appendVarint(UInt64(number) << 3 | UInt64(wireType.rawValue))
    }
}
