public import TelemetryModel

/// What became of a batch.
public struct AppendResult: Sendable {
    /// Float samples that are durable now.
    public internal(set) var samplesWritten = 0
    public internal(set) var histogramsWritten = 0
    public internal(set) var exemplarsWritten = 0
    /// What was refused; everything else was kept.
    public internal(set) var rejected: [RejectedSample] = []
    /// A reference for each series, in the order they were begun; unknown where the series was refused.
    public internal(set) var references: [SeriesReference] = []

    /// Of a batch that is empty.
    public init() {}
}

/// A sample that was refused.
public struct RejectedSample: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// Older than the retention: it would be deleted at once.
        case tooOld
        /// Further in the future than the clocks of well-kept machines differ.
        case tooFarInFuture
        /// The series is new, and as many series are active as the options allow.
        case tooManySeries
        /// The series is new, and with its labels those of all active series would come to more bytes than the options allow.
        case tooManyLabelBytes
    }

    public let reason: Reason
    /// The number of the series in the batch.
    public let seriesIndex: Int
    public let timestamp: Timestamp

    public init(reason: Reason, seriesIndex: Int, timestamp: Timestamp) {
        self.reason = reason
        self.seriesIndex = seriesIndex
        self.timestamp = timestamp
    }
}
