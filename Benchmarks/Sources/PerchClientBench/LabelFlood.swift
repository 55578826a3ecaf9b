internal import CoreMetrics
internal import Dispatch
internal import PerchMetrics

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A million values of one label, as a service makes them that has an identifier for a label: nothing may block, and memory may not grow.
struct LabelFlood {
    static let name = "a million label values from four threads"
    private static let values = 1_000_000
    private static let bytesMax = 16 << 20
    private static let secondsMax = 10.0

    /// CPU time of all threads.
    let seconds: Double
    let grownBytes: Int
    let series: Int

    static func measured() -> LabelFlood {
        let registry = MetricRegistry()
        let factory = PerchMetricsFactory(registry)
        @Sendable func visit(_ user: Int) { factory.makeCounter(label: "visits", dimensions: [("user", "u\(user)")]).increment(by: 1) }
        // Up to the limit series are made, and each takes memory.
        for user in 0..<3000 { visit(user) }
        let (before, started) = (residentBytes(), processSeconds())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for user in 0..<values / 4 { visit((thread + 1) * values + user) }
        }
        return LabelFlood(
            seconds: processSeconds() - started, grownBytes: residentBytes() - before, series: registry.snapshot()[0].points.count)
    }

    var isTooMuch: Bool { seconds > Self.secondsMax || grownBytes > Self.bytesMax || series != 2001 }

    var line: String {
        "\(Self.name): \((seconds * 100).rounded() / 100) s of CPU time (at most \(Self.secondsMax)), memory grew by "
            + "\(grownBytes >> 10) KiB (at most \(Self.bytesMax >> 10)), \(series) series" + (isTooMuch ? "  TOO MUCH" : "")
    }

    /// Memory that the process has in use.
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var (size, resident) = (0, 0)
        return withUnsafeMutablePointer(to: &size) { size in
            withUnsafeMutablePointer(to: &resident) { resident in
                withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) } == 2 ? resident.pointee * 4096 : 0
            }
        }
    }
}
