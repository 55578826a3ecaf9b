#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Looks for literals in bytes.
enum ByteSearch {
    /// The order of the first `count` bytes of both: below, at or above zero.
    static func compare(_ literal: [UInt8], _ bytes: UnsafeRawBufferPointer, count: Int) -> Int {
        guard count > 0, let base = bytes.baseAddress else { return 0 }
        return Int(memcmp(literal, base, count))
    }

    /// Whether a literal stands at an offset.
    static func hasLiteral(_ bytes: UnsafeRawBufferPointer, _ literal: [UInt8], at offset: Int) -> Bool {
        guard offset >= 0, literal.count <= bytes.count - offset else { return false }
        guard !literal.isEmpty, let base = bytes.baseAddress else { return literal.isEmpty }
        return memcmp(base + offset, literal, literal.count) == 0
    }

    /// The first place of a literal at or behind an offset.
    static func firstIndex(of literal: [UInt8], in bytes: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        guard offset <= bytes.count, literal.count <= bytes.count - offset else { return nil }
        guard !literal.isEmpty, let base = bytes.baseAddress else { return offset }
        var position = offset
        let last = bytes.count - literal.count
        while position <= last {
            guard let found = memchr(base + position, Int32(literal[0]), last - position + 1) else { return nil }
            position = UnsafeRawPointer(found) - base
            if memcmp(base + position, literal, literal.count) == 0 { return position }
            position += 1
        }
        return nil
    }
}
