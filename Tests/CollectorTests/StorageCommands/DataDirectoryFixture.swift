internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel

/// A folder for a test's data directories and backups, which goes with it.
final class DataDirectoryFixture: Sendable {
    let root = NSTemporaryDirectory() + "perch-storage-commands-" + UUID().uuidString
    /// 2026-11-22T12:00:00Z, where every clock of the test stands.
    static let noon: Timestamp = 1_795_348_800_000

    var data: String { root + "/data" }
    var backup: String { root + "/backup" }
    var restored: String { root + "/restored" }

    init() throws { try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Opens the storage of a data directory.
    func open(_ dataDirectory: String, _ configure: (inout MetricStorageOptions) -> Void = { _ in }) throws -> MetricStorage {
        var options = MetricStorageOptions()
        options.runsInBackground = false
        configure(&options)
        return try MetricStorage(directory: dataDirectory + "/metrics", options: options, clock: { DataDirectoryFixture.noon })
    }

    /// Samples of some series over three days: the first part in shards, the last in the journal.
    func fill() throws {
        let storage = try open(data)
        for round in 0..<4 {
            var batch = MetricBatch()
            for series in 0..<40 {
                batch.beginSeries(["__name__": "load", "host": "h\(series)"])
                for sample in 0..<50 {
                    let step = Timestamp(round * 50 + sample)
                    batch.append(
                        timestamp: DataDirectoryFixture.noon - 2 * 86_400_000 + step * 800_000, value: Double(series) + Double(step) / 7)
                }
            }
            _ = try storage.append(batch)
            if round == 2 { try storage.flush() }
        }
        try storage.close()
    }

    /// All samples of a data directory, by series.
    func read(_ dataDirectory: String) throws -> [LabelSet: [Timestamp: UInt64]] {
        let storage = try open(dataDirectory)
        defer { try? storage.close() }
        let selection = try storage.select([], in: .all)
        var result: [LabelSet: [Timestamp: UInt64]] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            let samples = zip(columns.timestamps, columns.values).map { ($0, $1.bitPattern) }
            result[selection.labels(at: index)] = Dictionary(uniqueKeysWithValues: samples)
        }
        return result
    }

    /// Turns one bit of a file.
    func flip(bit: Int, of path: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[offset] ^= 1 << UInt8(bit)
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    func names(_ directory: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }
}

/// Lines that a command wrote.
final class OutputLines: Sendable {
    private let text = Mutex("")
    func append(_ more: String) { text.withLock { $0 += more } }
    func appendLine(_ line: String) { append(line + "\n") }
    var all: [String] { text.withLock { $0 }.split(separator: "\n").map(String.init) }
}
