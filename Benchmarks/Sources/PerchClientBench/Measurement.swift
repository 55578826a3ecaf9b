internal import CAllocationCount

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What one piece of work costs the thread that does it.
struct Measurement {
    let name: String
    /// CPU time of the thread, the median of nine runs.
    let nanoseconds: Double
    let allocations: Double
    /// What it may cost at most; nil for anything.
    let nanosecondsMax: Double?
    let allocationsMax: Double?
    let isWanted: Bool

    /// Text that the names of the measurements have to have that are wanted; nil for all.
    static let filter = CommandLine.arguments.dropFirst().first { !$0.hasPrefix("--") }

    /// Measures work that is done so often at a time; one that is not wanted costs nothing.
    ///
    /// - Parameter work: does the work as often as it is told.
    init(
        _ name: String, times: Int, nanosecondsMax: Double? = nil, allocationsMax: Double? = nil, runs: Int = 9, _ work: (Int) -> Void
    ) {
        self.name = name
        self.nanosecondsMax = nanosecondsMax
        self.allocationsMax = allocationsMax
        isWanted = Measurement.filter.map { name.contains($0) } ?? true
        guard isWanted else {
            (nanoseconds, allocations) = (0, 0)
            return
        }
        work(times)
        var seconds: [Double] = []
        var fewest = UInt.max
        for _ in 0..<runs {
            let (allocations, started) = (perch_allocation_count(), threadSeconds())
            work(times)
            seconds.append(threadSeconds() - started)
            fewest = min(fewest, perch_allocation_count() - allocations)
        }
        seconds.sort()
        nanoseconds = seconds[seconds.count / 2] * 1e9 / Double(times)
        allocations = Double(fewest) / Double(times)
    }

    var allocatesTooMuch: Bool { allocationsMax.map { allocations > $0 + 0.01 } ?? false }

    var line: String {
        func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(width - text.count, 1)) + text }
        func shown(_ value: Double?) -> String { value.map { ($0 * 100).rounded() / 100 }.map { "\($0)" } ?? "-" }
        return name + column(shown(nanoseconds), 60 - name.count) + column(shown(nanosecondsMax), 12) + column(shown(allocations), 14)
            + column(shown(allocationsMax), 10) + (allocatesTooMuch ? "  TOO MANY ALLOCATIONS" : "")
    }
}

/// CPU time of this thread in seconds.
func threadSeconds() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

/// CPU time of all threads of the process in seconds.
func processSeconds() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

private func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Ends the program.
func stop(status: Int32) -> Never { exit(status) }
