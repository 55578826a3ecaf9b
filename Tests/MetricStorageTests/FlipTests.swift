internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// One bit after another of a shard, at rest and in use, of a journal segment and the metadata is flipped. No sample is ever wrong or missing
/// unsaid, and nothing traps. Where verification finds nothing, no row of any table, no definition and no version has changed; at rest it finds
/// every bit.
///
/// `PERCH_FLIPS` sets how many bytes of each file are tried (default 40, `all` for every byte).
@Suite struct FlipTests {
    enum File: String, CaseIterable, Sendable { case shard, shardInUse, journal, metadata }

    /// What became of the flips.
    private struct Counts {
        var flips = 0
        /// The answer was whole.
        var whole = 0
        /// The answer said that something is missing.
        var told = 0
        /// The storage did not open, and said why.
        var refused = 0
        /// The answer lacked something unsaid, and verification finds it.
        var foundByVerify = 0
        /// Verification finds nothing, and nothing that is read changed.
        var unused = 0
    }

    @Test(arguments: File.allCases) func aFlippedBitIsNeverAWrongSample(file: File) throws {
        let wanted = ProcessInfo.processInfo.environment["PERCH_FLIPS"]
        let seed = wanted == nil ? 1 : UInt64.random(in: 0...1_000_000)
        var generator = SeededGenerator(seed: seed)
        let fixture = try filled(sealing: file == .shard || file == .shardInUse)
        let truth = try Reading(fixture.storage)
        try fixture.storage.close()
        let path = try path(of: file, in: fixture.directory)
        // A shard has no checksums of all its bytes while it is written.
        if file == .shardInUse { try FileManager.default.removeItem(atPath: path + ".sums") }
        let pristine = try snapshot(fixture.directory)
        let sound = try #require(pristine[(path as NSString).lastPathComponent])
        let content = try rows(of: path)
        var places = Array(0..<sound.count)
        if wanted != "all" { places = Array(places.shuffled(using: &generator).prefix(wanted.flatMap(Int.init) ?? 40)) }
        var counts = Counts()
        for place in places {
            try restore(pristine, in: fixture.directory)
            var damaged = sound
            let bit = UInt8.random(in: 0...7, using: &generator)
            damaged[place] ^= 1 << bit
            try damaged.write(to: URL(fileURLWithPath: path))
            let comment: Comment = "\(file), byte \(place) of \(sound.count), bit \(bit), seed \(seed)"
            try check(fixture, path: path, isAtRest: file == .shard, truth, content, &counts, comment)
        }
        print(
            "flips \(counts.flips) \(file) (\(sound.count) bytes): \(counts.whole) answered whole, \(counts.told) told in the answer, \(counts.refused) refused, "
                + "\(counts.foundByVerify) found by verify only; verify silent: \(counts.unused) in bytes that nothing uses; "
                + "seed \(seed)")
    }

    private func check(
        _ fixture: StorageFixture, path: String, isAtRest: Bool, _ truth: Reading, _ content: [String], _ counts: inout Counts,
        _ comment: Comment
    ) throws {
        counts.flips += 1
        let name = (path as NSString).lastPathComponent
        let isReported = StorageInspection.inspect(name, in: fixture.directory)?.isSound == false
        #expect(isReported || !isAtRest, "verify is silent: \(comment)")
        if !isReported {
            counts.unused += 1
            let changed = Set((try? rows(of: path)) ?? ["unreadable"]).symmetricDifference(content)
            #expect(changed.isEmpty, "verify is silent, but rows changed: \(changed.sorted().prefix(4)), \(comment)")
        }
        let events = EventLog()
        var options = fixture.options
        options.report = { events.append($0) }
        let clock = fixture.clock
        // It opens in any case, but for a newer format, which one bit can feign.
        let storage: MetricStorage
        do { storage = try MetricStorage(directory: fixture.directory, options: options, clock: { clock.now }) } catch {
            #expect(error.code == .unsupportedVersion, "refused with \(error), \(comment)")
            counts.refused += 1
            return
        }
        defer { try? storage.close() }
        guard let reading = try? Reading(storage) else {
            counts.told += 1
            return
        }
        #expect(reading.isPart(of: truth), "wrong samples: \(comment)")
        if reading.samples == truth.samples {
            counts.whole += 1
        } else if !reading.warnings.isEmpty || events.contains("damaged") {
            counts.told += 1
        } else {
            counts.foundByVerify += 1
            #expect(isReported, "samples are missing, unsaid: \(comment)")
        }
    }

