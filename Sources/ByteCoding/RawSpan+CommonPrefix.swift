extension RawSpan {
    /// How many bytes both begin with. O(bytes), eight at a time.
    public func countOfCommonPrefix(_ other: RawSpan) -> Int {
        let count = Swift.min(byteCount, other.byteCount)
        var index = 0
        while index + 8 <= count {
            let difference =
                unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
                ^ other.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            if difference != 0 { return index + UInt64(littleEndian: difference).trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, unsafeLoad(fromByteOffset: index, as: UInt8.self) == other.unsafeLoad(fromByteOffset: index, as: UInt8.self) {
            index += 1
        }
        return index
    }
}
