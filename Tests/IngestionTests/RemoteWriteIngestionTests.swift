internal import ByteCoding
internal import Compression
internal import Ingestion
internal import MetricStorage
internal import RemoteWriteFormat
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite("Remote write requests")
struct RemoteWriteIngestionTests {
    static let now: Timestamp = 1_000_000_000
    static let typeV1 = "application/x-protobuf"
    static let typeV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"

    private func ingest(
        _ message: [UInt8], _ version: RemoteWriteVersion = .v1, into storage: RecordingStorage = RecordingStorage(),
        limits: IngestionLimits = IngestionLimits()
    ) throws -> RemoteWriteOutcome {
        let ingestor = MetricIngestor(storage: storage, limits: limits) { Self.now }
        return ingestor.ingestRemoteWrite(
            body: try Codec.snappyBlock.compress(message), contentType: version == .v1 ? Self.typeV1 : Self.typeV2,
            contentEncoding: "snappy")
    }

    private func message(_ version: RemoteWriteVersion, _ series: RemoteWriteSeries...) -> [UInt8] {
        var encoder = RemoteWriteEncoder(version: version)
        for series in series { encoder.append(series) }
        return encoder.finish()
    }

    /// A 1.0 message with labels as given, however wrong.
    private func rawMessage(_ labels: [(String, String)]..., timestamp: Timestamp = 1) -> [UInt8] {
        var writer = ProtobufWriter()
        for labels in labels {
            writer.write(1) { series in
                for (name, value) in labels {
                    series.write(1) { label in
                        label.write(1, string: name)
                        label.write(2, string: value)
                    }
                }
                series.write(2) { sample in
                    sample.write(1, double: 1)
                    sample.write(2, int64: timestamp)
                }
            }
        }
        return writer.bytes
    }

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `a good request is kept and counted`(version: RemoteWriteVersion) throws {
        let storage = RecordingStorage()
        let histogram = NativeHistogram(count: 1, sum: 2, positiveSpans: [.init(offset: 0, length: 1)], positiveBuckets: [1])
        let outcome = try ingest(
            message(
                version,
                RemoteWriteSeries(
                    labels: ["__name__": "up", "job": "a"],
                    samples: [Sample(timestamp: 1, value: 1), Sample(timestamp: 2, value: StaleMarker.value)],
                    exemplars: [Exemplar(labels: ["trace_id": "x"], value: 3, timestamp: 1)]),
                RemoteWriteSeries(
                    labels: ["__name__": "h"],
                    histograms: [
                        HistogramSample(timestamp: 3, histogram: histogram), HistogramSample(timestamp: 4, histogram: .staleMarker),
                    ])),
            version, into: storage)
        #expect(outcome.status == .accepted)
        #expect([outcome.samplesWritten, outcome.histogramsWritten, outcome.exemplarsWritten] == [2, 2, 1])
        #expect(outcome.message == "")
        storage.state.withLock { state in
            #expect(state.series.map(\.labels) == [["__name__": "up", "job": "a"], ["__name__": "h"]])
            #expect(state.series[0].samples.map(\.1) == [(1.0).bitPattern, StaleMarker.bits])
            #expect(state.series[0].exemplars.map(\.labels) == [["trace_id": "x"]])
            #expect(state.series[1].histograms.map(\.timestamp) == [3, 4])
        }
    }

    @Test(arguments: [
        (nil, true), ("application/x-protobuf", true), ("Application/X-Protobuf; charset=utf-8", true),
        ("application/x-protobuf;proto=prometheus.WriteRequest", true),
        ("application/x-protobuf; proto=\"io.prometheus.write.v2.Request\"", true), ("application/json", false),
        ("application/x-protobuf;proto=io.prometheus.write.v3.Request", false), ("text/plain;proto=prometheus.WriteRequest", false),
    ])
    func `the content type chooses the message`(contentType: String?, isTaken: Bool) throws {
        let outcome = MetricIngestor(storage: RecordingStorage()) { Self.now }
            .ingestRemoteWrite(body: try Codec.snappyBlock.compress([]), contentType: contentType, contentEncoding: nil)
        #expect(outcome.status == (isTaken ? .accepted : .unsupported))
    }

