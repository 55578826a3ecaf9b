internal import CXXHash

/// The XXH3 128-bit hash of some bytes under a seed (xxHash specification 0.1.1).
///
/// With a seed that is drawn anew in every process it may stand for the bytes themselves, where keeping them would cost too much: among a
/// hundred million different strings the chance that any two share a hash is below 10⁻²².
public struct Hash128: Sendable, Hashable {
    public let low: UInt64
    public let high: UInt64

    public init(of bytes: UnsafeRawBufferPointer, seed: UInt64) {
        let hash = perch_xxh3_128(bytes.baseAddress, bytes.count, seed)
        low = hash.low
        high = hash.high
    }
}
