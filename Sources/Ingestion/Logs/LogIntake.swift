public import LogFormats
internal import Synchronization
internal import TelemetryModel

/// Takes messages with log entries of any format: has them decoded, checks and completes each entry, and hands what passes to where entries are
/// kept. One wrong entry never takes the others with it; a message that cannot be read is refused as a whole, before anything of it is kept.
public final class LogIntake: Sendable {
    public let options: LogIntakeOptions
    let known = KnownStreams()
    let active: ActiveStreams
    let labels: StreamLabels
    let scan: LogLineScan
    private let storage: any LogAppending
    private let clock: @Sendable () -> Int64
    private let rate: LogRateLimit?
    private let counts = Mutex(LogIntakeStatistics())

    /// - Parameter now: the present in nanoseconds since 1970.
    public init(storage: any LogAppending, options: LogIntakeOptions = LogIntakeOptions(), now: @escaping @Sendable () -> Int64) {
        self.storage = storage
        self.options = options
        clock = now
        rate = options.bytesPerSecondMax.map { LogRateLimit(bytesPerSecond: $0, burstBytes: options.burstBytesMax, now: now()) }
        active = ActiveStreams(streamsMax: options.activeStreamsMax)
        labels = StreamLabels(options)
        scan = LogLineScan(levelFields: options.discoversLevels ? options.levelFields : [], depthMax: options.levelDepthMax)
    }

    /// What was taken and refused so far.
    public var statistics: LogIntakeStatistics {
        var statistics = counts.withLock { $0 }
        statistics.activeStreams = active.count
        return statistics
    }

    /// Takes one message. Blocks until its entries are durable.
    ///
    /// - Parameters:
    ///   - liftsTraceIDs: whether ids of traces and spans that stand in a line become structured metadata as well.
    ///   - decode: hands the entries of the message to the delivery.
    public func deliver(
        liftsTraceIDs: Bool, _ decode: (inout LogDelivery) throws(LogFormatError) -> Void
    ) -> LogDeliveryOutcome {
        var delivery = LogDelivery(self, now: clock(), liftsTraceIDs: liftsTraceIDs)
        do throws(LogFormatError) {
            try decode(&delivery)
        } catch {
            counts.withLock { $0.malformedMessages += 1 }
            return LogDeliveryOutcome(.malformed, error.description)
        }
        if delivery.isFull {
            return LogDeliveryOutcome(
                .tooLarge, "the entries of the message come to more than \(options.expandedBytesMax >> 20) MiB; send fewer at once")
        }
        return keep(delivery)
    }

    private func keep(_ delivery: LogDelivery) -> LogDeliveryOutcome {
        var outcome = LogDeliveryOutcome(.accepted)
        outcome.rejectedEntries = delivery.rejections.total
        outcome.message = delivery.rejections.message
        outcome.isOverStreamLimit = delivery.rejections[.streamLimit] > 0
        if !delivery.batch.isEmpty {
            if let refusal = overRate(delivery) { return refusal }
            let kept = storage.append(delivery.batch.gathered)
            if kept.status == .unavailable {
                outcome = LogDeliveryOutcome(.unavailable, kept.message)
                outcome.retryAfterSeconds = kept.retryAfterSeconds ?? 1
                return outcome
            }
            outcome.acceptedEntries = kept.acceptedEntries
            outcome.rejectedEntries += kept.rejectedEntries
            if !kept.message.isEmpty { outcome.message += (outcome.message.isEmpty ? "" : "; ") + kept.message }
        }
        counts.withLock { counts in
            counts.acceptedEntries += outcome.acceptedEntries
            counts.truncatedLines += delivery.truncatedLines
            counts.rejectedByStorage += outcome.rejectedEntries - delivery.rejections.total
            for reason in LogRejectionReason.allCases where delivery.rejections[reason] > 0 {
                counts.rejected[reason, default: 0] += delivery.rejections[reason]
            }
        }
        return outcome
    }
}

extension LogIntake {
    /// What is answered where the entries of a delivery are more than may come at the moment; nil where they are not.
    private func overRate(_ delivery: LogDelivery) -> LogDeliveryOutcome? {
        guard let rate else { return nil }
        let entries = delivery.batch.entryCount
        let bytes = delivery.batch.lines.bytes.count + delivery.batch.metadata.bytes.count
        guard let seconds = rate.take(bytes, now: clock()) else { return nil }
        counts.withLock { $0.rejected[.rateLimited, default: 0] += entries }
        var outcome = LogDeliveryOutcome(
            .unavailable,
            "ingestion rate limit exceeded (limit: \(rate.bytesPerSecond) bytes/sec) while attempting to ingest '\(entries)' lines totaling "
                + "'\(bytes)' bytes, reduce log volume or raise limits.logs.ingestion_rate_mb", retryAfterSeconds: seconds)
        outcome.isOverRate = true
        return outcome
    }
}

/// Numbers since the start.
public struct LogIntakeStatistics: Sendable, Hashable {
    /// Messages that could not be read.
    public var malformedMessages = 0
    public var acceptedEntries = 0
    public var truncatedLines = 0
    /// Entries that passed here and that the storage did not take.
    public var rejectedByStorage = 0
    public var rejected: [LogRejectionReason: Int] = [:]
    /// Streams that sent something of late.
    public var activeStreams = 0
}

/// What became of a message with log entries.
public struct LogDeliveryOutcome: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        /// Everything that could be kept is kept; see ``LogDeliveryOutcome/rejectedEntries``.
        case accepted
        /// The message cannot be read: do not send it again. HTTP 400, gRPC `INVALID_ARGUMENT`.
        case malformed
        /// The message is larger than may be. HTTP 413, gRPC `RESOURCE_EXHAUSTED` without `RetryInfo`.
        case tooLarge
        /// Nothing was kept, and trying again after a while may help. HTTP 503 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
        case unavailable
    }

    public var status: Status
    public var acceptedEntries = 0
    /// Entries that were left out because they are wrong, too old or too much.
    public var rejectedEntries = 0
    /// Whether some were left out because there are too many streams: Loki says 429 then.
    public var isOverStreamLimit = false
    /// Whether it is ``Status/unavailable`` because more comes than may in a second: HTTP 429.
    public var isOverRate = false
    /// Why: for a person to read. Empty where all is well.
    public var message = ""
    public var retryAfterSeconds: Int?

    public init(_ status: Status, _ message: String = "", retryAfterSeconds: Int? = nil) {
        self.status = status
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }
}
