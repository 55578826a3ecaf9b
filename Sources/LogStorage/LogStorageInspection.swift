internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// What a look at one file of a log storage found.
public struct LogFileReport: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case shard, journalSegment, setAside }

    /// The path.
    public let file: String
    public let kind: Kind
    /// Blocks of a shard, batches of a journal segment.
    public internal(set) var parts = 0
    /// Entries that are in the file.
    public internal(set) var entries = 0
    /// What is wrong, one sentence each with the place in the file; empty for a sound file.
    public internal(set) var problems: [String] = []

    public var isSound: Bool { problems.isEmpty }
}

/// Looks at the files of a log storage from outside, beside a running process or without one. Nothing is written.
public enum LogStorageInspection {
    /// What kind of file a name of a log folder is; nil for any other file.
    public static func kind(ofName name: String) -> LogFileReport.Kind? {
        if JournalInspection.number(ofName: name) != nil { return .journalSegment }
        if ShardCatalog.day(ofName: name) != nil { return .shard }
        let isLog = name.hasSuffix("-wal") || name.hasSuffix("-shm")
        return name.contains(".sqlite.damaged-") && !isLog ? .setAside : nil
    }

    /// Reads a file whole: SQLite's structure, checksums, and whether everything decodes to what is said of it.
    ///
    /// - Returns: nil where the file's name is none of a log folder's.
    public static func inspect(_ name: String, in directory: String) -> LogFileReport? {
        guard let kind = kind(ofName: name) else { return nil }
        var report = LogFileReport(file: directory + "/" + name, kind: kind)
        switch kind {
        case .shard: inspectShard(&report)
        case .journalSegment: inspectSegment(&report)
        case .setAside: report.problems = ["was set aside when it could not be opened; its entries are missing in answers"]
        }
        return report
    }

    private static func inspectShard(_ report: inout LogFileReport) {
        report.problems = ShardSums.changesAtRest(ofShard: report.file)
        do {
            let inspection = try ShardInspection(path: report.file, signal: LogStorage.signal)
            report.parts = inspection.contents.pages.count
            report.entries = inspection.contents.pages.reduce(0) { $0 + $1.items }
            report.problems += try LogShardVerification().problems(of: inspection.contents, inspection.reader)
        } catch {
            report.problems.append("\(error)")
        }
    }

    /// Every payload holds its checksum, and is a batch with as many entries as it says.
    private static func inspectSegment(_ report: inout LogFileReport) {
        report.problems = JournalInspection.problems(report.file)
        do {
            let decompressor = try ZstdDecompressor()
            try JournalInspection.forEachPayload(in: report.file) { sequence, payload in
                report.parts += 1
                do {
                    let bytes = [UInt8](payload)
                    let entries = try JournalPayload.head(bytes).entries
                    let batch = try JournalPayload.batch(bytes, decompressor)
                    report.entries += batch.entryCount
                    if batch.entryCount != entries {
                        report.problems.append("entry \(sequence) has \(batch.entryCount) entries, not \(entries)")
                    }
                } catch {
                    report.problems.append("entry \(sequence): \(error)")
                }
            }
        } catch {
            if report.problems.isEmpty { report.problems.append("\(error)") }
        }
    }
}

/// What a column takes in the blocks of a shard.
public struct LogColumnSize: Sendable, Hashable {
    /// What the column is of: a leaf of lines by its keys, structured metadata by its name, or a fixed part of blocks.
    public let name: String
    /// Its forms, each once.
    public internal(set) var forms: Set<String> = []
    public internal(set) var values = 0
    public internal(set) var bytes = 0
}

extension LogStorageInspection {
    /// What the columns of all blocks of a shard file take, the largest first.
    ///
    /// - Throws: ``LogStorageError`` where the file cannot be read.
    public static func columnSizes(ofShard path: String) throws(LogStorageError) -> [LogColumnSize] {
        do {
            let inspection = try ShardInspection(path: path, signal: LogStorage.signal)
            let decompressor = try ZstdDecompressor()
            var sizes: [String: LogColumnSize] = [:]
            func add(_ name: String, _ form: String, values: Int, bytes: Int) {
                var size = sizes[name] ?? LogColumnSize(name: name)
                size.forms.insert(form)
                size.values += values
                size.bytes += bytes
                sizes[name] = size
            }
            for page in inspection.contents.pages {
                guard let bytes = try inspection.reader.page(page.id) else { continue }
                let directory = try BlockDirectory(decoding: bytes)
                guard let entry = directory.entry(PartNumber.outline),
                    let part = try entry.place.map({ directory.inlineBytes($0) }) ?? inspection.reader.part(entry.number, ofPage: page.id)
                else { continue }
                let outline = try BlockOutline(DecodedPart(part, decompressor), rows: page.items)
                for entry in directory.entries {
                    switch entry.number {
                    case PartNumber.streams: add("(streams)", "fixed", values: directory.summary.streams, bytes: entry.bytes)
                    case PartNumber.times: add("(times)", "fixed", values: page.items, bytes: entry.bytes)
                    case PartNumber.outline: add("(outline)", "fixed", values: outline.columns.count, bytes: entry.bytes)
                    case PartNumber.shapes: add("(shapes)", "fixed", values: page.items, bytes: entry.bytes)
                    case PartNumber.lengths: add("(lengths of lines)", "fixed", values: page.items, bytes: entry.bytes)
                    case PartNumber.firstFilter...:
                        add(
                            outline.columns[entry.number - PartNumber.firstFilter].title + " (filter)", "filter", values: 0,
                            bytes: entry.bytes)
                    default: break
                    }
                }
                for (number, column) in outline.columns.enumerated() {
                    let bytes = directory.entry(PartNumber.firstColumn + number)?.bytes ?? 0
                    add(column.title, column.formName, values: column.count, bytes: bytes)
                }
            }
            return sizes.values.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
        } catch {
            throw LogStorageError(error, path: path)
        }
    }
}

extension ColumnOutline {
    /// A name for people.
    fileprivate var title: String {
        let name = String(decoding: self.name.map { $0 == 0 ? 0x2e : $0 }, as: UTF8.self)
        return switch owner {
        case .text: "(text of lines)"
        case .leaf: name
        case .metadata: "metadata \(name)"
        }
    }

    fileprivate var formName: String {
        switch form {
        case .dictionary(_, .none): return "dictionary"
        case .dictionary(_, .stream): return "of the stream"
        case .dictionary(_, .column): return "of another column"
        case .patterns(let patterns, _):
            let slots = patterns.flatMap(\.slots)
            return patterns.count == 1 && slots.contains { $0.keyColumn != nil } ? "pattern, of ids" : "\(patterns.count) patterns"
        case .plain: return "text"
        case .copy: return "copy"
        }
    }
}
