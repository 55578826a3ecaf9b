internal import Compression
internal import OTLPFormat
internal import ShardStorage

/// What a look at one file of a trace storage found.
public struct TraceFileReport: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case shard, journalSegment, setAside }

    /// The path.
    public let file: String
    public let kind: Kind
    /// Blocks of a shard, messages of a journal segment.
    public internal(set) var parts = 0
    /// Spans that are in the file.
    public internal(set) var spans = 0
    /// What is wrong, one sentence each with the place in the file; empty for a sound file.
    public internal(set) var problems: [String] = []

    public var isSound: Bool { problems.isEmpty }
}

/// Looks at the files of a trace storage from outside, beside a running process or without one. Nothing is written.
public enum TraceStorageInspection {
    /// What kind of file a name of a trace folder is; nil for any other file.
    public static func kind(ofName name: String) -> TraceFileReport.Kind? {
        if JournalInspection.number(ofName: name) != nil { return .journalSegment }
        if ShardCatalog.day(ofName: name) != nil { return .shard }
        let isLog = name.hasSuffix("-wal") || name.hasSuffix("-shm")
        return name.contains(".sqlite.damaged-") && !isLog ? .setAside : nil
    }

    /// Reads a file whole: SQLite's structure, checksums, and whether everything decodes to what is said of it.
    ///
    /// - Returns: nil where the file's name is none of a trace folder's.
    public static func inspect(_ name: String, in directory: String) -> TraceFileReport? {
        guard let kind = kind(ofName: name) else { return nil }
        var report = TraceFileReport(file: directory + "/" + name, kind: kind)
        switch kind {
        case .shard: inspectShard(&report)
        case .journalSegment: inspectSegment(&report)
        case .setAside: report.problems = ["was set aside when it could not be opened; its spans are missing in answers"]
        }
        return report
    }

    private static func inspectShard(_ report: inout TraceFileReport) {
        report.problems = ShardSums.changesAtRest(ofShard: report.file)
        do {
            let inspection = try ShardInspection(path: report.file, signal: TraceStorage.signal)
            report.parts = inspection.contents.pages.count
            report.spans = inspection.contents.pages.reduce(0) { $0 + $1.items }
            report.problems += try TraceShardVerification().problems(of: inspection.contents, inspection.reader)
        } catch {
            report.problems.append("\(error)")
        }
    }

    /// Every payload holds its checksum, and is a message with as many spans as it says.
    private static func inspectSegment(_ report: inout TraceFileReport) {
        report.problems = JournalInspection.problems(report.file)
        do {
            let decompressor = try ZstdDecompressor()
            try JournalInspection.forEachPayload(in: report.file) { sequence, payload in
                report.parts += 1
                do {
                    let bytes = [UInt8](payload)
                    let spans = try JournalPayload.head(bytes).spans
                    let message = try JournalPayload.message(bytes, decompressor)
                    let scan = try message.withUnsafeBytes { try SpanScan($0, limits: .none) }
                    report.spans += scan.spans.count
                    if scan.spans.count != spans { report.problems.append("entry \(sequence) has \(scan.spans.count) spans, not \(spans)") }
                } catch {
                    report.problems.append("entry \(sequence): \(error)")
                }
            }
        } catch {
            if report.problems.isEmpty { report.problems.append("\(error)") }
        }
    }
}
