public import MetricStorage
public import TelemetryModel

/// Where metrics go: the border between taking samples in and keeping them, so that another engine can stand in for the local one.
///
/// Both calls block until the data is durable: they belong on a thread that may block.
public protocol MetricAppending: Sendable {
    /// Keeps the samples of a batch. What cannot be kept is listed in the result; everything else is durable when this returns.
    ///
    /// - Throws: `MetricStorageError`; nothing of the batch was kept then.
    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult

    /// Keeps what targets and senders say of metric families; the last word counts.
    ///
    /// - Throws: `MetricStorageError`; families may be missing then.
    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError)
}

extension MetricStorage: MetricAppending {
    public func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {
        for (family, metadata) in metadata { try setMetadata(family: family, metadata) }
    }
}
