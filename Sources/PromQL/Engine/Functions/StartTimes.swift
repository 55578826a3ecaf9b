internal import QueryModel
internal import TelemetryModel

/// When the samples of one series began to be counted, sample by sample; 0 where that is unknown (feature `use-start-timestamps`).
struct StartTimes: Sendable {
    /// As long as the float columns.
    let floats: [Timestamp]
    /// As long as the histograms.
    let histograms: [Timestamp]

    /// Nil where nothing is known of any sample.
    init?(_ runs: [StartRun], _ columns: SampleColumns) {
        if runs.isEmpty { return nil }
        floats = runs.starts(of: columns.timestamps)
        histograms = runs.starts(of: columns.histograms.map(\.timestamp))
    }

    /// Whether counting began anew between two samples.
    ///
    /// A start at the very time of the sample before is a reset for deltas, whose earlier samples have starts of their own; it is none for a
    /// counter of which the beginning is unknown. Starts that are not before their sample mean nothing.
    static func isReset(start: Timestamp, time: Timestamp, previousStart: Timestamp, previousTime: Timestamp) -> Bool {
        if start == 0 || start >= time || start < previousTime { return false }
        if start > previousTime { return true }
        return previousStart != 0 && previousStart < previousTime
    }

    /// Whether a sample claims time that the sample before covers, with another start.
    static func overlaps(start: Timestamp, previousStart: Timestamp, previousTime: Timestamp) -> Bool {
        start != 0 && start < previousTime && start != previousStart
    }
}

/// The starts of one kind of samples with their times, for looking at neighbours.
struct StartColumn {
    let times: [Timestamp]
    let starts: [Timestamp]

    /// Whether counting began anew between a sample and the one before.
    func isReset(_ index: Int) -> Bool {
        StartTimes.isReset(
            start: starts[index], time: times[index], previousStart: starts[index - 1], previousTime: times[index - 1])
    }

    /// The samples, rising, that overlap the one before.
    var overlaps: [Int] {
        times.indices.dropFirst().filter {
            StartTimes.overlaps(start: starts[$0], previousStart: starts[$0 - 1], previousTime: times[$0 - 1])
        }
    }

    /// When counting began, where that is inside the window and before its first sample: the counter was 0 then.
    func origin(_ window: RangeWindow, first index: Int) -> Timestamp? {
        let start = starts[index]
        return start != 0 && start > window.rangeStart && start < times[index] ? start : nil
    }
}

extension [Int] {
    /// Whether any of the (rising) indices of later neighbours lies inside a window together with its earlier neighbour.
    func hasPair(in window: Range<Int>) -> Bool { contains { $0 > window.lowerBound && $0 < window.upperBound } }
}

extension RangeWindows {
    /// The starts of the float samples, where any are known.
    var floatStarts: StartColumn? { starts.map { StartColumn(times: columns.timestamps, starts: $0.floats) } }

    /// The starts of the histograms, where any are known.
    var histogramStarts: StartColumn? {
        starts.map { StartColumn(times: columns.histograms.map(\.timestamp), starts: $0.histograms) }
    }
}
