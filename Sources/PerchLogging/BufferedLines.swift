internal import CivilCalendar
internal import Dispatch
internal import PerchWire
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Puts lines into a bounded buffer that a background thread writes out: who logs never waits for a slow terminal, a full pipe or a disk.
///
/// Lines that do not fit are dropped, the newest first, and counted; once there is room again a line says how many. A line is written within
/// five milliseconds, so a process that is killed loses at most what was logged last.
public final class BufferedLines: LogLineWriter {
    private struct State {
        /// What is to be written next.
        var pending: [UInt8] = []
        var pendingLines = 0
        /// Whether the writing thread will come by.
        var isScheduled = false
        /// Lines dropped since the last line that said so.
        var unreported = 0
    }

    private let descriptor: Int32
    private let bytesMax: Int
    private let queue = DispatchQueue(label: "perch.logging", qos: .utility)
    private let state: Mutex<State>
    private let dropped = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - descriptor: standard output unless given.
    ///   - bytesMax: the most bytes that wait.
    public init(descriptor: Int32 = 1, bytesMax: Int = 4 << 20) {
        self.descriptor = descriptor
        self.bytesMax = max(bytesMax, 1024)
        state = Mutex(State())
    }

    /// Lines that were dropped, since the buffer was full or they could not be written.
    public var droppedLines: UInt64 { dropped.load(ordering: .relaxed) }

    public func write(_ line: [UInt8]) {
        let mustSchedule = state.withLock { state -> Bool in
            guard state.pending.count + line.count <= bytesMax else {
                dropped.add(1, ordering: .relaxed)
                state.unreported += 1
                return false
            }
            state.pending.append(contentsOf: line)
            state.pendingLines += 1
            if state.isScheduled { return false }
            state.isScheduled = true
            return true
        }
        // Waiting a moment gathers the lines of a burst into one system call, and saves waking the thread for each.
        if mustSchedule { queue.asyncAfter(deadline: .now() + .milliseconds(5)) { self.drain() } }
    }

    public func unixNanoseconds() -> Int64 { SystemTime.unixNanoseconds() }

    public func flush(within timeout: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            done.signal()
        }
        let milliseconds = min(max(timeout / .milliseconds(1), 0), 1e9)
        _ = done.wait(timeout: .now() + .milliseconds(Int(milliseconds)))
    }

    /// Writes until nothing waits. Only ever runs on the queue.
    private func drain() {
        // What is written goes to and fro between here and the state, so that memory is taken once.
        var bytes: [UInt8] = []
        while true {
            let (lines, unreported) = state.withLock { state -> (Int, Int) in
                bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
                swap(&bytes, &state.pending)
                let taken = (state.pendingLines, state.unreported)
                state.pendingLines = 0
                state.unreported = 0
                if bytes.isEmpty && taken.1 == 0 { state.isScheduled = false }
                return taken
            }
            if bytes.isEmpty && unreported == 0 { return }
            if unreported > 0 { appendReport(unreported, to: &bytes) }
            let isWritten = withoutBrokenPipeSignal { FileDescriptorOutput(descriptor).write(bytes) }
            if !isWritten { dropped.add(UInt64(lines), ordering: .relaxed) }
        }
    }

    private func appendReport(_ count: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"time":""#.utf8)
        RFC3339.append(CivilTime(nanoseconds: unixNanoseconds()), fraction: .digits(3), to: &bytes)
        bytes.append(
            contentsOf: #"","level":"warning","logger":"perch.logging","message":"log lines were dropped","dropped":\#(count)}"#.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Whoever reads the lines may be gone; the signal that the system sends then would end the process.
    private func withoutBrokenPipeSignal(_ body: () -> Bool) -> Bool {
        var brokenPipe = sigset_t()
        var before = sigset_t()
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, &before)
        let result = body()
        if !result {
            var pending = sigset_t()
            sigpending(&pending)
            if sigismember(&pending, SIGPIPE) == 1 {
                var signal: Int32 = 0
                sigwait(&brokenPipe, &signal)
            }
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return result
    }
}
