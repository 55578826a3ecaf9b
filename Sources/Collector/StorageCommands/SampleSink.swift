internal import Compression
internal import ExpositionFormat
internal import MetricStorage
internal import RemoteWriteFormat
internal import TelemetryModel

/// Samples of a batch that were not taken.
struct RefusedSamples {
    /// The series in the batch; the first one where it is not known.
    var series: Int
    /// The time of the one sample; nil where there are several.
    var timestamp: Timestamp?
    var count: Int
    var reason: String
}

/// Where an import puts its samples.
protocol SampleSink {
    /// Takes a batch: it is durable when this returns.
    ///
    /// - Returns: what was refused.
    func append(_ batch: ImportBatch) async throws -> [RefusedSamples]

    func append(_ metadata: [String: MetricMetadata]) async throws

    /// Everything was taken.
    func finish() throws
}

/// A data directory that no server has open.
struct LocalSampleSink: SampleSink {
    private let storage: MetricStorage

    init(dataDirectory: String, clock: @escaping @Sendable () -> Timestamp) throws {
        var options = MetricStorageOptions()
        options.retention = nil
        storage = try MetricStorage(directory: dataDirectory + "/metrics", options: options, clock: clock)
    }

    func append(_ batch: ImportBatch) throws -> [RefusedSamples] {
        var metrics = MetricBatch()
        for series in batch.series {
            metrics.beginSeries(series.labels)
            for (index, timestamp) in series.timestamps.enumerated() {
                metrics.append(timestamp: timestamp, value: series.values[index])
                if index < series.starts.count { metrics.noteStart(series.starts[index], at: timestamp) }
            }
            for (index, histogram) in series.histograms.enumerated() {
                metrics.append(histogram)
                if index < series.histogramStarts.count { metrics.noteStart(series.histogramStarts[index], at: histogram.timestamp) }
            }
            for exemplar in series.exemplars { metrics.append(exemplar) }
        }
        return try append(metrics).rejected.map {
            RefusedSamples(series: $0.seriesIndex, timestamp: $0.timestamp, count: 1, reason: LocalSampleSink.text(of: $0.reason))
        }
    }

    /// Appends a batch; where memory is full, seals it first.
    private func append(_ batch: MetricBatch) throws -> AppendResult {
        do { return try storage.append(batch) } catch {
            guard error.code == .overloaded else { throw error }
            try storage.maintain()
            return try storage.append(batch)
        }
    }

    func append(_ metadata: [String: MetricMetadata]) throws {
        for (family, metadata) in metadata { try storage.setMetadata(family: family, metadata) }
    }

    func finish() throws {
        try storage.flush()
        try storage.close()
    }

    private static func text(of reason: RejectedSample.Reason) -> String {
        switch reason {
        case .tooOld: "the sample is older than the retention"
        case .tooFarInFuture: "the sample is too far in the future"
        case .tooManySeries: "there are too many series already"
        case .tooManyLabelBytes: "the labels of the series take too many bytes already"
        }
    }
}

/// What a server answered to a remote write.
public struct RemoteWriteReply: Sendable {
    public var status: Int
    public var body: String
    /// Samples, histograms and exemplars that were taken; nil where the server does not say.
    public var written: Int?
    /// How long the server asks to wait before the next attempt.
    public var retryAfterSeconds: Int?

    public init(status: Int, body: String, written: Int?, retryAfterSeconds: Int?) {
        self.status = status
        self.body = body
        self.written = written
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// A running server, through remote write.
struct RemoteSampleSink: SampleSink {
    /// How often a batch is sent before a server that is busy is given up.
    private static let attemptsMax = 60

    /// Sends one compressed message; `isV2` says which of the two formats it has.
    let send: @Sendable (_ body: [UInt8], _ isV2: Bool) async throws -> RemoteWriteReply
    let wait: @Sendable (_ seconds: Int) async throws -> Void

    func append(_ batch: ImportBatch) async throws -> [RefusedSamples] {
        var encoder = RemoteWriteEncoder(version: .v2)
        var count = 0
        for series in batch.series {
            var sent = RemoteWriteSeries(
                labels: series.labels, samples: zip(series.timestamps, series.values).map { Sample(timestamp: $0, value: $1) },
                histograms: series.histograms, exemplars: series.exemplars)
            (sent.starts, sent.histogramStarts) = (series.starts, series.histogramStarts)
            encoder.append(sent)
            count += series.timestamps.count + series.histograms.count + series.exemplars.count
        }
        let reply = try await sendPatiently(encoder.finish(), isV2: true)
        guard reply.status == 400 else { return [] }
        return [RefusedSamples(series: 0, timestamp: nil, count: max(1, count - (reply.written ?? 0)), reason: reply.body)]
    }

    func append(_ metadata: [String: MetricMetadata]) async throws {
        guard !metadata.isEmpty else { return }
        var encoder = RemoteWriteEncoder(version: .v1)
        for (family, metadata) in metadata { encoder.append(metadata, ofFamily: family) }
        _ = try await sendPatiently(encoder.finish(), isV2: false)
    }

    func finish() {}

    /// Sends until the server takes it: one that is busy says so with 429 or 503.
    private func sendPatiently(_ message: [UInt8], isV2: Bool) async throws -> RemoteWriteReply {
        var body: [UInt8] = []
        try message.withUnsafeBytes { try Codec.snappyBlock.compress($0, into: &body) }
        for _ in 0..<RemoteSampleSink.attemptsMax {
            let reply = try await send(body, isV2)
            switch reply.status {
            case 200...299, 400: return reply
            case 429, 503: try await wait(min(max(reply.retryAfterSeconds ?? 1, 1), 30))
            default: throw StorageCommandError("the server answered \(reply.status): \(reply.body)")
            }
        }
        throw StorageCommandError("the server was busy for too long; what was sent by now is stored, and sending all again does no harm")
    }
}