    private func filled(sealing: Bool) throws -> StorageFixture {
        let fixture = try StorageFixture()
        for round in 0..<3 {
            var batch = MetricBatch()
            for number in 0..<24 {
                batch.beginSeries(["__name__": "metric_\(number % 3)", "number": "\(number)"])
                for step in 0..<8 {
                    batch.append(
                        timestamp: StorageFixture.noon - Int64(round * 8 + step) * 15_000, value: Double(number * step % 97) / 8)
                }
                if number % 8 == 0 {
                    batch.append(Exemplar(labels: ["trace_id": "\(number)"], value: 1, timestamp: StorageFixture.noon - Int64(round)))
                }
            }
            try #expect(fixture.storage.append(batch).rejected.isEmpty)
            try fixture.storage.setMetadata(
                family: "metric_\(round)", MetricMetadata(type: .gauge, help: "The number \(round).", unit: "bytes"))
            if sealing { try fixture.storage.flush() }
        }
        return fixture
    }

    private func path(of file: File, in directory: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        let name =
            switch file {
            case .shard, .shardInUse: names.first { $0 == "2026-11-22.sqlite" }
            case .journal: names.first { $0.hasPrefix("journal-") && $0.hasSuffix(".sqlite") }
            case .metadata: names.first { $0 == "metadata.sqlite" }
            }
        return directory + "/" + (try #require(name))
    }

    private func snapshot(_ directory: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        return try names.reduce(into: [:]) { $0[$1] = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + $1)) }
    }

    private func restore(_ files: [String: Data], in directory: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        for (name, data) in files { try data.write(to: URL(fileURLWithPath: directory + "/" + name)) }
    }

    /// Every row of every table, and what the tables are; read by SQLite alone.
    private func rows(of path: String) throws -> [String] {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        func texts(_ sql: String) throws -> [String] {
            let statement = try connection.statement(sql)
            defer { statement.reset() }
            var texts: [String] = []
            while try statement.step() { texts.append(statement.text(at: 0)) }
            return texts
        }
        var rows = try texts("SELECT 'sql: ' || quote(sql) FROM sqlite_schema ORDER BY name")
        for table in try texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
            let columns = try texts("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('\(table)')").joined(
                separator: " || ',' || ")
            rows += try texts("SELECT \(columns) FROM \"\(table)\" ORDER BY 1").map { table + ": " + $0 }
        }
        return rows + (try ["user_version", "application_id"].map { "pragma: \($0) " + (try texts("PRAGMA \($0)")).joined() })
    }
}

/// The samples that a storage answers.
private struct Reading {
    var samples: [LabelSet: [Timestamp: UInt64]] = [:]
    var warnings: [String] = []

    init(_ storage: MetricStorage) throws {
        let selection = try storage.select([], in: .all)
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            for (time, value) in zip(columns.timestamps, columns.values) {
                samples[selection.labels(at: index), default: [:]][time] = value.bitPattern
            }
        }
        warnings = selection.warnings
        // What else is asked must not trap.
        _ = try? storage.exemplars([LabelSelector([])], in: .all)
        _ = try? storage.labelNames()
        _ = try? storage.labelValues("number")
    }

    /// Whether all that is here is there as well.
    func isPart(of whole: Reading) -> Bool {
        samples.allSatisfy { labels, found in found.allSatisfy { whole.samples[labels]?[$0.key] == $0.value } }
    }
}
