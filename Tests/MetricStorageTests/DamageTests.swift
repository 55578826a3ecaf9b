internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Damaged files: never a trap, never a wrong sample; a gap that is told, and all else served.
@Suite struct DamageTests {
    private func filled(_ series: Int = 300, _ samples: Int = 30) throws -> StorageFixture {
        let fixture = try StorageFixture()
        var batch = MetricBatch()
        for number in 0..<series {
            batch.beginSeries(["__name__": "metric", "number": "\(number)", "group": "\(number % 7)"])
            for step in 0..<samples {
                batch.append(timestamp: StorageFixture.noon - Int64(step) * 15_000, value: Double(number * step % 977))
            }
        }
        try #expect(fixture.storage.append(batch).rejected.isEmpty)
        return fixture
    }

    private var shardName: String { "2026-11-22.sqlite" }

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func flippedBitsInAShardGiveGapsAndWarnings(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try filled()
        try fixture.storage.flush()
        #expect(try fixture.storage.verify().isEmpty)
        let whole = try fixture.read()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        for _ in 0..<12 {
            var damaged = sound
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 100..<damaged.count, using: &generator)
                damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            }
            try damaged.write(to: URL(fileURLWithPath: path))
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            let clock = fixture.clock
            let storage = try MetricStorage(directory: fixture.directory, options: fixture.options, clock: { clock.now })
            defer { try? storage.close() }
            try compare(storage, whole, "seed \(seed)")
            _ = try storage.labelValues("number")
            _ = try storage.labelNames()
        }
    }

    /// One bit of a row's header turns a text into bytes or bytes into a text, and both read the same.
    @Test(arguments: [
        "UPDATE sqlite_schema SET sql = CAST(sql AS BLOB) WHERE name = 'page'", "UPDATE posting SET series = CAST(series AS TEXT)",
        "UPDATE series_group SET data = CAST(data AS TEXT)", "UPDATE page SET data = CAST(data AS TEXT)",
    ]) func `a value that is of another type is noticed`(change: String) throws {
        let fixture = try filled()
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        try FileManager.default.removeItem(atPath: path + ".sums")
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == true)
        let connection = try SQLiteConnection(path: path)
        try connection.execute("PRAGMA writable_schema = ON")
        try connection.execute(change)
        try connection.close()
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == false)
    }

    /// Names are found by jumping from one to the next, which a damaged one leads back to itself.
    @Test(arguments: ["CAST(name AS BLOB)", "CAST(X'F8616263' AS TEXT)", "CAST(X'67FF' AS TEXT)"])
    func `a damaged name of a label is told of and not found for ever`(name: String) throws {
        let fixture = try filled()
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        let connection = try SQLiteConnection(path: path)
        try connection.execute("UPDATE posting SET name = \(name) WHERE name = 'group'")
        try connection.close()
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == false)
        try fixture.restart()
        let notes = LookupNotes()
        let names = try fixture.storage.labelNames(notes: notes)
        #expect(names.count <= 3)
        #expect(!notes.warnings.isEmpty)
        #expect(fixture.events.contains("damaged"))
    }

    /// A number of series that is beyond all bounds asks for memory that nobody has, or for a range that there is not.
    @Test(arguments: [-1, 0, 299, 301, 1 << 20, 1 << 40, Int64.max, Int64.min])
    func `a damaged number of series neither traps nor takes memory`(count: Int64) throws {
        let fixture = try filled()
        try fixture.storage.flush()
        let whole = try fixture.read()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        let connection = try SQLiteConnection(path: path)
        try connection.execute("UPDATE meta SET value = \(count) WHERE key = 'series_count'")
        try connection.close()
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == false)
        let clock = fixture.clock
        let storage = try MetricStorage(directory: fixture.directory, options: fixture.options, clock: { clock.now })
        defer { try? storage.close() }
        try compare(storage, whole, "\(count) series")
        #expect(try storage.select([], in: .all).count <= 512)
        _ = try storage.labelValues("number")
    }

    /// What is found is right, or the answer says that something is missing.
    private func compare(_ storage: MetricStorage, _ whole: [LabelSet: [Timestamp: UInt64]], _ comment: String) throws {
        let selection = try storage.select([LabelMatcher("__name__", equals: "metric")], in: .all)
        var columns = SampleColumns()
        var samples = 0
        var wrong = 0
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            let labels = selection.labels(at: index)
            for (time, value) in zip(columns.timestamps, columns.values) {
                samples += 1
                if whole[labels]?[time] != value.bitPattern { wrong += 1 }
            }
        }
        let expected = whole.values.reduce(0) { $0 + $1.count }
        #expect(wrong == 0, "\(comment): wrong samples")
        // Damage to the index can hide a series from a query; a look at everything finds that too.
        if samples < expected && selection.warnings.isEmpty {
            #expect(try !storage.verify().isEmpty, "\(comment): \(expected - samples) samples missing, unsaid")
        }
    }

    @Test func aFileThatIsNoShardIsReportedAndTheDayGoesOnInANewOne() throws {
        let fixture = try filled(10, 5)
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        try Data("this is no database, and long enough to be told from an empty one, by far.".utf8).write(to: URL(fileURLWithPath: path))
        let clock = fixture.clock
        let storage = try MetricStorage(directory: fixture.directory, options: fixture.options, clock: { clock.now })
        defer { try? storage.close() }
        let selection = try storage.select([], in: .all)
        #expect(selection.warnings.count == 1)
        #expect(fixture.events.contains("damaged"))
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "after"])
        batch.append(timestamp: StorageFixture.noon, value: 1)
        _ = try storage.append(batch)
        try storage.flush()
        let found = try storage.select([], in: .all)
        #expect(found.count == 1 && found.warnings.isEmpty)
        #expect(FileManager.default.fileExists(atPath: path + ".damaged-1"))
        #expect(storage.statistics.damagedFiles == 1)
    }

    @Test func aNewerFormatIsRefused() throws {
        let fixture = try filled(10, 5)
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // The user version of SQLite's header (file format, offset 60, big-endian).
        bytes[63] = 99
        try bytes.write(to: URL(fileURLWithPath: path))
        let clock = fixture.clock
        let storage = try MetricStorage(directory: fixture.directory, options: fixture.options, clock: { clock.now })
        defer { try? storage.close() }
        #expect(try storage.select([], in: .all).warnings.first?.contains("newer") == true)
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "after"])
        batch.append(timestamp: StorageFixture.noon, value: 1)
        _ = try storage.append(batch)
        // It is not overwritten: what was appended stays in the journal.
        let error = #expect(throws: MetricStorageError.self) { try storage.flush() }
        #expect(error?.code == .unsupportedVersion)
        #expect(try storage.select([], in: .all).count == 1)
    }

    @Test func aDamagedJournalPayloadIsSkipped() throws {
        let fixture = try filled(20, 3)
        try fixture.append(["__name__": "second"], [(StorageFixture.noon, 2)])
        try fixture.storage.close()
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: fixture.directory).first { $0.hasPrefix("journal-") && $0.hasSuffix(".sqlite") }
        )
        let path = fixture.directory + "/" + name
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let place = try #require(bytes.range(of: Data("second".utf8))).lowerBound
        bytes[place] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
        let clock = fixture.clock
        let storage = try MetricStorage(directory: fixture.directory, options: fixture.options, clock: { clock.now })
        defer { try? storage.close() }
        #expect(try storage.select([], in: .all).count == 20)
        #expect(fixture.events.contains("damaged"))
    }

    @Test func twoProcessesCannotOpenOneFolder() throws {
        let fixture = try filled(1, 1)
        let error = #expect(throws: MetricStorageError.self) { try MetricStorage(directory: fixture.directory, clock: { 0 }) }
        #expect(error?.code == .directoryInUse)
    }
}
