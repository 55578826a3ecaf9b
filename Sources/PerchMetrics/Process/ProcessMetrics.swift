#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The metrics that every Prometheus client exposes about its own process, by the names they agree on.
public enum ProcessMetrics {
    /// Adds the metrics of this process to a registry. Where the system does not tell a value, its metric reads NaN
    /// (memory, descriptors and start time are known on Linux only).
    public static func register(in registry: MetricRegistry) {
        registry.counterFunction(
            "process_cpu_seconds_total", help: "Total user and system CPU time spent, in seconds.", unit: "seconds"
        ) { cpuSeconds() }
        #if os(Linux)
        registry.gaugeFunction(
            "process_resident_memory_bytes", help: "Resident memory size in bytes.", unit: "bytes"
        ) { statField(21).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) } ?? .nan }
        registry.gaugeFunction("process_virtual_memory_bytes", help: "Virtual memory size in bytes.", unit: "bytes") {
            statField(20) ?? .nan
        }
        registry.gaugeFunction("process_threads", help: "Number of threads of the process.") { statField(17) ?? .nan }
        registry.gaugeFunction("process_open_fds", help: "Number of open file descriptors.") { openDescriptors() }
        registry.gaugeFunction("process_max_fds", help: "Maximum number of open file descriptors.") { descriptorLimit() }
        let started = startTime()
        registry.gaugeFunction(
            "process_start_time_seconds", help: "Start time of the process since the Unix epoch in seconds.", unit: "seconds"
        ) { started }
        #endif
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        #if canImport(Glibc)
        let status = getrusage(RUSAGE_SELF.rawValue, &usage)
        #else
        let status = getrusage(Int32(RUSAGE_SELF), &usage)
        #endif
        guard status == 0 else { return .nan }
        let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_stime.tv_sec) + microseconds / 1e6
    }

    #if os(Linux)
    /// A number of `/proc/self/stat`, counted from the field after the command's name (which may hold blanks).
    private static func statField(_ index: Int) -> Double? {
        guard let text = readFile("/proc/self/stat"), let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(close + 1)...].split(separator: UInt8(ascii: " "))
        guard index < fields.count else { return nil }
        return Double(String(decoding: fields[index], as: UTF8.self))
    }

    private static func openDescriptors() -> Double {
        guard let directory = opendir("/proc/self/fd") else { return .nan }
        defer { closedir(directory) }
        // The listing itself holds one open, and has `.` and `..`.
        var count = -3
        while readdir(directory) != nil { count += 1 }
        return Double(count)
    }

    private static func descriptorLimit() -> Double {
        var limit = rlimit()
        #if canImport(Glibc)
        let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
        let status = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return status == 0 ? Double(limit.rlim_cur) : .nan
    }

    private static func startTime() -> Double {
        guard let ticks = statField(19), let text = readFile("/proc/stat") else { return .nan }
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "btime ".utf8) {
            let booted = Double(String(decoding: line.dropFirst(6), as: UTF8.self)) ?? .nan
            return booted + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        return .nan
    }

    private static func readFile(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0 { return nil }
            if count == 0 { return content }
            content.append(contentsOf: piece[0..<count])
        }
    }
    #endif
}
