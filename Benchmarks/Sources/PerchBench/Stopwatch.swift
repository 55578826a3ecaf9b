internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// CPU time that this process has used on all its threads, in seconds. Unlike time on the wall it hardly depends on what else the machine does.
func processSeconds() -> Double {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { preconditionFailure("BUG: the system has no clock of CPU time") }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What a benchmark found out about one piece of work.
struct Timing {
    /// CPU time of one execution, the median of all runs, in seconds.
    let seconds: Double
    /// What one execution works on: samples, values, queries.
    let items: Int

    var nanosecondsPerItem: Double { seconds * 1e9 / Double(items) }
    var itemsPerSecond: Double { Double(items) / seconds }
}

/// How often work is repeated before its time counts.
struct Stopwatch: Sendable {
    /// Runs of which the median is taken.
    let runs: Int
    /// What a run lasts at least: short work is executed so often that this is reached.
    let runSeconds: Double

    /// Times work that can be repeated.
    func time(items: Int, _ work: () throws -> Void) rethrows -> Timing {
        // Warm-up: caches and buffers are as they are in a server that has run for a while.
        var executions = 0
        let started = processSeconds()
        repeat {
            try work()
            executions += 1
        } while processSeconds() - started < runSeconds
        var times: [Double] = []
        for _ in 0..<runs {
            let started = processSeconds()
            for _ in 0..<executions { try work() }
            times.append((processSeconds() - started) / Double(executions))
        }
        times.sort()
        return Timing(seconds: times[times.count / 2], items: items)
    }
}

/// Takes results that nobody looks at, so that the work for them is not optimized away.
private let taken = Atomic<Int>(0)

func keep(_ result: Int) { taken.wrappingAdd(result, ordering: .relaxed) }

/// Lets other threads run for a tenth of a millisecond.
func pauseThread() { usleep(100) }

/// Memory of this process that is in use at the moment, once what was freed is given back.
func residentBytes() -> Int {
    #if canImport(Glibc)
    if let symbol = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0) }
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var bytes = [CChar](repeating: 0, count: 128)
    guard fgets(&bytes, 128, file) != nil else { return 0 }
    let fields = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    #else
    return 0
    #endif
}
