public import TelemetryModel

/// Puts samples that were made elsewhere into a running server, through remote write, in messages of bounded size. Samples that are there already
/// are replaced.
public struct SampleUpload: Sendable {
    /// Samples of one series, in rising order of time.
    public struct Series: Sendable {
        public var labels: LabelSet
        public var timestamps: [Timestamp]
        public var values: [Double]

        public init(labels: LabelSet, timestamps: [Timestamp], values: [Double]) {
            self.labels = labels
            self.timestamps = timestamps
            self.values = values
        }
    }

    private static let messageSamples = 20_000
    private let sink: RemoteSampleSink

    /// - Parameter destination: a server.
    /// - Precondition: it is no data directory.
    public init(to destination: StorageImport.Destination) {
        guard case .server(let send) = destination else { preconditionFailure("BUG: samples are uploaded to servers only") }
        sink = RemoteSampleSink(send: send, wait: { try await Task.sleep(for: .seconds($0)) })
    }

    /// Sends samples; all that was taken is durable when this returns.
    ///
    /// - Returns: how many samples the server refused, and what it said of the first.
    public func append(_ series: [Series]) async throws(StorageCommandError) -> (refused: Int, reason: String) {
        var result = (refused: 0, reason: "")
        var batch = ImportBatch()
        for element in series {
            var start = 0
            while start < element.timestamps.count {
                let end = min(element.timestamps.count, start + SampleUpload.messageSamples - batch.sampleCount)
                batch.begin(element.labels, line: 0)
                for index in start..<end { batch.append(element.timestamps[index], element.values[index]) }
                start = end
                if batch.sampleCount >= SampleUpload.messageSamples { try await send(&batch, &result) }
            }
        }
        try await send(&batch, &result)
        return result
    }

    private func send(_ batch: inout ImportBatch, _ result: inout (refused: Int, reason: String)) async throws(StorageCommandError) {
        if batch.series.isEmpty { return }
        do {
            for refused in try await sink.append(batch) {
                if result.refused == 0 { result.reason = refused.reason }
                result.refused += refused.count
            }
        } catch {
            throw error as? StorageCommandError ?? StorageCommandError("\(error)")
        }
        batch.removeAll()
    }
}
