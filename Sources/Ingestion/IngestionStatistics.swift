internal import MetricStorage
internal import Synchronization

/// What was taken from senders and refused, since the start of the process.
public struct IngestionStatistics: Sendable, Hashable {
    public internal(set) var requests = 0
    /// Requests that were refused as a whole.
    public internal(set) var requestsFailed = 0
    public internal(set) var samplesWritten = 0
    public internal(set) var histogramsWritten = 0
    public internal(set) var exemplarsWritten = 0
    /// Samples, histograms and exemplars that were refused, by reason.
    public internal(set) var rejected: [String: Int] = [:]

    public init() {}

    /// The two added up.
    public static func + (left: IngestionStatistics, right: IngestionStatistics) -> IngestionStatistics {
        var sum = left
        sum.requests += right.requests
        sum.requestsFailed += right.requestsFailed
        sum.samplesWritten += right.samplesWritten
        sum.histogramsWritten += right.histogramsWritten
        sum.exemplarsWritten += right.exemplarsWritten
        sum.rejected.merge(right.rejected, uniquingKeysWith: +)
        return sum
    }
}

/// Sums up statistics over requests.
final class IngestionTotals: Sendable {
    private let state = Mutex(IngestionStatistics())

    var current: IngestionStatistics { state.withLock { $0 } }

    func count(_ outcome: RemoteWriteOutcome) {
        state.withLock { state in
            state.requests += 1
            state.samplesWritten += outcome.samplesWritten
            state.histogramsWritten += outcome.histogramsWritten
            state.exemplarsWritten += outcome.exemplarsWritten
            switch outcome.status {
            case .accepted: break
            case .rejected where outcome.samplesWritten + outcome.histogramsWritten > 0: break
            default: state.requestsFailed += 1
            }
        }
    }

    /// Counts a request that was taken, if not all of it.
    func count(_ result: AppendResult, _ tally: RejectionTally) {
        state.withLock { state in
            state.requests += 1
            state.samplesWritten += result.samplesWritten
            state.histogramsWritten += result.histogramsWritten
            state.exemplarsWritten += result.exemplarsWritten
        }
        count(tally)
    }

    func count(_ tally: RejectionTally) {
        if tally.count() == 0 { return }
        state.withLock { state in
            for reason in RejectionReason.allCases where tally[reason] > 0 { state.rejected[reason.name, default: 0] += tally[reason] }
        }
    }
}

extension RejectionReason {
    /// The reason as the value of a metric's label.
    var name: String {
        switch self {
        case .labels: "invalid_labels"
        case .nameMissing: "name_missing"
        case .duplicateLabel: "duplicate_label"
        case .notUTF8: "not_utf8"
        case .labelLimit: "label_limit"
        case .noSamples: "no_samples"
        case .tooFarInFuture: "too_far_in_future"
        case .tooOld: "too_old"
        case .histogram: "invalid_histogram"
        case .exemplar: "invalid_exemplar"
        case .seriesLimit: "series_limit"
        case .labelBytesLimit: "label_bytes_limit"
        case .tooManyParts: "too_many_parts"
        case .temporality: "temporality"
        case .deltaOrder: "delta_order"
        case .deltaLimit: "delta_limit"
        }
    }
}
