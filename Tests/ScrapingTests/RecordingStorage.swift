internal import Ingestion
internal import Synchronization
internal import TelemetryModel

@testable internal import MetricStorage

/// A storage that keeps what it is given in memory, and fails when told to.
final class RecordingStorage: MetricAppending {
    struct Entry: Sendable {
        var labels: LabelSet
        var timestamp: Timestamp
        var value: Double
    }

    struct State {
        /// One list for each append.
        var batches: [[Entry]] = []
        /// The native histograms of each append.
        var histograms: [[(labels: String, histogram: NativeHistogram)]] = []
        var exemplars: [Exemplar] = []
        /// When series began to be counted, of each append: `NAME START SAMPLETIME`.
        var starts: [[String]] = []
        var metadata: [String: MetricMetadata] = [:]
        var failure: MetricStorageError?
        /// Whether each series came with the reference it was given before.
        var knownReferences = 0
        var numbers: [LabelSet: UInt64] = [:]
        /// Whether all references that were given are unknown by now.
        var forgetsReferences = false
    }

    private let state = Mutex(State())

    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult {
        let outcome: Result<AppendResult, MetricStorageError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            let known = state.forgetsReferences ? [:] : Dictionary(uniqueKeysWithValues: state.numbers.map { ($0.value, $0.key) })
            state.forgetsReferences = false
            if batch.starts.contains(where: { !$0.hasLabels && known[$0.reference.rawValue] == nil }) {
                return .failure(MetricStorageError(.unknownReference, "a series is not known"))
            }
            var result = AppendResult()
            var entries: [Entry] = []
            var histograms: [(labels: String, histogram: NativeHistogram)] = []
            for index in 0..<batch.seriesCount {
                let start = batch.starts[index]
                let labels = start.hasLabels ? batch.labels(at: index) : known[start.reference.rawValue] ?? [:]
                let number = state.numbers[labels] ?? UInt64(state.numbers.count)
                state.numbers[labels] = number
                if batch.starts[index].reference.rawValue == number { state.knownReferences += 1 }
                result.references.append(SeriesReference(rawValue: number))
                for sample in batch.sampleRange(index) {
                    entries.append(Entry(labels: labels, timestamp: batch.timestamps[sample], value: batch.values[sample]))
                }
                for sample in batch.histograms[batch.histogramRange(index)] { histograms.append((labels.description, sample.histogram)) }
                state.exemplars += batch.exemplars[batch.exemplarRange(index)]
            }
            state.batches.append(entries)
            state.histograms.append(histograms)
            state.starts.append(
                batch.startRuns.map { run in
                    let start = batch.starts[run.series]
                    let labels = start.hasLabels ? batch.labels(at: run.series) : known[start.reference.rawValue] ?? [:]
                    return "\(labels.removing(["instance", "job"])) \(run.run.start) \(run.run.samples.start)"
                })
            result.samplesWritten = entries.count
            return .success(result)
        }
        return try outcome.get()
    }

    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {
        state.withLock { $0.metadata.merge(metadata) { $1 } }
    }

    func fail(_ failure: MetricStorageError?) { state.withLock { $0.failure = failure } }

    /// Makes the next append of series without labels fail, as after series have left the head.
    func forgetReferences() { state.withLock { $0.forgetsReferences = true } }

    var batches: [[Entry]] { state.withLock { $0.batches } }
    /// The native histograms of the appends from some number on.
    func histograms(since number: Int) -> [(labels: String, histogram: NativeHistogram)] {
        state.withLock { $0.histograms.dropFirst(number).flatMap { $0 } }
    }

    /// When series began to be counted, as the last append told.
    var starts: [String] { state.withLock { $0.starts.last ?? [] } }
    var exemplars: [Exemplar] { state.withLock { $0.exemplars } }
    var metadata: [String: MetricMetadata] { state.withLock { $0.metadata } }
    var knownReferences: Int { state.withLock { $0.knownReferences } }

    /// Values of a series in the order they came, stale markers as nil.
    func values(_ labels: LabelSet) -> [Double?] {
        batches.flatMap { $0 }.filter { $0.labels == labels }.map { StaleMarker.matches($0.value) ? nil : $0.value }
    }
}
