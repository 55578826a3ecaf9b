internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// Whatever makes answers differ from earlier ones is noted for the times that it touches, and where nothing changes nothing is.
@Suite struct ChangeNoteTests {
    private static let day: Int64 = 86_400_000
    private static let noon = StorageFixture.noon
    /// Without its first minute, which has a part of yesterday's rollups.
    private static let today = TimeRange(start: noon - day / 2 + 60_000, end: noon + day / 2 - 1)
    private static let yesterday = TimeRange(start: noon - day / 2 - day, end: noon - day / 2 - 1)
    private let fixture: StorageFixture

    init() throws { fixture = try Self.fixture() }

    /// Samples of two days.
    private static func fixture(_ configure: (inout MetricStorageOptions) -> Void = { _ in }) throws -> StorageFixture {
        let fixture = try StorageFixture {
            $0.retention = 3 * day
            configure(&$0)
        }
        for series in 0..<40 {
            try fixture.append(
                ["__name__": "metric", "number": "value-\(series)"],
                (0..<60).map { (noon - Int64($0) * 1_200_000, Double($0 * series)) })
        }
        return fixture
    }

    /// Which of today and yesterday are noted as changed by something.
    private func changed(_ other: StorageFixture? = nil, by action: () throws -> Void) rethrows -> [Bool] {
        let storage = (other ?? fixture).storage
        let before = storage.dataVersion ?? .max
        try action()
        return [Self.today, Self.yesterday].map { storage.newestChange(in: $0) > before }
    }

    @Test func samplesInAnyOrder() throws {
        #expect(try changed { try fixture.append(["__name__": "metric"], [(Self.noon, 1)]) } == [true, false])
        #expect(try changed { try fixture.append(["__name__": "metric"], [(Self.yesterday.start, 1)]) } == [false, true])
        // What is refused changes nothing.
        #expect(try changed { try fixture.append(["__name__": "metric"], [(Self.noon - 9 * Self.day, 1)]) } == [false, false])
    }

    @Test func deletionAndErasure() throws {
        try fixture.storage.flush()
        let range = TimeRange(start: Self.yesterday.start, end: Self.yesterday.end - 3_600_000)
        #expect(try changed { try fixture.storage.delete([LabelMatcher("number", equals: "value-3")], in: range) } == [false, true])
        #expect(try changed { try fixture.storage.eraseDeleted() }[0] == false)
    }

    @Test func bringingSamplesToRestChangesNothing() throws {
        #expect(try changed { try fixture.storage.flush() } == [false, false])
        #expect(try changed { try fixture.storage.maintain() } == [false, false])
    }

    @Test func retention() throws {
        let fixture = try Self.fixture { $0.rollups = [] }
        try fixture.storage.flush()
        fixture.clock.advance(3 * Self.day)
        #expect(try changed(fixture) { try fixture.storage.maintain() } == [false, true])
        #expect(try fixture.read(in: Self.yesterday).isEmpty)
    }

    /// Flips a bit in the file of today, behind a text.
    private func flip(after text: String, by distance: Int) throws {
        try fixture.storage.flush()
        try fixture.storage.close()
        let url = URL(fileURLWithPath: fixture.directory + "/2026-11-22.sqlite")
        var bytes = try Data(contentsOf: url)
        let found = try #require(bytes.range(of: Data(text.utf8)))
        bytes[found.upperBound + distance] ^= 2
        try bytes.write(to: url)
        try fixture.restart()
    }

    private func scrubAll() throws {
        let rounds = fixture.storage.statistics.scrubRounds
        for _ in 0..<1000 where fixture.storage.statistics.scrubRounds == rounds { try fixture.storage.scrub(bytes: 1 << 20) }
    }

    @Test func anIndexThatIsMadeAgain() throws {
        try flip(after: "numbervalue-1", by: 0)
        _ = try fixture.read()
        #expect(try changed { try scrubAll() } == [true, false])
        #expect(fixture.events.contains("mended"))
    }

    @Test func aPageThatTurnsOutToBeDamaged() throws {
        try flip(after: "PCP\u{1}", by: 60)
        #expect(try changed { _ = try fixture.read() } == [true, false])
        // It is told again, but it is no news.
        #expect(try changed { _ = try fixture.read() } == [false, false])
    }

    @Test func rollupsThatBeginToSpeak() throws {
        try fixture.storage.flush()
        fixture.clock.advance(Self.day)
        // Yesterday is over for long enough, today is not.
        #expect(try changed { try fixture.storage.flush() } == [false, true])
        #expect(fixture.storage.statistics.rollups > 0)
        #expect(try changed { try fixture.storage.flush() } == [false, false])
    }

    @Test func whereTheClockDecidesNothingHolds() throws {
        let rule = RetentionRule(LabelSelector([LabelMatcher("job", equals: "debug")]), keep: Self.day)
        let ruled = try StorageFixture { $0.retentionRules = [rule] }
        #expect(ruled.storage.dataVersion == nil)
        #expect(fixture.storage.dataVersion != nil)
    }
}
