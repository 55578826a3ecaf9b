#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Gives other threads a fifth of a millisecond. For the maintenance thread, which may wait.
func pauseBriefly() { usleep(200) }

/// Gives memory that was freed back to the operating system. The allocator of glibc keeps it otherwise, in each thread's arena; others have
/// no such call.
func returnFreeMemory() {
    // Looked up by name: the header that declares it is not among those that Swift knows as Glibc.
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
}

/// Less than 0, 0 or more than 0 as the first run of bytes comes before the second, is equal or comes after it.
func compareBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int32 { memcmp(left, right, count) }

/// Whether a run of bytes stands at a place within others.
///
/// - Precondition: the place and as many bytes as the run has lie within `bytes`.
@inline(__always)
func areEqual(_ bytes: UnsafeRawBufferPointer, at place: Int, _ run: UnsafeRawBufferPointer) -> Bool {
    precondition(place >= 0 && place + run.count <= bytes.count, "BUG: bytes are compared beyond their end")
    guard let left = bytes.baseAddress, let right = run.baseAddress else { return run.isEmpty }
    return memcmp(left + place, right, run.count) == 0
}
