internal import ByteCoding
internal import ShardStorage
internal import TelemetryModel

/// What a look at one file of a metric storage found.
public struct StorageFileReport: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case shard, journalSegment, metadata, setAside }

    /// The path.
    public let file: String
    public let kind: Kind
    /// Pages of a shard, payloads of a journal segment.
    public internal(set) var parts = 0
    /// Series of a shard.
    public internal(set) var series = 0
    /// Samples, floats and histograms, that are in the file.
    public internal(set) var samples = 0
    /// What is wrong, one sentence each with the place in the file; empty for a sound file.
    public internal(set) var problems: [String] = []

    public var isSound: Bool { problems.isEmpty }
}

/// Looks at the files of a metric storage from outside, beside a running process or without one. Nothing is written.
public enum StorageInspection {
    /// What kind of file a name of a metric folder is; nil for any other file.
    public static func kind(ofName name: String) -> StorageFileReport.Kind? {
        if JournalInspection.number(ofName: name) != nil { return .journalSegment }
        if name == "metadata.sqlite" { return .metadata }
        if signal(ofShard: name) != nil { return .shard }
        let isLog = name.hasSuffix("-wal") || name.hasSuffix("-shm")
        return name.contains(".sqlite.damaged-") && !isLog ? .setAside : nil
    }

    /// The signal that a file of this name holds; nil where it is none of a shard, of samples or of rollups.
    static func signal(ofShard name: String) -> String? {
        if ShardCatalog.day(ofName: name) != nil { return "metrics" }
        return RollupResolution.allCases.first { ShardCatalog.day(ofName: name, prefix: $0.filePrefix) != nil }?.signal
    }

    /// Whether a file of this name is a shard of rollups.
    public static func isRollup(_ name: String) -> Bool { signal(ofShard: name).map { $0 != "metrics" } ?? false }

    /// Reads a file whole: SQLite's structure, checksums, columns, and whether dictionary, index and pages of a shard agree.
    ///
    /// - Returns: nil where the file's name is none of a metric folder's.
    public static func inspect(_ name: String, in directory: String) -> StorageFileReport? {
        guard let kind = kind(ofName: name) else { return nil }
        var report = StorageFileReport(file: directory + "/" + name, kind: kind)
        switch kind {
        case .shard: inspectShard(&report)
        case .journalSegment: inspectSegment(&report)
        case .metadata: report.problems = MetadataTable.problems(report.file)
        case .setAside: report.problems = ["was set aside when it could not be opened; its samples are missing in answers"]
        }
        return report
    }

    private static func inspectShard(_ report: inout StorageFileReport) {
        report.problems = ShardSums.changesAtRest(ofShard: report.file)
        do {
            let name = report.file.split(separator: "/").last.map(String.init) ?? ""
            let inspection = try ShardInspection(path: report.file, signal: signal(ofShard: name) ?? "metrics")
            report.parts = inspection.contents.pages.count
            report.series = inspection.contents.seriesCount
            report.samples = inspection.contents.pages.reduce(0) { $0 + $1.items }
            report.problems += try ShardVerification().problems(of: inspection.contents, inspection.reader)
        } catch {
            report.problems.append("\(error)")
        }
    }

    /// Every payload holds its checksum and decodes, and names no series that the segment did not say the labels of.
    private static func inspectSegment(_ report: inout StorageFileReport) {
        report.problems = JournalInspection.problems(report.file)
        var batch = MetricBatch()
        var numbers: [UInt64] = []
        var known: Set<UInt64> = []
        var next: Int64 = 1
        do {
            try JournalInspection.forEachPayload(in: report.file) { sequence, payload in
                report.parts += 1
                // Payloads are numbered without gaps, and none is deleted by itself.
                if sequence != next { report.problems.append("entry \(next) is missing, \(sequence) comes instead") }
                next = sequence < .max ? sequence + 1 : .max
                do {
                    try BatchPayload.decode(payload, into: &batch, numbers: &numbers)
                    report.samples += batch.sampleCount + batch.histogramCount
                    for series in 0..<batch.seriesCount {
                        let labels = batch.labelRange(series)
                        if labels.isEmpty {
                            if !known.contains(numbers[series]) { throw ByteCodingError(.invalidValue, at: series) }
                        } else {
                            _ = try LabelSet(validating: Array(batch.labelBytes[labels]))
                            known.insert(numbers[series])
                        }
                    }
                } catch {
                    report.problems.append("entry \(sequence): \(error)")
                }
            }
            report.series = known.count
        } catch {
            if report.problems.isEmpty { report.problems.append("\(error)") }
        }
    }
}
