internal import LabelMatching
internal import MetricStorage
internal import PromQL
internal import QueryModel
internal import ShardStorage
public import TelemetryModel

/// Writes stored samples as OpenMetrics text with timestamps.
///
/// Native histograms, exemplars and staleness markers have no place in that text; the summary counts the samples that are left out.
public struct StorageExport: Sendable {
    private let dataDirectory: String
    private let selectors: [LabelSelector]
    private let range: TimeRange
    private let clock: @Sendable () -> Timestamp

    /// What an export wrote.
    public struct Summary: Sendable, Hashable {
        public internal(set) var series = 0
        public internal(set) var samples = 0
        public internal(set) var histogramsLeftOut = 0
        public internal(set) var staleMarkersLeftOut = 0
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
        dataDirectory: String, match: [String], range: TimeRange, clock: @escaping @Sendable () -> Timestamp
    ) throws(StorageCommandError) {
        self.dataDirectory = dataDirectory
        self.range = range
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
            let summary = try export(storage, write)
            try storage.close()
            return summary
        } catch {
            throw StorageCommandError(storage: error, dataDirectory)
        }
    }

    /// A series to be written, in the order of families, names and labels.
    private struct Item {
        var family: String
        var labels: LabelSet
        var selection: MetricSelection
        var index: Int
    }

    private func export(_ storage: MetricStorage, _ write: ([UInt8]) throws -> Void) throws -> Summary {
        var summary = Summary()
        let metadata = Dictionary(uniqueKeysWithValues: storage.metadata().map { ($0.family, $0.metadata) })
        let selections = try selectors.map { try storage.select($0.matchers, in: range) }
        var text = OpenMetricsText()
        var columns = SampleColumns()
        var announced: String?
        for item in items(of: selections, metadata, &summary) {
            try item.selection.read(item.index, into: &columns)
            summary.histogramsLeftOut += columns.histograms.count
            let series = OpenMetricsText.series(item.labels)
            var samples = 0
            for (timestamp, value) in zip(columns.timestamps, columns.values) {
                if StaleMarker.matches(value) {
                    summary.staleMarkersLeftOut += 1
                    continue
                }
                if announced != item.family {
                    announced = item.family
                    if let metadata = metadata[item.family] { text.addMetadata(family: item.family, metadata) }
                }
                text.addSample(series: series, value: value, timestamp: timestamp)
                samples += 1
            }
            summary.samples += samples
            if samples > 0 { summary.series += 1 }
            if text.bytes.count > 64 << 10 {
                try write(text.bytes)
                text.removeAll()
            }
        }
        text.addEndMarker()
        try write(text.bytes)
        summary.warnings = selections.flatMap(\.warnings)
        return summary
    }

    /// The series of all selections, each once.
    private func items(
        of selections: [MetricSelection], _ metadata: [String: MetricMetadata], _ summary: inout Summary
    ) -> [Item] {
        var items: [Item] = []
        var seen: Set<LabelSet> = []
        for selection in selections {
            for index in 0..<selection.count {
                let labels = selection.labels(at: index)
                guard selections.count == 1 || seen.insert(labels).inserted else { continue }
                guard let name = labels.metricName else {
                    summary.seriesLeftOut += 1
                    continue
                }
                items.append(Item(family: StorageExport.family(of: name, metadata), labels: labels, selection: selection, index: index))
            }
        }
        return items.sorted { left, right in
            if left.family != right.family { return left.family < right.family }
            let names = (left.labels.metricName ?? "", right.labels.metricName ?? "")
            return names.0 == names.1 ? left.labels < right.labels : names.0 < names.1
        }
    }

    /// The family that a metric belongs to: the one that is known by its name, or by its name without a suffix of the text format.
    private static func family(of name: String, _ metadata: [String: MetricMetadata]) -> String {
        if metadata[name] != nil { return name }
        for suffix in ["_total", "_bucket", "_count", "_sum", "_created", "_info"] where name.hasSuffix(suffix) {
            let family = String(name.dropLast(suffix.count))
            if metadata[family] != nil { return family }
        }
        return name
    }
}

extension StorageCommandError {
    /// An error of the storage, with what to do where another process holds the directory.
    init(storage error: any Error, _ dataDirectory: String) {
        if let error = error as? StorageCommandError {
            self = error
        } else if let error = error as? MetricStorageError, error.code == .directoryInUse {
            self.init("\(dataDirectory): a server is running on this directory; stop it, or work on a restored backup")
        } else {
            self.init("\(error)")
        }
    }
}
