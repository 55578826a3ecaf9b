#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Less than 0, 0 or more than 0 as the first run of bytes comes before the second, is equal or comes after it.
func compareBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int32 { memcmp(left, right, count) }

/// The same for runs of different lengths, where one that begins the other comes before it.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let leftBytes = left.baseAddress, let rightBytes = right.baseAddress else { return left.count - right.count }
    let order = memcmp(leftBytes, rightBytes, min(left.count, right.count))
    return order != 0 ? Int(order) : left.count - right.count
}

/// Whether a run of bytes stands at a place within others.
///
/// - Precondition: the place and as many bytes as the run has lie within `bytes`.
@inline(__always)
func areEqual(_ bytes: UnsafeRawBufferPointer, at place: Int, _ run: UnsafeRawBufferPointer) -> Bool {
    precondition(place >= 0 && place + run.count <= bytes.count, "BUG: bytes are compared beyond their end")
    guard let left = bytes.baseAddress, let right = run.baseAddress else { return run.isEmpty }
    return memcmp(left + place, right, run.count) == 0
}
