internal import Compression
internal import Ingestion
internal import MetricStorage
internal import RemoteWriteFormat
internal import TelemetryModel

/// Bodies as Prometheus sends them by default: 2000 samples, one of each series.
struct RemoteWriteBenchmark {
    let stopwatch: Stopwatch

    fileprivate static let samplesPerBody = 2000
    fileprivate static let now: Timestamp = 1_790_000_000_000

    func run() throws {
        var table = Table(
            "a body of 2000 samples", "KiB", "snappy KiB", "decode ns/sample", "decode M/s", "take in ns/sample", "take in M/s")
        let cases: [(name: String, version: RemoteWriteVersion, isKnown: Bool)] = [
            ("remote write 1.0, known series", .v1, true), ("remote write 1.0, new series", .v1, false), ("remote write 2.0", .v2, false),
        ]
        for (name, version, isKnown) in cases {
            let message = RemoteWriteBenchmark.message(version)
            let ingestor = MetricIngestor(storage: try Sink(givesReferences: isKnown)) { RemoteWriteBenchmark.now }
            let body = try Codec.snappyBlock.compress(message)
            var decoder = RemoteWriteDecoder()
            let decoding = try stopwatch.time(items: RemoteWriteBenchmark.samplesPerBody) {
                try decoder.start(message, version: version)
                var samples = 0
                while let item = try decoder.next() {
                    if case .series = item { samples += decoder.values.count }
                }
                precondition(samples == RemoteWriteBenchmark.samplesPerBody, "BUG: samples were lost")
                _ = decoder.finish()
            }
            let contentType = "application/x-protobuf;proto=" + version.messageName
            let taking = stopwatch.time(items: RemoteWriteBenchmark.samplesPerBody) {
                let outcome = ingestor.ingestRemoteWrite(body: body, contentType: contentType, contentEncoding: "snappy")
                precondition(outcome.status == .accepted, "BUG: the body was refused: \(outcome.message)")
            }
            table.add(
                name, shown(Double(message.count) / 1024), shown(Double(body.count) / 1024), shown(decoding.nanosecondsPerItem, digits: 0),
                millions(decoding), shown(taking.nanosecondsPerItem, digits: 0), millions(taking))
        }
        table.print()
    }

    private static func message(_ version: RemoteWriteVersion) -> [UInt8] {
        var generator = SeededGenerator(seed: 4)
        var encoder = RemoteWriteEncoder(version: version)
        for labels in Fleet.series(samplesPerBody) {
            let value = Double(Int.random(in: 0...10_000_000, using: &generator))
            encoder.append(RemoteWriteSeries(labels: labels, samples: [Sample(timestamp: now - 1000, value: value)]))
        }
        return encoder.finish()
    }
}

/// Takes every batch and keeps nothing, so that what is measured ends where storage begins.
private final class Sink: MetricAppending {
    private let result: AppendResult

    /// - Parameter givesReferences: whether the series of the message are known from their first append on.
    init(givesReferences: Bool) throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let storage = try MetricStorage(directory: directory.path) { RemoteWriteBenchmark.now }
        var batch = MetricBatch()
        if givesReferences {
            for labels in Fleet.series(RemoteWriteBenchmark.samplesPerBody) {
                batch.beginSeries(labels)
                batch.append(timestamp: RemoteWriteBenchmark.now, value: 0)
            }
        }
        result = try storage.append(batch)
        try storage.close()
    }

    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult {
        keep(batch.sampleCount)
        return result
    }

    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {}
}
