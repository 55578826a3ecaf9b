#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// 2 to some power.
func powerOfTwo(_ exponent: Double) -> Double { exp2(exponent) }
