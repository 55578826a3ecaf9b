internal import LabelMatching
internal import MetricStorage
internal import PromQL
internal import QueryModel
internal import ShardStorage
public import TelemetryModel

/// Writes stored samples as OpenMetrics text with timestamps, or as lines of JSON.
///
/// JSON says everything bit by bit. Native histograms and staleness markers have no place in OpenMetrics text, and NaNs lose their payload
/// there; the summary counts what is left out.
public struct StorageExport: Sendable {
    private let dataDirectory: String
    private let selectors: [LabelSelector]
    private let range: TimeRange
    private let format: SampleFileFormat
    private let clock: @Sendable () -> Timestamp

    /// What an export wrote.
    public struct Summary: Sendable, Hashable {
        public internal(set) var series = 0
        public internal(set) var samples = 0
        public internal(set) var exemplars = 0
        public internal(set) var histogramsLeftOut = 0
        public internal(set) var staleMarkersLeftOut = 0
        /// Exemplars of series with fewer samples than exemplars.
        public internal(set) var exemplarsLeftOut = 0
        /// Series without a metric name, which the text cannot say.
        public internal(set) var seriesLeftOut = 0
        /// What is missing because files are damaged.
        public internal(set) var warnings: [String] = []
    }

    /// - Parameters:
    ///   - match: series selectors; a series is written that passes any of them, and every series where there is none.
    ///   - range: the times to write, both ends inclusive.
    /// - Throws: with status 2 for a wrong selector.
    public init(
        dataDirectory: String, match: [String], range: TimeRange, format: SampleFileFormat = .openmetrics,
        clock: @escaping @Sendable () -> Timestamp
    ) throws(StorageCommandError) {
        self.dataDirectory = dataDirectory
        self.range = range
        self.format = format
        self.clock = clock
        var selectors: [LabelSelector] = []
        for text in match {
            do throws(QueryError) {
                selectors.append(LabelSelector(try PromQLParser().parseSelector(text).matchers))
            } catch {
                throw StorageCommandError("--match \(text): \(error)", status: 2)
            }
        }
        self.selectors = selectors.isEmpty ? [LabelSelector([])] : selectors
    }

    /// Writes all of it, in pieces that end with a line.
    public func run(_ write: ([UInt8]) throws -> Void) throws(StorageCommandError) -> Summary {
        guard FileOperations.exists(dataDirectory + "/metrics") else {
            throw StorageCommandError("\(dataDirectory)/metrics: there is no data in this directory")
        }
        var options = MetricStorageOptions()
        options.retention = nil
        options.runsInBackground = false
        do {
            let storage = try MetricStorage(directory: dataDirectory + "/metrics", options: options, clock: clock)
            let export = try SampleExport(storage, selectors, range, format)
            while let piece = try export.next() { try write(piece) }
            try storage.close()
            return export.summary
        } catch {
            throw StorageCommandError(storage: error, dataDirectory)
        }
    }
}

extension StorageCommandError {
    /// An error of the storage, with what to do where another process holds the directory.
    init(storage error: any Error, _ dataDirectory: String) {
        if let error = error as? StorageCommandError {
            self = error
        } else if let error = error as? MetricStorageError, error.code == .directoryInUse {
            self.init("\(dataDirectory): a server is running on this directory; ask it with --url, or stop it")
        } else {
            self.init("\(error)")
        }
    }
}
