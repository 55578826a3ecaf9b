internal import ByteCoding
internal import HTTPAPI
internal import Hummingbird
internal import HummingbirdTesting
internal import Ingestion
internal import Logging
internal import MetricStorage
internal import OTLPFormat
internal import PerchMetrics
internal import Synchronization
internal import TelemetryModel

/// A server with the receivers of spans on a free port.
struct ReceiverServer {
    var limits = SpanReceiver.Limits()
    var logLimits = LogReceiver.Limits()
    var logOptions = LogIntakeOptions()
    let spans = SpanLog()
    let logs = EntryLog()
    let points = PointLog()
    var metricLimits = MetricReceiver.Limits()
    let metrics = MetricRegistry()

    func run(_ test: @Sendable (TestConnection) async throws -> Void) async throws {
        let receiver = SpanReceiver(spans: spans, limits: limits, metrics: metrics)
        let intake = LogIntake(storage: logs, options: logOptions) { EntryLog.now }
        let logReceiver = LogReceiver(intake: intake, limits: logLimits, metrics: metrics)
        let metricReceiver = MetricReceiver(
            otlp: OTLPMetricIngestor(storage: points) { PointLog.now }, limits: metricLimits, metrics: metrics)
        let server = HTTPServer(
            [
                OTLPReceiverAPI(receiver, logs: logReceiver, metrics: metricReceiver), ZipkinReceiverAPI(receiver) { 77 },
                JaegerReceiverAPI(receiver),
                LokiPushAPI(logReceiver), JSONLinesAPI(logReceiver), ElasticsearchAPI(logReceiver), JournalUploadAPI(logReceiver),
                SelfMetricsAPI(metrics),
            ], metrics: metrics)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let application = server.application(HTTPServer.Options(port: 0), logger: logger)
        let outcome: Result<Void, any Error>
        do {
            try await application.test(.live) { client in try await test(TestConnection(client: client)) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await receiver.shutdown()
        try await logReceiver.shutdown()
        try await metricReceiver.shutdown()
        try outcome.get()
    }
}

/// Takes spans as a storage does, and remembers them.
final class SpanLog: SpanAppending {
    /// What is answered instead of taking anything.
    let refusal = Mutex<SpanAppendOutcome?>(nil)
    private let batch = Mutex(SpanBatch())

    var taken: SpanBatch { batch.withLock { $0 } }

    func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome {
        if let refusal = refusal.withLock({ $0 }) { return refusal }
        do throws(SpanScanError) {
            let scan = try SpanScan(message)
            var outcome = SpanAppendOutcome(.accepted)
            outcome.acceptedSpans = scan.spans.count
            outcome.rejectedSpans = scan.rejected.count
            outcome.message = scan.rejected.count > 0 ? scan.rejected.message : ""
            try? batch.withLock { try $0.append(otlp: Array(message)) }
            return outcome
        } catch {
            var outcome = SpanAppendOutcome(.malformed)
            outcome.message = "\(error)"
            return outcome
        }
    }
}

/// Takes log entries as a storage does, and remembers them.
final class EntryLog: LogAppending {
    struct Entry: Hashable, CustomStringConvertible {
        var labels: LabelSet
        var time: Int64
        var line: String
        var metadata: LabelSet

        var description: String { "\(labels) \(time) \(line) \(metadata)" }
    }

    /// The moment at which entries are taken.
    static let now: Int64 = 1_700_000_000_000_000_000

    /// What is answered instead of taking anything.
    let refusal = Mutex<LogAppendOutcome?>(nil)
    private let batches = Mutex<[LogBatch]>([])

    var entries: [Entry] {
        batches.withLock { $0 }.flatMap { batch in
            batch.parts.flatMap { part in
                part.entries.map {
                    Entry(
                        labels: part.labels, time: batch.times[$0], line: batch.lines.string($0),
                        metadata: LabelSet(canonical: Array(batch.metadata.bytes[batch.metadata.range($0)])))
                }
            }
        }
    }

    func append(_ batch: LogBatch) -> LogAppendOutcome {
        if let refusal = refusal.withLock({ $0 }) { return refusal }
        batches.withLock { $0.append(batch) }
        var outcome = LogAppendOutcome(.accepted)
        outcome.acceptedEntries = batch.entryCount
        return outcome
    }
}

/// Takes metric points as a storage does, and remembers which series they were of.
final class PointLog: MetricAppending {
    /// The moment at which points are taken, in milliseconds.
    static let now: Timestamp = 1_700_000_000_000

    /// What is thrown instead of taking anything.
    let failure = Mutex<MetricStorageError?>(nil)
    private let taken = Mutex<[LabelSet]>([])

    var series: [String] { taken.withLock { $0.map(\.description).sorted() } }

    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult {
        if let failure = failure.withLock({ $0 }) { throw failure }
        taken.withLock { $0 += (0..<batch.seriesCount).map { batch.labels(at: $0) } }
        return AppendResult()
    }

    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {}
}
