/// The fields of one protobuf message, one after the other. Whatever the bytes are, nothing traps; reading ends where they make no sense.
struct ProtobufFields {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    /// Whether reading ended before the end of the bytes.
    private(set) var isBroken = false

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (number: UInt64, value: Value)? {
        if rest.isEmpty || isBroken { return nil }
        guard let tag = varint(), let value = value(wireType: tag & 7) else {
            isBroken = true
            return nil
        }
        return (tag >> 3, value)
    }

    /// The number of a field that may not be there, as in packed numbers.
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = rest.popFirst() {
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    mutating func fixed64() -> UInt64? { littleEndian(8) }

    private mutating func value(wireType: UInt64) -> Value? {
        switch wireType {
        case 0: return varint().map { .varint($0) }
        case 1: return littleEndian(8).map { .fixed64($0) }
        case 2:
            guard let length = varint(), length <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(length)) }
            return .bytes(rest.prefix(Int(length)))
        case 5: return littleEndian(4).map { .fixed32(UInt32(truncatingIfNeeded: $0)) }
        default: return nil
        }
    }

    private mutating func littleEndian(_ count: Int) -> UInt64? {
        guard rest.count >= count else { return nil }
        var value: UInt64 = 0
        for (index, byte) in rest.prefix(count).enumerated() { value |= UInt64(byte) << (8 * UInt64(index)) }
        rest = rest.dropFirst(count)
        return value
    }
}
