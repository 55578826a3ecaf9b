#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Gives other threads a fifth of a millisecond. For the maintenance thread, which may wait.
func pauseBriefly() { usleep(200) }

/// Less than 0, 0 or more than 0 as the first run of bytes comes before the second, is equal or comes after it.
func compareBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int32 { memcmp(left, right, count) }
