#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Looks for bytes in bytes.
enum ByteSearch {
    /// The first place of a needle at or behind an offset.
    static func firstIndex(of needle: [UInt8], in bytes: UnsafeRawBufferPointer, from offset: Int = 0) -> Int? {
        guard offset <= bytes.count, needle.count <= bytes.count - offset else { return nil }
        guard let first = needle.first, let base = bytes.baseAddress else { return offset }
        let last = bytes.count - needle.count
        var position = offset
        while position <= last {
            guard let found = memchr(base + position, Int32(first), last - position + 1) else { return nil }
            position = UnsafeRawPointer(found) - base
            if memcmp(base + position, needle, needle.count) == 0 { return position }
            position += 1
        }
        return nil
    }

    /// Whether a needle stands at the start.
    static func hasPrefix(_ needle: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard needle.count <= bytes.count else { return false }
        guard !needle.isEmpty, let base = bytes.baseAddress else { return true }
        return memcmp(base, needle, needle.count) == 0
    }
}
