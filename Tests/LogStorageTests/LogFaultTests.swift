internal import TestSupport
internal import Testing

/// Each call that changes a file of a log storage fails, is cut short, or is where the process or the power ends, and afterwards everything is
/// compared. The work is done by the program FaultSweep, in a process whose system calls are watched.
@Suite struct LogFaultTests {
    @Test func `nothing that was acknowledged is lost whatever call fails`() throws {
        #expect(try FaultSweepRun.failures(signal: "logs") == [])
    }
}
