internal import TestSupport
internal import Testing

/// A storage whose files fail: each call that changes a file fails, is cut short, or is where the process or the power ends, and
/// afterwards everything is compared. The work is done by the program FaultSweep, in a process whose system calls are watched.
@Suite struct FaultTests {
    @Test func nothingAcknowledgedIsLostWhateverCallFails() throws { #expect(try FaultSweepRun.failures(signal: "metrics") == []) }
}
