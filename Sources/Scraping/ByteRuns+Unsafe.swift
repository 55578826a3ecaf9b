internal import ByteCoding

/// Whether two parts of arrays hold the same bytes, eight at a step.
///
/// - Precondition: the ranges lie within their arrays.
func equalBytes(_ left: [UInt8], _ leftRange: Range<Int>, _ right: [UInt8], _ rightRange: Range<Int>) -> Bool {
    guard leftRange.count == rightRange.count else { return false }
    precondition(leftRange.upperBound <= left.count && rightRange.upperBound <= right.count, "BUG: range outside of its bytes")
    return left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            var offset = 0
            while offset + 8 <= leftRange.count {
                let a = left.loadUnaligned(fromByteOffset: leftRange.lowerBound + offset, as: UInt64.self)
                let b = right.loadUnaligned(fromByteOffset: rightRange.lowerBound + offset, as: UInt64.self)
                if a != b { return false }
                offset += 8
            }
            while offset < leftRange.count {
                if left[leftRange.lowerBound + offset] != right[rightRange.lowerBound + offset] { return false }
                offset += 1
            }
            return true
        }
    }
}

/// The hash of a part of an array.
///
/// - Precondition: the range lies within the array.
func hashOfBytes(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
    bytes.withUnsafeBytes { hash64(UnsafeRawBufferPointer(rebasing: $0[range])) }
}
