/// Samples of one series that follow each other and began to be counted at the same moment.
///
/// A counter that tells when it began to count (OpenTelemetry: start time) says so with every sample. It seldom changes, so it is kept as runs
/// beside the samples; samples outside of all runs told nothing. Where runs overlap, the later written one holds.
public struct StartRun: Sendable, Hashable {
    /// Times of the first and the last sample of the run.
    public var samples: TimeRange
    /// When counting began; never 0, which stands for unknown.
    public var start: Timestamp

    @inlinable
    public init(samples: TimeRange, start: Timestamp) {
        self.samples = samples
        self.start = start
    }
}

extension [StartRun] {
    /// The start of each sample, 0 where it is unknown. Of overlapping runs the last holds.
    ///
    /// - Parameter times: times of samples, rising.
    /// - Complexity: O(runs · log(samples) + samples in runs).
    public func starts(of times: [Timestamp]) -> [Timestamp] {
        var starts = [Timestamp](repeating: 0, count: times.count)
        for run in self {
            var low = 0
            var high = times.count
            while low < high {
                let middle = (low + high) / 2
                if times[middle] < run.samples.start { low = middle + 1 } else { high = middle }
            }
            while low < times.count, times[low] <= run.samples.end {
                starts[low] = run.start
                low += 1
            }
        }
        return starts
    }
}
