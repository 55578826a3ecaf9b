internal import Ingestion
internal import MetricStorage
internal import QueryModel
internal import Rules
internal import TelemetryModel

/// Keeps what rules write in the metric storage.
struct RuleSampleWriter: RuleSampleAppending {
    let storage: any MetricAppending

    func append(_ samples: [RuleSample]) throws(RuleFault) -> [RejectedRuleSample] {
        var batch = MetricBatch()
        for sample in samples {
            batch.beginSeries(sample.labels)
            switch sample.value {
            case .float(let value): batch.append(timestamp: sample.timestamp, value: value)
            case .histogram(let histogram): batch.append(HistogramSample(timestamp: sample.timestamp, histogram: histogram))
            }
        }
        do throws(MetricStorageError) {
            return try storage.append(batch).rejected.map { RejectedRuleSample(index: $0.seriesIndex, reason: $0.reason.text) }
        } catch {
            throw RuleFault(error.message)
        }
    }
}

extension RejectedSample.Reason {
    fileprivate var text: String {
        switch self {
        case .tooOld: "the time is older than what is kept"
        case .tooFarInFuture: "the time lies too far in the future"
        case .tooManySeries: "there are as many active series as may be (limits.max_active_series)"
        case .tooManyLabelBytes: "the labels of active series take as many bytes as they may (limits.max_active_label_bytes)"
        }
    }
}
