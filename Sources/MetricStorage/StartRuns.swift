internal import TelemetryModel

/// A run of start times within a batch.
struct BatchStartRun: Sendable, Equatable {
    /// The series it belongs to, by the order in which they were begun.
    var series: Int
    var run: StartRun
    /// How many samples of the batch are in it.
    var count: Int
    /// The number of samples that the batch had when the last of them came.
    var samplesBefore: Int
}

/// When the samples of the series of one partition and generation began to be counted. Empty unless senders say so; runs lie beside the
/// samples, so that taking these costs nothing more.
struct HeadStarts {
    private struct Series {
        var runs: [StartRun]
        /// How many samples the series had when the last run ended; a run goes on only where no sample without start came in between.
        var samplesSeen: Int
    }

    private var series: [UInt32: Series] = [:]

    var isEmpty: Bool { series.isEmpty }

    /// The runs of a series in the order they were written.
    func runs(_ place: UInt32) -> [StartRun] { series[place]?.runs ?? [] }

    /// Adds a run.
    ///
    /// - Parameters:
    ///   - count: how many samples are in it.
    ///   - total: how many samples the series has, these included.
    /// - Returns: the bytes it takes.
    mutating func append(_ place: UInt32, _ run: StartRun, count: Int, total: Int) -> Int {
        guard var known = series[place] else {
            series[place] = Series(runs: [run], samplesSeen: total)
            return 96
        }
        defer { series[place] = known }
        let last = known.runs.count - 1
        let goesOn =
            known.samplesSeen + count == total && known.runs[last].start == run.start && known.runs[last].samples.end < run.samples.start
        known.samplesSeen = total
        if goesOn {
            known.runs[last].samples.end = run.samples.end
            return 0
        }
        known.runs.append(run)
        return MemoryLayout<StartRun>.stride
    }
}

extension [StartRun] {
    /// The same without overlaps, in order of time; of overlapping runs the later one in the list holds.
    var flattened: [StartRun] {
        var result: [StartRun] = []
        for run in self {
            guard let last = result.last, last.samples.end >= run.samples.start else {
                result.append(run)
                continue
            }
            var kept: [StartRun] = []
            for old in result {
                if !old.samples.overlaps(run.samples) {
                    kept.append(old)
                    continue
                }
                if old.samples.start < run.samples.start {
                    kept.append(StartRun(samples: TimeRange(start: old.samples.start, end: run.samples.start - 1), start: old.start))
                }
                if old.samples.end > run.samples.end {
                    kept.append(StartRun(samples: TimeRange(start: run.samples.end + 1, end: old.samples.end), start: old.start))
                }
            }
            kept.append(run)
            result = kept.sorted { $0.samples.start < $1.samples.start }
        }
        return result
    }

    /// The parts of the runs within a range of times.
    func clipped(to range: TimeRange) -> [StartRun] {
        compactMap { run in
            guard run.samples.overlaps(range) else { return nil }
            let samples = TimeRange(start: Swift.max(run.samples.start, range.start), end: Swift.min(run.samples.end, range.end))
            return StartRun(samples: samples, start: run.start)
        }
    }
}
