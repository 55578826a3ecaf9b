/// Writes bit fields, most significant bit first, onto the end of an array that the caller owns.
///
/// Only whole bytes reach the array before ``finish(into:)``, so nothing else may be appended to it in between.
public struct BitWriter: Sendable {
    /// Bits not written yet, in the low end; always fewer than 8 between calls.
    @usableFromInline var pending: UInt64 = 0
    @usableFromInline var pendingCount = 0

    @inlinable public init() {}

    /// Appends the `count` low bits of a value. Higher bits are ignored.
    ///
    /// - Precondition: `count` is 0 to 64.
    @inlinable
    public mutating func write(_ value: UInt64, count: Int, into bytes: inout [UInt8]) {
        precondition(count >= 0 && count <= 64, "BUG: bit count outside 0 to 64")
        if count > 56 {
            write(value &>> 32, count: count - 32, into: &bytes)
            write(value, count: 32, into: &bytes)
            return
        }
        pending = (pending &<< UInt64(count)) | (value & ((1 &<< UInt64(count)) &- 1))
        pendingCount &+= count
        while pendingCount >= 8 {
            pendingCount &-= 8
            bytes.append(UInt8(truncatingIfNeeded: pending &>> UInt64(pendingCount)))
        }
    }

    /// Appends one bit.
    @inlinable
    public mutating func write(bit: Bool, into bytes: inout [UInt8]) { write(bit ? 1 : 0, count: 1, into: &bytes) }

    /// Appends the last bits, filled with zeros to a whole byte. The writer is as new afterwards.
    @inlinable
    public mutating func finish(into bytes: inout [UInt8]) {
        if pendingCount > 0 {
            bytes.append(UInt8(truncatingIfNeeded: pending &<< UInt64(8 &- pendingCount)))
        }
        pending = 0
        pendingCount = 0
    }
}

/// Reads bit fields, most significant bit first.
public struct BitReader: Sendable {
    @usableFromInline let bytes: [UInt8]
    /// Position of the next bit, from the start of ``bytes``.
    @usableFromInline var bitPosition: Int
    @usableFromInline let bitEnd: Int

    /// Reads a part of an array.
    ///
    /// - Precondition: the range lies within the array.
    @inlinable
    public init(_ bytes: [UInt8], in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "BUG: reader's range is outside of its bytes")
        self.bytes = bytes
        bitPosition = range.lowerBound * 8
        bitEnd = range.upperBound * 8
    }

    /// Reads all of an array.
    @inlinable
    public init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

    /// The number of bits left.
    @inlinable public var remainingBits: Int { bitEnd - bitPosition }

    /// Offset behind the last byte of which a bit was read.
    @inlinable public var bytePosition: Int { (bitPosition + 7) / 8 }

    /// Reads an unsigned field.
    ///
    /// - Precondition: `count` is 0 to 64.
    @inlinable
    public mutating func read(count: Int) throws(ByteCodingError) -> UInt64 {
        precondition(count >= 0 && count <= 64, "BUG: bit count outside 0 to 64")
        guard count <= remainingBits else { throw ByteCodingError(.truncated, at: bitPosition / 8) }
        if count > 56 {
            let high = take(count - 32)
            return (high &<< 32) | take(32)
        }
        return take(count)
    }

    /// Reads `fields` fields of equal width and lends each with its number; faster than one by one.
    ///
    /// - Precondition: `width` is 0 to 56.
    @inlinable
    public mutating func readEach(
        _ fields: Int, width: Int, _ body: (_ index: Int, _ value: UInt64) -> Void
    ) throws(ByteCodingError) {
        precondition(width >= 0 && width <= 56, "BUG: bit count outside 0 to 56")
        let (bits, overflow) = fields.multipliedReportingOverflow(by: width)
        guard !overflow, bits <= remainingBits else { throw ByteCodingError(.truncated, at: bitPosition / 8) }
        for index in 0..<fields { body(index, take(width)) }
    }

    /// Reads one bit.
    @inlinable
    public mutating func readBit() throws(ByteCodingError) -> Bool { try read(count: 1) != 0 }

    /// Reads at most 56 bits that are known to be there.
    @inlinable
    mutating func take(_ count: Int) -> UInt64 {
        if count == 0 { return 0 }
        let byte = bitPosition &>> 3
        let offset = bitPosition & 7
        bitPosition &+= count
        let window: UInt64
        if byte + 8 <= bytes.count {
            window = UInt64(bigEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: byte, as: UInt64.self))
        } else {
            var assembled: UInt64 = 0
            for index in byte..<byte + 8 { assembled = (assembled &<< 8) | (index < bytes.count ? UInt64(bytes[index]) : 0) }
            window = assembled
        }
        return (window &<< UInt64(offset)) &>> UInt64(64 &- count)
    }
}
