internal import Synchronization

/// Quantiles of the observations of the last minutes, estimated in this process. Recording takes no lock and allocates nothing, but for
/// buckets that are needed for the first time.
///
/// Quantiles of several instances cannot be added up afterwards; where that is wanted, use a ``Histogram``. An estimate is within 1.1 % of
/// an observation at that rank (buckets of schema 5).
public final class Summary: Sendable {
    /// Shares between 0 and 1, rising.
    public let quantiles: [Double]
    private static let windowCount = 5
    private let windowNanoseconds: Int64
    private let windows: [NativeBuckets]
    private let current = Atomic<Int>(0)
    private let observations = StripedCount()
    private let total = AtomicDouble(0)
    private let turned: Mutex<Int64>

    init(_ layout: SummaryLayout, now: Int64) {
        quantiles = layout.quantiles
        windowNanoseconds = max(layout.maxAgeSeconds, 1) * 1_000_000_000 / Int64(Summary.windowCount)
        windows = (0..<Summary.windowCount).map { _ in NativeBuckets(schema: 5) }
        turned = Mutex(now)
    }

    /// Counts one observation. NaN is left out.
    public func record(_ value: Double) {
        if value.isNaN { return }
        windows[current.load(ordering: .relaxed)].record(value)
        observations.add(1)
        total.add(value)
    }

    /// The numbers as they are now. Observations older than the configured age go.
    func snapshot(now: Int64) -> SummarySnapshot {
        turn(now)
        var counts = windows[0].snapshot()
        for window in windows.dropFirst() { counts.add(window.snapshot()) }
        return SummarySnapshot(
            quantiles: quantiles.map { SummarySnapshot.Quantile(share: $0, value: counts.quantile($0)) }, count: observations.value,
            sum: total.load())
    }

    /// The number of observations ever made.
    var observationCount: UInt64 { observations.value }

    func reset() {
        for window in windows { window.reset() }
        observations.reset()
        total.store(0)
    }

    /// Windows are turned when somebody looks: between two looks nobody can tell the difference.
    private func turn(_ now: Int64) {
        turned.withLock { turned in
            var turns = 0
            while now - turned >= windowNanoseconds && turns < Summary.windowCount {
                let next = (current.load(ordering: .relaxed) + 1) % Summary.windowCount
                windows[next].reset()
                current.store(next, ordering: .relaxed)
                turned += windowNanoseconds
                turns += 1
            }
            if turns == Summary.windowCount { turned = now }
        }
    }
}

/// What a summary answers.
struct SummaryLayout: Sendable, Hashable {
    let quantiles: [Double]
    let maxAgeSeconds: Int64

    init(quantiles: [Double], maxAgeSeconds: Int64) {
        // What is no share is left out rather than refused: it comes from configuration.
        self.quantiles = Set(quantiles.filter { $0 >= 0 && $0 <= 1 }).sorted()
        self.maxAgeSeconds = min(maxAgeSeconds, 1 << 30)
    }
}
