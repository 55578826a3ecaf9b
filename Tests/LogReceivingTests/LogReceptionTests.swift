internal import Ingestion
internal import LogFormats
internal import PerchMetrics
internal import TelemetryModel
internal import Testing

@testable internal import LogReceiving

@Suite("Reception of logs from agents")
struct LogReceptionTests {
    @Test func `entries are kept and counted by the way they came`() async throws {
        let logs = RecordingLogs()
        let registry = MetricRegistry()
        let reception = LogReception(LogIntake(storage: logs, now: { 10 }), metrics: registry)
        func deliver() -> LogDeliveryOutcome {
            reception.deliver(from: .files) { delivery in
                var labels = LogFields()
                labels.append("job", "test")
                delivery.beginStream(labels)
                var metadata = LogFields()
                "hello error".utf8.withContiguousStorageIfAvailable { _ = delivery.append(time: 5, line: $0, metadata: &metadata) }
            }
        }
        logs.refuse(1)
        #expect(deliver().status == .unavailable)
        #expect(deliver().status == .accepted)
        #expect(
            logs.entries == [
                KeptEntry(
                    labels: ["job": "test", "service_name": "test"], time: 5, line: "hello error", metadata: ["detected_level": "error"])
            ])
        var text: [UInt8] = []
        registry.render(.prometheus, into: &text)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.contains("perch_receiver_agent_accepted_entries_total{protocol=\"files\"} 1"))
        #expect(lines.contains("perch_receiver_agent_batches_total{outcome=\"unavailable\",protocol=\"files\"} 1"))
        try await reception.shutdown()
    }

    @Test func `memory is given back and refused beyond its bound`() {
        let pending = PendingBytes(max: 10)
        #expect(pending.take(6))
        #expect(!pending.take(5))
        pending.give(6)
        #expect(pending.take(10))
        #expect(pending.current == 10)
    }
}
