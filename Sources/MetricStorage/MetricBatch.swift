public import TelemetryModel

/// Samples on their way into storage, as columns: no object per sample or series. Meant to be filled, appended, emptied and filled again.
///
/// A series is begun, then its samples follow. The same series may be begun more than once.
public struct MetricBatch: Sendable {
    /// Where a series' parts begin in the columns; they end where those of the next series begin.
    struct SeriesStart {
        var reference: SeriesReference
        /// Whether the labels are given; without, the reference alone says which series it is.
        var hasLabels = true
        var labels: Int
        var sample: Int
        var histogram: Int
        var exemplar: Int
    }

    private(set) var starts: [SeriesStart] = []
    private(set) var labelBytes: [UInt8] = []
    private(set) var timestamps: [Timestamp] = []
    private(set) var values: [Double] = []
    private(set) var histograms: [HistogramSample] = []
    private(set) var exemplars: [Exemplar] = []
    /// In the order of the series.
    private(set) var startRuns: [BatchStartRun] = []

    public init() {}

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        starts.removeAll(keepingCapacity: true)
        labelBytes.removeAll(keepingCapacity: true)
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
        exemplars.removeAll(keepingCapacity: true)
        startRuns.removeAll(keepingCapacity: true)
    }

    /// Begins a series, given by the canonical bytes of its label set (``TelemetryModel/LabelSet/packed``).
    ///
    /// - Precondition: the bytes are canonical.
    public mutating func beginSeries(packed: UnsafeRawBufferPointer) { beginSeries(.unknown, packed: packed) }

    /// Begins a series, given by the canonical bytes of its label set.
    ///
    /// - Precondition: the bytes are canonical.
    @inlinable
    public mutating func beginSeries(packed: some Collection<UInt8>) { beginSeries(.unknown, packed: packed) }

    /// Begins a series that an earlier append gave a reference for. The labels stand in where the reference is unknown by now.
    ///
    /// - Precondition: the bytes are canonical, and the reference came with the same labels.
    public mutating func beginSeries(_ reference: SeriesReference, packed: UnsafeRawBufferPointer) {
        starts.append(
            SeriesStart(
                reference: reference, labels: labelBytes.count, sample: timestamps.count, histogram: histograms.count,
                exemplar: exemplars.count))
        labelBytes.append(contentsOf: packed)
    }

    /// Begins a series that an earlier append gave a reference for. The labels stand in where the reference is unknown by now.
    ///
    /// - Precondition: the bytes are canonical, and the reference came with the same labels.
    @inlinable
    public mutating func beginSeries(_ reference: SeriesReference, packed: some Collection<UInt8>) {
        let done: Void? = packed.withContiguousStorageIfAvailable { beginSeries(reference, packed: UnsafeRawBufferPointer($0)) }
        if done == nil { beginSeries(reference, packed: Array(packed)) }
    }

    /// Begins a series by its reference alone, for those who can find its labels again where the reference is unknown by now: the append
    /// fails then as a whole, with ``MetricStorageError/Code/unknownReference``.
    public mutating func beginSeries(_ reference: SeriesReference) {
        starts.append(
            SeriesStart(
                reference: reference, hasLabels: false, labels: labelBytes.count, sample: timestamps.count, histogram: histograms.count,
                exemplar: exemplars.count))
    }

    /// Gives labels to the series that were begun by their references alone, for an append that failed since one is unknown by now.
    ///
    /// - Parameter packed: the canonical bytes of the labels of a series, by its number in the batch.
    public mutating func setLabels(_ packed: (_ series: Int) -> ArraySlice<UInt8>) {
        var bytes: [UInt8] = []
        for series in starts.indices {
            let own = starts[series].hasLabels ? labelBytes[labelRange(series)] : packed(series)
            // The start of the next one is still that in the old bytes.
            starts[series].labels = bytes.count
            starts[series].hasLabels = true
            bytes.append(contentsOf: own)
        }
        labelBytes = bytes
    }

    /// Sets the reference of every series.
    ///
    /// - Precondition: there are as many as series were begun.
    public mutating func setReferences(_ references: [SeriesReference]) {
        precondition(references.count == starts.count, "BUG: \(references.count) references for \(starts.count) series")
        for series in starts.indices { starts[series].reference = references[series] }
    }

    /// Begins a series as another batch has it.
    mutating func beginSeries(_ series: Int, of batch: MetricBatch) {
        let start = batch.starts[series]
        if start.hasLabels {
            beginSeries(start.reference, packed: batch.labelBytes[batch.labelRange(series)])
        } else {
            beginSeries(start.reference)
        }
    }

    /// Begins a series whose samples will be appended after those of all series.
    mutating func beginDecodedSeries(packed: UnsafeRawBufferPointer, sampleStart: Int) {
        beginSeries(.unknown, packed: packed)
        starts[starts.count - 1].sample = sampleStart
    }

    mutating func setReference(_ reference: SeriesReference, of series: Int) { starts[series].reference = reference }

    /// Begins a series.
    public mutating func beginSeries(_ labels: LabelSet) { beginSeries(packed: labels.packed) }

    /// Adds a float sample to the series begun last.
    ///
    /// - Precondition: a series was begun.
    public mutating func append(timestamp: Timestamp, value: Double) {
        timestamps.append(timestamp)
        values.append(value)
    }

    /// Adds a native histogram to the series begun last.
    ///
    /// - Precondition: a series was begun.
    public mutating func append(_ histogram: HistogramSample) { histograms.append(histogram) }

    /// Adds an exemplar to the series begun last.
    ///
    /// - Precondition: a series was begun.
    public mutating func append(_ exemplar: Exemplar) { exemplars.append(exemplar) }

    /// Says when the float sample or histogram appended last began to be counted; 0 says nothing.
    ///
    /// - Parameter time: the time of that sample.
    /// - Precondition: a sample was appended.
    public mutating func noteStart(_ start: Timestamp, at time: Timestamp) {
        if start == 0 { return }
        let samples = timestamps.count + histograms.count
        let last = startRuns.count - 1
        if last >= 0, startRuns[last].series == starts.count - 1, startRuns[last].run.start == start,
            startRuns[last].samplesBefore + 1 == samples, startRuns[last].run.samples.end < time
        {
            startRuns[last].run.samples.end = time
            startRuns[last].count += 1
            startRuns[last].samplesBefore = samples
            return
        }
        startRuns.append(
            BatchStartRun(
                series: starts.count - 1, run: StartRun(samples: TimeRange(start: time, end: time), start: start), count: 1,
                samplesBefore: samples))
    }

    /// Says when the one sample of a series began to be counted, after further series were begun; 0 says nothing.
    ///
    /// - Parameters:
    ///   - series: its number in the batch; above those of earlier calls.
    ///   - time: the time of the sample.
    public mutating func noteStart(ofSeries series: Int, _ start: Timestamp, at time: Timestamp) {
        if start == 0 { return }
        startRuns.append(
            BatchStartRun(
                series: series, run: StartRun(samples: TimeRange(start: time, end: time), start: start), count: 1, samplesBefore: 0))
    }

    /// One more than the number of the last series that a start is known of; 0 where there is none.
    public var seriesWithStarts: Int { startRuns.last.map { $0.series + 1 } ?? 0 }

    /// Adds a run of starts; those of a series come behind those of the series before.
    mutating func append(_ run: BatchStartRun) { startRuns.append(run) }

    /// How often a series was begun.
    public var seriesCount: Int { starts.count }
    /// The number of float samples.
    public var sampleCount: Int { timestamps.count }
    public var histogramCount: Int { histograms.count }
    public var exemplarCount: Int { exemplars.count }
    public var isEmpty: Bool { starts.isEmpty }

    func labelRange(_ series: Int) -> Range<Int> {
        starts[series].labels..<(series + 1 < starts.count ? starts[series + 1].labels : labelBytes.count)
    }
    func sampleRange(_ series: Int) -> Range<Int> {
        starts[series].sample..<(series + 1 < starts.count ? starts[series + 1].sample : timestamps.count)
    }
    func histogramRange(_ series: Int) -> Range<Int> {
        starts[series].histogram..<(series + 1 < starts.count ? starts[series + 1].histogram : histograms.count)
    }
    func exemplarRange(_ series: Int) -> Range<Int> {
        starts[series].exemplar..<(series + 1 < starts.count ? starts[series + 1].exemplar : exemplars.count)
    }

    /// The labels of the series begun as number `series`; none where it was begun by its reference alone.
    public func labels(at series: Int) -> LabelSet { LabelSet(canonical: Array(labelBytes[labelRange(series)])) }
}
