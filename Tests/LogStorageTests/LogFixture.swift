internal import Foundation
internal import LogStorage
internal import Synchronization
internal import TelemetryModel
internal import Testing

/// A storage in a folder of its own that goes with it, with a clock that stands still until it is set.
final class LogFixture {
    let directory: String
    let clock = ManualClock(now: LogFixture.noon)
    var options: LogStorageOptions
    let events = LogEventLog()
    private(set) var storage: LogStorage

    /// 2026-11-22T12:00:00Z, the middle of a day.
    static let noon: Int64 = 1_795_348_800_000_000_000
    static let hour: Int64 = 3_600_000_000_000
    static let day: Int64 = 24 * hour

    init(_ configure: (inout LogStorageOptions) -> Void = { _ in }) throws {
        directory = NSTemporaryDirectory() + "perch-log-storage-" + UUID().uuidString
        var options = LogStorageOptions()
        options.runsInBackground = false
        let events = events
        options.report = { events.append($0) }
        configure(&options)
        self.options = options
        let clock = clock
        storage = try LogStorage(directory: directory, options: options, clock: { clock.now })
    }

    deinit {
        try? storage.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Closes the storage and opens it again.
    func restart() throws {
        try storage.close()
        let clock = clock
        storage = try LogStorage(directory: directory, options: options, clock: { clock.now })
    }

    @discardableResult
    func append(_ entries: [SentEntry]) throws -> LogAppendResult { try storage.append(LogBatch(entries)) }

    func tables(from start: Int64 = .min, to end: Int64 = .max) throws -> [any StoredLogTable] {
        try storage.tables(matching: [], from: start, to: end)
    }

    /// All files of the folder as one.
    func allBytes() throws -> Data {
        var all = Data()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            all.append(try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name)))
        }
        return all
    }
}

final class ManualClock: Sendable {
    private let time: Mutex<Int64>
    init(now: Int64) { time = Mutex(now) }
    var now: Int64 { time.withLock { $0 } }
    func set(_ now: Int64) { time.withLock { $0 = now } }
    func advance(_ nanoseconds: Int64) { time.withLock { $0 += nanoseconds } }
}

final class LogEventLog: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ event: LogStorageEvent) { lines.withLock { $0.append("\(event)") } }
    var all: [String] { lines.withLock { $0 } }
    func contains(_ word: String) -> Bool { all.contains { $0.contains(word) } }
}

/// Reads tables whole.
enum TableReading {
    /// All entries of some tables, stream by stream as they stand.
    static func entries(_ tables: [any StoredLogTable]) throws -> [SentEntry] { try tables.flatMap(entries) }

    static func entries(_ table: any StoredLogTable) throws -> [SentEntry] {
        let frame = try table.frame()
        let rows = (0..<Int32(table.rowCount)).map { $0 }
        let lines = try table.lines(of: rows)
        var metadata = [LabelSetBuilder](repeating: LabelSetBuilder(), count: table.rowCount)
        for name in try table.metadataNames() {
            let column = try #require(try table.metadata(name))
            for (row, code) in column.codes.enumerated() where code >= 0 { metadata[row].set(name, column.values.string(Int(code))) }
        }
        var entries: [SentEntry] = []
        for stream in frame.streams.indices {
            for row in Int(frame.streamStarts[stream])..<Int(frame.streamStarts[stream + 1]) {
                entries.append(
                    SentEntry(
                        labels: frame.streams[stream], time: frame.times[row], line: Array(lines.bytes[lines.range(row)]),
                        metadata: metadata[row].build()))
            }
        }
        return entries
    }
}
