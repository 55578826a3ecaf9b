/// How long to wait between attempts to deliver a notification: half a second at first, half as much more each time, a minute at most; each
/// wait is drawn from half to one and a half of that, so that many that failed together do not come back together.
struct Backoff: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// - Parameter failures: how many attempts failed; at least 1.
    /// - Returns: milliseconds.
    mutating func wait(failures: Int) -> Int64 {
        var middle = 500.0
        for _ in 1..<max(1, min(failures, 20)) { middle = min(middle * 1.5, 60_000) }
        return Int64(middle * (0.5 + fraction()))
    }

    /// From 0 up to 1 (SplitMix64).
    private mutating func fraction() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / Double(UInt64(1) << 53)
    }
}
