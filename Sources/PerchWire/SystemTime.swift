#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The clocks of the system, in nanoseconds.
package enum SystemTime {
    /// Time since 1970-01-01 00:00 UTC.
    package static func unixNanoseconds() -> Int64 { read(CLOCK_REALTIME) }

    /// Time that only moves forward, since some moment.
    package static func monotonicNanoseconds() -> Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
    }
}
