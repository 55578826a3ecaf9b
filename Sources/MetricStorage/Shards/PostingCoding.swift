internal import ByteCoding

/// Sorted lists of series numbers as bytes: the first number, then the steps, as LEB128.
enum PostingCoding {
    static func encode(_ series: ArraySlice<UInt32>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(series.count + 4)
        var previous: UInt32 = 0
        for number in series {
            bytes.appendVarint(UInt64(number - previous))
            previous = number
        }
        return bytes
    }

    /// Appends a list.
    ///
    /// - Throws: ``ByteCodingError`` where the bytes are no such list of numbers below `limit`.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, limit: Int, into series: inout [UInt32]) throws(ByteCodingError) {
        guard count >= 0, count <= bytes.count else { throw ByteCodingError(.lengthTooLarge, at: 0) }
        var position = 0
        var number: UInt64 = 0
        for _ in 0..<count {
            var step: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                guard position < bytes.count, shift <= 28 else { throw ByteCodingError(.truncated, at: position) }
                let byte = bytes[position]
                position += 1
                step |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            number += step
            guard number < UInt64(limit) else { throw ByteCodingError(.invalidValue, at: position) }
            series.append(UInt32(number))
        }
    }
}
