internal import Foundation

/// A small random number generator (SplitMix64) that gives the same numbers for the same seed, so that a run can be repeated.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    /// An exponentially distributed time: the gap between things that happen independently of each other.
    mutating func exponential(mean: Duration) -> Duration { mean * -log(1 - Double.random(in: 0..<1, using: &self)) }
}