    @Test func `another encoding is unsupported`() {
        let outcome = MetricIngestor(storage: RecordingStorage()) { Self.now }
            .ingestRemoteWrite(body: [], contentType: nil, contentEncoding: "gzip")
        #expect(outcome.status == .unsupported)
        #expect(outcome.message == "unsupported content encoding \"gzip\", expected snappy")
    }

    @Test func `bytes that are no snappy or no protobuf are rejected`() throws {
        let ingestor = MetricIngestor(storage: RecordingStorage()) { Self.now }
        #expect(ingestor.ingestRemoteWrite(body: [0xff, 0xff], contentType: nil, contentEncoding: nil).status == .rejected)
        let storage = RecordingStorage()
        let cut = Array(
            message(.v1, RemoteWriteSeries(labels: ["__name__": "a"], samples: [Sample(timestamp: 1, value: 1)])) + [0x0a, 0x7f])
        let outcome = try ingest(cut, into: storage)
        #expect(outcome.status == .rejected)
        #expect(outcome.message.hasPrefix("malformed prometheus.WriteRequest: bytes end early at byte"))
        #expect(storage.labels.isEmpty)
    }

    @Test func `a bomb is refused before it is unpacked`() throws {
        let outcome = try ingest([UInt8](repeating: 0, count: 100_000), limits: IngestionLimits(decodedBytesMax: 1000))
        #expect(outcome.status == .tooLarge)
    }

    @Test func `unsorted labels are sorted, empty values left out`() throws {
        let storage = RecordingStorage()
        let outcome = try ingest(rawMessage([("z", "1"), ("__name__", "a"), ("b", ""), ("c", "3")]), into: storage)
        #expect(outcome.status == .accepted)
        #expect(storage.labels == [["__name__": "a", "c": "3", "z": "1"]])
    }

    @Test func `version 1 passes over invalid labels in silence and keeps the rest`() throws {
        let storage = RecordingStorage()
        let outcome = try ingest(
            rawMessage(
                [("job", "x")], [("__name__", "a"), ("", "x")], [("__name__", "a"), ("b", "1"), ("b", "2")], [("__name__", "good")]),
            into: storage)
        #expect(outcome.status == .accepted)
        #expect(outcome.samplesWritten == 1)
        #expect(storage.labels == [["__name__": "good"]])
    }

