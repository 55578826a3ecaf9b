internal import Compression

/// Pixels as a file (PNG specification, third edition): one image, RGB, 8 bits, not interlaced.
enum PNGWriter {
    static func file(_ canvas: PixelCanvas) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        append("IHDR", number(canvas.width) + number(canvas.height) + [8, 2, 0, 0, 0], to: &file)
        append("IDAT", compressed(filtered(canvas)), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// Each row less the one above it (filter 2), which leaves zeros nearly everywhere.
    private static func filtered(_ canvas: PixelCanvas) -> [UInt8] {
        let stride = canvas.width * 3
        var result: [UInt8] = []
        result.reserveCapacity((stride + 1) * canvas.height)
        for row in 0..<canvas.height {
            result.append(2)
            for place in row * stride..<(row + 1) * stride {
                result.append(canvas.bytes[place] &- (row > 0 ? canvas.bytes[place - stride] : 0))
            }
        }
        return result
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        do throws(CompressionError) { return try Codec.zlib.compress(bytes) } catch {
            preconditionFailure("BUG: pixels in memory cannot be compressed: \(error)")
        }
    }

    private static func append(_ name: StaticString, _ content: [UInt8], to file: inout [UInt8]) {
        file += number(content.count)
        let start = file.count
        name.withUTF8Buffer { file += $0 }
        file += content
        file += number(Int(checksum(file[start...])))
    }

    private static func number(_ value: Int) -> [UInt8] {
        let value = UInt32(truncatingIfNeeded: value)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// CRC-32 of ISO 3309.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value: UInt32 = 0xffff_ffff
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 != 0 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
        return ~value
    }
}
