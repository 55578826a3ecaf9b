internal import Ingestion
internal import Synchronization
internal import TelemetryModel

@testable internal import MetricStorage

/// A storage that keeps what it is given in memory, and fails when told to.
final class RecordingStorage: MetricAppending {
    struct State {
        var series: [(labels: LabelSet, samples: [(Timestamp, UInt64)], histograms: [HistogramSample], exemplars: [Exemplar])] = []
        var metadata: [String: MetricMetadata] = [:]
        var failure: MetricStorageError?
        /// Samples older than this are rejected.
        var oldest = Timestamp.min
    }

    let state = Mutex(State())

    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult {
        let outcome: Result<AppendResult, MetricStorageError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            var result = AppendResult()
            for index in 0..<batch.seriesCount {
                var samples: [(Timestamp, UInt64)] = []
                for sample in batch.sampleRange(index) {
                    if batch.timestamps[sample] < state.oldest {
                        result.rejected.append(RejectedSample(reason: .tooOld, seriesIndex: index, timestamp: batch.timestamps[sample]))
                    } else {
                        samples.append((batch.timestamps[sample], batch.values[sample].bitPattern))
                    }
                }
                let histograms = Array(batch.histograms[batch.histogramRange(index)])
                let exemplars = Array(batch.exemplars[batch.exemplarRange(index)])
                result.samplesWritten += samples.count
                result.histogramsWritten += histograms.count
                result.exemplarsWritten += exemplars.count
                result.references.append(.unknown)
                state.series.append((batch.labels(at: index), samples, histograms, exemplars))
            }
            return .success(result)
        }
        return try outcome.get()
    }

    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {
        state.withLock { $0.metadata.merge(metadata) { $1 } }
    }

    var labels: [LabelSet] { state.withLock { $0.series.map(\.labels) } }
}
