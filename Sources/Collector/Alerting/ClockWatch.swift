internal import TelemetryModel

/// Notices when the clock of the machine is set.
struct ClockWatch: Sendable {
    private var wall: Timestamp
    private var steady = ContinuousClock.now

    /// What the two clocks may drift apart between two looks, in milliseconds. More is a jump.
    private static let driftMax: Int64 = 2_000

    init(wall: Timestamp) { self.wall = wall }

    /// By how many milliseconds the clock was set since the look before; nil where it was not.
    mutating func jump(at now: Timestamp) -> Int64? {
        let steadyNow = ContinuousClock.now
        let elapsed = (steadyNow - steady).components
        let expected = wall + elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
        let jump = now - expected
        wall = now
        steady = steadyNow
        return abs(jump) > ClockWatch.driftMax ? jump : nil
    }
}
