internal import ByteCoding
internal import HTTPAPI
internal import Hummingbird
internal import HummingbirdTesting
internal import Ingestion
internal import Logging
internal import OTLPFormat
internal import PerchMetrics
internal import Synchronization
internal import TelemetryModel

/// A server with the receivers of spans on a free port.
struct ReceiverServer {
    var limits = SpanReceiver.Limits()
    let spans = SpanLog()
    let metrics = MetricRegistry()

    func run(_ test: @Sendable (TestConnection) async throws -> Void) async throws {
        let receiver = SpanReceiver(spans: spans, limits: limits, metrics: metrics)
        let server = HTTPServer(
            [OTLPReceiverAPI(receiver), ZipkinReceiverAPI(receiver) { 77 }, JaegerReceiverAPI(receiver), SelfMetricsAPI(metrics)],
            metrics: metrics)
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
