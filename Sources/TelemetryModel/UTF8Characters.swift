/// Characters in bytes that need not be UTF-8, read as Go reads them: a byte that belongs to no character is one of its own, U+FFFD.
public enum UTF8Characters {
    /// The character at an index, and how many bytes it takes; nil for a byte that belongs to none, which takes one.
    ///
    /// - Precondition: the index lies within the bytes.
    @inlinable
    public static func decode(_ bytes: ArraySlice<UInt8>, at index: Int) -> (scalar: Unicode.Scalar?, width: Int) {
        let first = bytes[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let width: Int
        var value: UInt32
        switch first {
        case 0xc2...0xdf: (width, value) = (2, UInt32(first & 0x1f))
        case 0xe0...0xef: (width, value) = (3, UInt32(first & 0x0f))
        case 0xf0...0xf4: (width, value) = (4, UInt32(first & 0x07))
        default: return (nil, 1)
        }
        guard bytes.endIndex - index >= width else { return (nil, 1) }
        for offset in 1..<width {
            let byte = bytes[index + offset]
            guard byte & 0xc0 == 0x80 else { return (nil, 1) }
            value = value << 6 | UInt32(byte & 0x3f)
        }
        let least: UInt32 = width == 2 ? 0x80 : width == 3 ? 0x800 : 0x10000
        guard value >= least, let scalar = Unicode.Scalar(value) else { return (nil, 1) }
        return (scalar, width)
    }

    /// Calls the closure with each character and where it lies.
    @inlinable
    public static func forEach(_ bytes: ArraySlice<UInt8>, _ body: (_ scalar: Unicode.Scalar?, _ range: Range<Int>) -> Void) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let (scalar, width) = decode(bytes, at: index)
            body(scalar, index..<index + width)
            index += width
        }
    }

    /// The number of characters.
    @inlinable
    public static func count(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        forEach(bytes) { _, _ in count += 1 }
        return count
    }

    /// Appends a character as UTF-8.
    @inlinable
    public static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        if scalar.isASCII { return bytes.append(UInt8(truncatingIfNeeded: scalar.value)) }
        if let encoded = UTF8.encode(scalar) { bytes.append(contentsOf: encoded) }
    }
}
