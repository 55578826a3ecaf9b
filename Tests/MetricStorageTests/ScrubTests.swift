internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// The scrub: damage is found before somebody asks for what is damaged, mended where that is possible, told where it is not.
@Suite struct ScrubTests {
    private let path: String
    private let fixture: StorageFixture
    private let whole: [LabelSet: [Timestamp: UInt64]]

    /// A storage of two days at rest, closed.
    init() throws {
        fixture = try StorageFixture()
        for series in 0..<40 {
            try fixture.append(
                ["__name__": "metric", "number": "value-\(series)"],
                (0..<60).map { (StorageFixture.noon - Int64($0) * 1_200_000, Double($0 * series)) })
        }
        try fixture.storage.flush()
        whole = try fixture.read()
        path = fixture.directory + "/2026-11-22.sqlite"
        try fixture.storage.close()
    }

    private func flip(after text: String, by distance: Int = 0) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let found = try #require(bytes.range(of: Data(text.utf8)))
        bytes[found.upperBound + distance] ^= 2
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    private func scrubAll(bytes: Int = 1 << 20) throws {
        let rounds = fixture.storage.statistics.scrubRounds
        for _ in 0..<1000 where fixture.storage.statistics.scrubRounds == rounds { try fixture.storage.scrub(bytes: bytes) }
        #expect(fixture.storage.statistics.scrubRounds == rounds + 1)
    }

    @Test func aSoundStorageStaysAsItIs() throws {
        try fixture.restart()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try scrubAll()
        #expect(!fixture.events.contains("damaged"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(fixture.storage.statistics.scrubbedBytes >= before.count)
    }

    @Test func aDamagedIndexIsMadeAgain() throws {
        // A label value in the index: its series could not be found by it, and nobody would know.
        try flip(after: "numbervalue-1", by: 0)
        try fixture.restart()
        #expect(try fixture.storage.verify().contains { $0.problem.contains("differs from the dictionary") })
        try scrubAll()
        #expect(fixture.events.contains("damaged") && fixture.events.contains("mended"))
        #expect(try fixture.storage.verify().isEmpty)
        #expect(try fixture.read() == whole)
        #expect(try fixture.storage.labelValues("number").count == 40)
        for number in [1, 10, 11, 39] {
            let found = try fixture.storage.select([LabelMatcher("number", equals: "value-\(number)")], in: .all)
            #expect(found.count == 1 && found.warnings.isEmpty)
        }
    }

    @Test func aBitInUnusedSpaceIsMended() throws {
        // Between the header of SQLite's file and its first table: nothing reads it.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[75] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        try fixture.restart()
        #expect(try fixture.storage.verify().count == 1)
        try scrubAll()
        #expect(fixture.events.contains("bytes 0 to 4095"))
        #expect(try fixture.storage.verify().isEmpty)
        #expect(try fixture.read() == whole)
    }

    @Test func aDamagedPageIsAGapThatIsTold() throws {
        try flip(after: "PCP\u{1}", by: 60)
        try fixture.restart()
        try scrubAll()
        #expect(fixture.events.contains("page "))
        let selection = try fixture.storage.select([], in: .all)
        var columns = SampleColumns()
        for index in 0..<selection.count { try selection.read(index, into: &columns) }
        let warning = try #require(selection.warnings.first)
        #expect(warning.contains("2026-11-22.sqlite is damaged, samples from 2026-11-22T"), "\(warning)")
        #expect(fixture.storage.statistics.damagedFiles == 1)
        // The other day answers without a word.
        let other = try fixture.storage.select([], in: TimeRange(start: .min, end: StorageFixture.noon - 43_200_001))
        for index in 0..<other.count { try other.read(index, into: &columns) }
        #expect(other.count == 40 && other.warnings.isEmpty)
    }

    @Test func whatCannotBeMendedIsToldInEveryAnswer() throws {
        try fixture.restart()
        _ = try fixture.read()
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        for page in 1..<size / 4096 {
            try handle.seek(toOffset: UInt64(page * 4096))
            try handle.write(contentsOf: Data(repeating: 0xff, count: 64))
        }
        try handle.close()
        try scrubAll()
        let note = "2026-11-22.sqlite is damaged, series of 2026-11-22T00:00:00Z to 2026-11-22T23:59:59.999Z may be missing"
        for _ in 0..<2 {
            let warnings = try fixture.storage.select([], in: .all).warnings
            #expect(warnings.contains { $0.contains(note) }, "\(warnings)")
            let other = TimeRange(start: .min, end: StorageFixture.noon - 43_200_001)
            #expect(try fixture.storage.select([], in: other).warnings.isEmpty)
            // The restarted process knows it too.
            try fixture.restart()
        }
    }

    @Test func aRestartGoesOnWhereItWas() throws {
        try fixture.restart()
        for _ in 0..<6 { try fixture.storage.scrub(bytes: 4096) }
        let first = fixture.storage.statistics.scrubbedBytes
        try fixture.restart()
        try scrubAll(bytes: 4096)
        let second = fixture.storage.statistics.scrubbedBytes
        try scrubAll(bytes: 4096)
        let third = fixture.storage.statistics.scrubbedBytes - second
        #expect(first > 0 && second < third, "\(first), \(second), \(third)")
    }

    @Test func shardsWithoutChecksumsGetThem() throws {
        let sums = path + ".sums"
        try FileManager.default.removeItem(atPath: sums)
        try fixture.restart()
        try scrubAll()
        #expect(!FileManager.default.fileExists(atPath: sums), "the day is not over")
        fixture.clock.advance(86_400_000)
        try scrubAll()
        #expect(FileManager.default.fileExists(atPath: sums))
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func `a segment of the journal that is sealed while it is looked at is no damage`() throws {
        try fixture.restart()
        try fixture.append(["__name__": "late"], [(StorageFixture.noon, 1)])
        try fixture.restart()
        // As a seal does it between the list of segments and the look at one.
        let journals = try FileManager.default.contentsOfDirectory(atPath: fixture.directory)
            .filter { $0.hasPrefix("journal-") && $0.hasSuffix(".sqlite") }.sorted()
        let oldest = try #require(journals.first)
        try #require(journals.count > 1, "\(journals)")
        try FileManager.default.removeItem(atPath: fixture.directory + "/" + oldest)
        try scrubAll()
        #expect(!fixture.events.contains("damaged"), "\(fixture.events.all)")
    }
}
