#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Metrics of the Swift runtime and of what the system does for this process, beyond those of ``ProcessMetrics``.
public enum RuntimeMetrics {
    /// Adds the metrics to a registry. What the system does not tell is left out.
    public static func register(in registry: MetricRegistry) {
        registry.gauge(
            "swift_info", help: "The Swift runtime that this program was built with.",
            labels: ["version": swiftVersion, "os": operatingSystem, "arch": architecture]
        ).set(1)
        registry.collected(
            "process_context_switches_total", kind: .counter, help: "Context switches, by whether the process gave up the processor itself."
        ) { samples in
            guard let usage = usage() else { return }
            samples.add(["type": "voluntary"], Double(usage.ru_nvcsw))
            samples.add(["type": "involuntary"], Double(usage.ru_nivcsw))
        }
        registry.collected(
            "process_page_faults_total", kind: .counter, help: "Page faults, by whether the page had to be read."
        ) { samples in
            guard let usage = usage() else { return }
            samples.add(["type": "minor"], Double(usage.ru_minflt))
            samples.add(["type": "major"], Double(usage.ru_majflt))
        }
        registry.gauge("process_processors", help: "Processors that this process may use.").set(Double(processors()))
    }

    private static func usage() -> rusage? {
        var usage = rusage()
        #if canImport(Glibc)
        return getrusage(RUSAGE_SELF.rawValue, &usage) == 0 ? usage : nil
        #else
        return getrusage(Int32(RUSAGE_SELF), &usage) == 0 ? usage : nil
        #endif
    }

    private static func processors() -> Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }

    private static var swiftVersion: String {
        #if compiler(>=6.5)
        "6.5"
        #elseif compiler(>=6.4)
        "6.4"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }

    private static var operatingSystem: String {
        #if os(Linux)
        "linux"
        #elseif os(macOS)
        "macos"
        #else
        "other"
        #endif
    }

    private static var architecture: String {
        #if arch(x86_64)
        "x86_64"
        #elseif arch(arm64)
        "arm64"
        #else
        "other"
        #endif
    }
}
