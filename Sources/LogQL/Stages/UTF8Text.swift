/// Text in bytes that need not be UTF-8, read as Go reads it: a byte that belongs to no character is a character of its own, U+FFFD.
enum UTF8Text {
    /// The character at an index, and how many bytes it takes; nil for a byte that belongs to none, which takes one.
    ///
    /// - Precondition: the index lies within the bytes.
    static func decode(_ bytes: ArraySlice<UInt8>, at index: Int) -> (scalar: Unicode.Scalar?, width: Int) {
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

    /// Whether there is a U+FFFD, or a byte that stands for one.
    static func hasReplacement(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let (scalar, width) = decode(bytes, at: index)
            guard let scalar, scalar != "\u{fffd}" else { return true }
            index += width
        }
        return false
    }

    /// Appends a text with a blank for each U+FFFD and each byte that stands for one, as values of extracted labels have it.
    static func appendCleaned(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        guard hasReplacement(bytes) else {
            output.append(contentsOf: bytes)
            return
        }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let (scalar, width) = decode(bytes, at: index)
            if scalar == nil || scalar == "\u{fffd}" {
                output.append(UInt8(ascii: " "))
            } else {
                output.append(contentsOf: bytes[index..<index + width])
            }
            index += width
        }
    }
}
