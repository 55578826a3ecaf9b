/// A small random number generator (SplitMix64) that gives the same numbers for the same seed on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// The seed it started with: print it in a failing expectation's comment, and the run can be repeated.
    public let seed: UInt64
    private var state: UInt64

    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// `count` random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    /// A number whose size is spread over all magnitudes, so that small ones are as common as large ones.
    public mutating func spreadUInt64() -> UInt64 {
        let bits = UInt64.random(in: 0...64, using: &self)
        return bits == 0 ? 0 : next() >> (64 - bits)
    }
}
