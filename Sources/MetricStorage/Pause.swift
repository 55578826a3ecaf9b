#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Gives other threads a fifth of a millisecond. For the maintenance thread, which may wait.
func pauseBriefly() { usleep(200) }
