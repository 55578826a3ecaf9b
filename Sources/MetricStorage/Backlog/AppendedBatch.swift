internal import ByteCoding
public import ShardStorage
public import TelemetryModel

/// A batch as it was appended, read again from the journal.
public struct AppendedBatch: Sendable {
    /// The place behind it.
    public let position: JournalPosition
    private let batch: MetricBatch
    private let numbers: [UInt64]
    /// For each series the runs of start times, where there are any.
    private let starts: [Int: [StartRun]]

    /// - Throws: `ByteCodingError` for a payload that is damaged.
    init(_ payload: [UInt8], position: JournalPosition) throws(ByteCodingError) {
        var batch = MetricBatch()
        var numbers: [UInt64] = []
        let failure: ByteCodingError? = payload.withUnsafeBytes { bytes in
            do throws(ByteCodingError) { try BatchPayload.decode(bytes, into: &batch, numbers: &numbers) } catch { return error }
            return nil
        }
        if let failure { throw failure }
        for series in 0..<batch.seriesCount where !batch.labelRange(series).isEmpty {
            do { _ = try LabelSet(validating: Array(batch.labelBytes[batch.labelRange(series)])) } catch {
                throw ByteCodingError(.invalidValue, at: error.offset)
            }
        }
        self.position = position
        self.batch = batch
        self.numbers = numbers
        starts = batch.startRuns.reduce(into: [:]) { $0[$1.series, default: []].append($1.run) }
    }

    /// Float samples and histograms.
    public var sampleCount: Int { batch.sampleCount + batch.histogramCount }

    /// Lends the parts of each series, in the order in which they were appended.
    public func forEachSeries(_ body: (AppendedSeries) -> Void) {
        for series in 0..<batch.seriesCount {
            body(
                AppendedSeries(
                    number: numbers[series], packedLabels: batch.labelBytes[batch.labelRange(series)],
                    timestamps: batch.timestamps[batch.sampleRange(series)], values: batch.values[batch.sampleRange(series)],
                    histograms: batch.histograms[batch.histogramRange(series)], exemplars: batch.exemplars[batch.exemplarRange(series)],
                    starts: starts.isEmpty ? [] : starts[series] ?? []))
        }
    }
}

/// What a batch has of one series.
public struct AppendedSeries: Sendable {
    /// Names the series within the journal segment.
    public let number: UInt64
    /// The canonical bytes of the label set; empty where the last batch of the same segment that gave labels for the number counts.
    public let packedLabels: ArraySlice<UInt8>
    public let timestamps: ArraySlice<Timestamp>
    public let values: ArraySlice<Double>
    public let histograms: ArraySlice<HistogramSample>
    public let exemplars: ArraySlice<Exemplar>
    /// When samples began to be counted; of overlapping runs the last holds.
    public let starts: [StartRun]

    /// When the sample of a time began to be counted; 0 where that is not known.
    public func start(at time: Timestamp) -> Timestamp { starts.last { $0.samples.contains(time) }?.start ?? 0 }
}

/// What one read of the backlog gave.
public struct BacklogReading: Sendable {
    public var batches: [AppendedBatch] = []
    /// Where to read on.
    public var position: JournalPosition
    /// Whether there was nothing more at that moment.
    public var isAtEnd: Bool
    /// Float samples and histograms that were deleted unread since the last read, because they took too much of the disk.
    public var lostSamples: Int
}
