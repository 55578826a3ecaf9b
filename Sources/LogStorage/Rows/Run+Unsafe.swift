#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Bytes in memory that something else keeps: a ``LogArena``.
///
/// - Precondition of every use: the arena lives.
struct Run: @unchecked Sendable {
    let base: UnsafeRawPointer
    let count: Int

    /// An address for runs without bytes.
    static var nowhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped }
    static var empty: Run { Run(base: nowhere, count: 0) }

    @inline(__always)
    init(base: UnsafeRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    @inline(__always)
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// A part of the run.
    ///
    /// - Precondition: it lies within the run.
    @inline(__always)
    func part(_ start: Int, _ count: Int) -> Run { Run(base: base + start, count: count) }

    /// Whether the run stands in another from a place on, which then moves behind it.
    @inline(__always)
    func isIn(_ other: Run, at position: inout Int) -> Bool {
        guard count <= other.count &- position, memcmp(other.base + position, base, count) == 0 else { return false }
        position &+= count
        return true
    }

    @inline(__always)
    static func areEqual(_ left: Run, _ right: Run) -> Bool { left.count == right.count && memcmp(left.base, right.base, left.count) == 0 }
}

/// Memory for the bytes of many entries, taken once and filled from the front, at addresses that do not change. Filled by one thread before others see it, hence unchecked.
final class LogArena: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    private var filled = 0

    init(capacity: Int) { memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(capacity, 1), alignment: 16) }

    deinit { memory.deallocate() }

    var byteCount: Int { memory.count }

    /// Copies bytes to the free part.
    ///
    /// - Precondition: there is room.
    func append(_ bytes: UnsafeRawBufferPointer) -> Run {
        precondition(bytes.count <= memory.count - filled, "BUG: an arena is too small")
        guard let source = bytes.baseAddress, let base = memory.baseAddress, bytes.count > 0 else { return .empty }
        memcpy(base + filled, source, bytes.count)
        defer { filled += bytes.count }
        return Run(base: UnsafeRawPointer(base + filled), count: bytes.count)
    }
}
