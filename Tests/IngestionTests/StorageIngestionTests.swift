internal import Compression
internal import Foundation
internal import Ingestion
internal import MetricStorage
internal import RemoteWriteFormat
internal import TelemetryModel
internal import Testing

@Suite("Remote write into the storage itself")
struct StorageIngestionTests {
    @Test func `what was taken is found again, what was too old is told`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "perch-ingestion-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let now: Timestamp = 1_800_000_000_000
        let storage = try MetricStorage(directory: directory.path(percentEncoded: false)) { now }
        let ingestor = MetricIngestor(storage: storage) { now }
        var encoder = RemoteWriteEncoder(version: .v2)
        encoder.append(
            RemoteWriteSeries(
                labels: ["__name__": "up", "job": "a"],
                samples: [Sample(timestamp: now - 90 * 86_400_000, value: 0), Sample(timestamp: now - 1000, value: 1)],
                metadata: MetricMetadata(type: .gauge, help: "Whether up.")))
        let outcome = ingestor.ingestRemoteWrite(
            body: try Codec.snappyBlock.compress(encoder.finish()),
            contentType: "application/x-protobuf;proto=io.prometheus.write.v2.Request", contentEncoding: "snappy")
        #expect(outcome.status == .rejected)
        #expect(outcome.samplesWritten == 1)
        #expect(outcome.message == "1 rejected older than the retention (first: up{job=\"a\"} at \(now - 90 * 86_400_000))")
        #expect(storage.metadata(family: "up") == MetricMetadata(type: .gauge, help: "Whether up."))
        #expect(storage.statistics.samplesAppended == 1)
        try storage.close()
    }
}
