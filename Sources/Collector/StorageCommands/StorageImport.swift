internal import MetricStorage
public import TelemetryModel

/// Takes OpenMetrics text with timestamps into a data directory that no server has open.
///
/// Samples may be of any age. Those that are there already are replaced: importing a file twice changes nothing.
public struct StorageImport: Sendable {
    /// Faults that are told of one by one in each file; the others are only counted.
    static let faultsToldMax = 100
    private static let batchSamples = 20_000

    private let dataDirectory: String
    private let clock: @Sendable () -> Timestamp
    private let remark: @Sendable (String) -> Void

    /// What an import did.
    public struct Summary: Sendable, Hashable {
        public internal(set) var samples = 0
        /// Lines and files that could not be read.
        public internal(set) var faults = 0
        /// Samples that the storage refused.
        public internal(set) var rejected = 0
    }

    /// - Parameter remark: told of every fault as `FILE:LINE:COLUMN: message`.
    public init(
        dataDirectory: String, clock: @escaping @Sendable () -> Timestamp, remark: @escaping @Sendable (String) -> Void
    ) {
        self.dataDirectory = dataDirectory
        self.clock = clock
        self.remark = remark
    }

    /// Takes the files, one after the other. What is right in them is kept, also where other parts are not.
    ///
    /// - Throws: where the storage cannot be opened or written.
    public func run(files: [String]) throws(StorageCommandError) -> Summary {
        var options = MetricStorageOptions()
        options.retention = nil
        do {
            let storage = try MetricStorage(directory: dataDirectory + "/metrics", options: options, clock: clock)
            var summary = Summary()
            for file in files { try take(file, into: storage, &summary) }
            try storage.flush()
            try storage.close()
            return summary
        } catch {
            throw StorageCommandError(storage: error, dataDirectory)
        }
    }

    private func take(_ path: String, into storage: MetricStorage, _ summary: inout Summary) throws {
        var told = 0
        func tell(_ text: @autoclosure () -> String) {
            told += 1
            if told <= StorageImport.faultsToldMax { remark(path + text()) }
        }
        var batch = MetricBatch()
        var file: OpenMetricsFile
        do throws(StorageCommandError) { file = try OpenMetricsFile(path: path) } catch {
            summary.faults += 1
            remark(error.message)
            return
        }
        while true {
            let isMore = file.next(&batch, samplesMax: StorageImport.batchSamples)
            summary.faults += file.faults.count
            for fault in file.faults { tell(":\(fault.line):\(fault.column): \(fault.message)") }
            file.faults.removeAll()
            guard isMore else { break }
            let result = try append(batch, to: storage)
            summary.samples += result.samplesWritten
            summary.rejected += result.rejected.count
            for sample in result.rejected {
                tell(
                    ":\(file.line(ofSeries: sample.seriesIndex, timestamp: sample.timestamp)):1: "
                        + StorageImport.text(of: sample.reason))
            }
        }
        for (family, metadata) in file.metadata { try storage.setMetadata(family: family, metadata) }
        if told > StorageImport.faultsToldMax { remark("\(path): and \(told - StorageImport.faultsToldMax) more") }
    }

    /// Appends a batch; where memory is full, seals it first.
    private func append(_ batch: MetricBatch, to storage: MetricStorage) throws -> AppendResult {
        do { return try storage.append(batch) } catch {
            guard error.code == .overloaded else { throw error }
            try storage.maintain()
            return try storage.append(batch)
        }
    }

    private static func text(of reason: RejectedSample.Reason) -> String {
        switch reason {
        case .tooOld: "the sample is older than the retention"
        case .tooFarInFuture: "the sample is too far in the future"
        case .tooManySeries: "there are too many series already"
        }
    }
}
