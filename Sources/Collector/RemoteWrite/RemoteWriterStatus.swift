internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import TelemetryModel

/// What a remote did, besides its queue.
struct RemoteTraffic: Sendable {
    /// Bytes of bodies that were taken, compressed.
    private(set) var bytes = 0
    private(set) var metadata = 0
    private(set) var metadataFailed = 0
    private(set) var metadataBytes = 0
    private(set) var lastSuccess: Timestamp?
    /// What the receiver or the network said when it last failed.
    var lastError: String?

    mutating func noteSuccess(bytes count: Int, at now: Timestamp) {
        bytes += count
        lastSuccess = now
    }

    mutating func noteMetadata(_ families: Int, bytes: Int, isTaken: Bool) {
        if isTaken { metadata += families } else { metadataFailed += families }
        metadataBytes += isTaken ? bytes : 0
    }
}

/// A remote as metrics and the API show it.
struct RemoteWriterStatus: Sendable {
    var name: String
    var url: String
    var version: RemoteWriteVersion
    var queue: QueueSettings
    var statistics: SendStatistics
    var traffic: RemoteTraffic
}