    @Test func `version 2 names what it rejects and keeps the rest`() throws {
        let storage = RecordingStorage()
        let samples = [Sample(timestamp: 1, value: 1)]
        let outcome = try ingest(
            message(
                .v2, RemoteWriteSeries(labels: ["job": "x\ny"], samples: samples), RemoteWriteSeries(labels: ["__name__": "empty"]),
                RemoteWriteSeries(labels: ["__name__": "good"], samples: samples)),
            .v2, into: storage)
        #expect(outcome.status == .rejected)
        #expect(outcome.samplesWritten == 1)
        #expect(
            outcome.message
                == "1 rejected without a metric name (first: {job=\"x\\ny\"}); 1 rejected of a series without samples (first: empty)")
        #expect(storage.labels == [["__name__": "good"]])
    }

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `samples too far ahead or too old are rejected, the others kept`(version: RemoteWriteVersion) throws {
        let storage = RecordingStorage()
        storage.state.withLock { $0.oldest = 100 }
        let times: [Timestamp] = [99, 100, Self.now + 600_000, Self.now + 600_001]
        let outcome = try ingest(
            message(version, RemoteWriteSeries(labels: ["__name__": "a"], samples: times.map { Sample(timestamp: $0, value: 1) })), version,
            into: storage)
        #expect(outcome.status == .rejected)
        #expect(outcome.samplesWritten == 2)
        #expect(
            outcome.message
                == "1 rejected too far in the future (first: a at 1000600001); 1 rejected older than the retention (first: a at 99)")
    }

    @Test func `an invalid histogram is rejected alone`() throws {
        let storage = RecordingStorage()
        let bad = NativeHistogram(schema: 3, count: 1, positiveSpans: [.init(offset: 0, length: 2)], positiveBuckets: [1])
        let outcome = try ingest(
            message(
                .v1, RemoteWriteSeries(labels: ["__name__": "h"], histograms: [HistogramSample(timestamp: 1, histogram: bad)]),
                RemoteWriteSeries(labels: ["__name__": "a"], samples: [Sample(timestamp: 1, value: 1)])),
            into: storage)
        #expect(outcome.status == .rejected)
        #expect(outcome.samplesWritten == 1)
        #expect(outcome.message.contains("spans need 2 buckets, have 1 buckets"))
    }

    @Test func `limits on labels reject the series`() throws {
        let limits = IngestionLimits(labelsPerSeriesMax: 2, labelNameBytesMax: 10, labelValueBytesMax: 5)
        let outcome = try ingest(
            rawMessage(
                [("__name__", "a"), ("b", "1"), ("c", "2")], [("__name__", "toolong")], [("__name__", "a"), ("verylongname", "1")],
                [("__name__", "ok")]), limits: limits)
        #expect(outcome.status == .rejected)
        #expect(outcome.samplesWritten == 1)
        #expect(
            outcome.message
                == "3 rejected beyond a limit on labels (first: \"a\" with 3 labels, at most 2 allowed (limits.max_labels_per_series))")
    }

    @Test func `the message stays short whatever the labels hold`() throws {
        let outcome = try ingest(rawMessage([("__name__", "a"), ("b", String(repeating: "x", count: 60_000))], timestamp: .max))
        #expect(outcome.status == .rejected)
        #expect(outcome.message.utf8.count < 500)
    }

    @Test func `labels that are not UTF-8 are not kept`() throws {
        var message = rawMessage([("__name__", "a"), ("b", "xy")])
        let at = try #require(message.firstIndex(of: UInt8(ascii: "x")))
        message[at] = 0xff
        let storage = RecordingStorage()
        #expect(try ingest(message, into: storage).samplesWritten == 0)
        #expect(try ingest(rawMessage([("__name__", "a"), ("b", "é")]), into: storage).samplesWritten == 1)
    }

    @Test func `metadata is kept, by family`() throws {
        let storage = RecordingStorage()
        var encoder = RemoteWriteEncoder(version: .v1)
        encoder.append(MetricMetadata(type: .counter, help: "Help.", unit: "s"), ofFamily: "a_total")
        #expect(try ingest(encoder.finish(), into: storage).status == .accepted)
        let bucket = RemoteWriteSeries(
            labels: ["__name__": "h_bucket", "le": "1"], samples: [Sample(timestamp: 1, value: 1)],
            metadata: MetricMetadata(type: .histogram))
        #expect(try ingest(message(.v2, bucket), .v2, into: storage).status == .accepted)
        storage.state.withLock { state in
            #expect(state.metadata["a_total"] == MetricMetadata(type: .counter, help: "Help.", unit: "s"))
            #expect(state.metadata["h"]?.type == .histogram)
        }
    }

    @Test func `a storage that cannot take it asks the sender to come again`() throws {
        let storage = RecordingStorage()
        storage.state.withLock { $0.failure = MetricStorageError(.overloaded, "too much waits in memory") }
        let outcome = try ingest(rawMessage([("__name__", "a")]), into: storage)
        #expect(outcome.status == .unavailable)
        #expect(outcome.retryAfterSeconds == 1)
        #expect(outcome.message == "too much waits in memory")
    }

    @Test func `statistics count`() throws {
        let storage = RecordingStorage()
        let ingestor = MetricIngestor(storage: storage) { Self.now }
        let body = try Codec.snappyBlock.compress(rawMessage([("__name__", "a")], [("job", "x")]))
        for _ in 0..<3 { _ = ingestor.ingestRemoteWrite(body: body, contentType: nil, contentEncoding: nil) }
        _ = ingestor.ingestRemoteWrite(body: [1], contentType: nil, contentEncoding: nil)
        let statistics = ingestor.statistics
        #expect(statistics.requests == 4)
        #expect(statistics.requestsFailed == 1)
        #expect(statistics.samplesWritten == 3)
        #expect(statistics.rejected == ["name_missing": 3])
    }
}
