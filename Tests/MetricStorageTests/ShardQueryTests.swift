internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import Testing

/// SQL over the shards of a storage, while it is open.
@Suite struct ShardQueryTests {
    private static let noon = StorageFixture.noon

    /// Parts of three days of 600 series, one native histogram, an exemplar, and a duplicate that was written later.
    private func filled() throws -> StorageFixture {
        let fixture = try StorageFixture()
        var batch = MetricBatch()
        for series in 0..<600 {
            batch.beginSeries(["__name__": series < 300 ? "left" : "right", "n": "\(series)"])
            for step in 0..<40 {
                batch.append(timestamp: Self.noon - 86_400_000 + Timestamp(step) * 3_600_000, value: Double(series * 100 + step))
            }
        }
        batch.beginSeries(["__name__": "h"])
        batch.append(
            HistogramSample(
                timestamp: Self.noon,
                histogram: NativeHistogram(
                    schema: 0, zeroThreshold: 0.001, zeroCount: 1, count: 6, sum: 12.5, positiveSpans: [.init(offset: 0, length: 2)],
                    positiveBuckets: [2, 3], isFloat: false)))
        batch.append(Exemplar(labels: ["trace_id": "4bf9"], value: 2.5, timestamp: Self.noon))
        batch.beginSeries(["__name__": "odd"])
        batch.append(timestamp: Self.noon, value: StaleMarker.value)
        batch.append(timestamp: Self.noon + 1, value: -.infinity)
        _ = try fixture.storage.append(batch)
        try fixture.storage.flush()
        try fixture.append(["__name__": "left", "n": "7"], [(Self.noon, -1)])
        // Sealed, not merged: the value at noon is in two pages now.
        fixture.clock.advance(86_400_000)
        try fixture.storage.maintain()
        return fixture
    }

    private func shards(_ fixture: StorageFixture) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory).filter { StorageInspection.kind(ofName: $0) == .shard }
            .sorted().map { fixture.directory + "/" + $0 }
    }

    private func rows(_ fixture: StorageFixture, _ sql: String, file: Int? = nil) throws -> [[SQLiteValue]] {
        let files = try shards(fixture)
        let query = try ShardQuery(
            files: file.map { [files[$0]] } ?? files,
            parse: { text in text == "odd" ? [LabelMatcher("__name__", equals: "odd")] : [try LabelMatcher("n", .matches, text)] },
            warn: { Issue.record("\($0)") })
        var rows: [[SQLiteValue]] = []
        try query.run(sql, columns: { _ in }, row: { rows.append($0) })
        return rows
    }

    @Test func everySampleIsThereOnce() throws {
        let fixture = try filled()
        var expected = 0.0
        for (labels, samples) in try fixture.read() where labels["n"] != nil {
            for bits in samples.values { expected += Double(bitPattern: bits) }
        }
        #expect(
            try rows(fixture, "SELECT count(*), sum(value) FROM samples WHERE metric IN ('left', 'right')") == [
                [.integer(24_000), .real(expected)]
            ])
        #expect(try rows(fixture, "SELECT count(DISTINCT shard), count(*) FROM samples") == [[.integer(3), .integer(24_003)]])
    }

    @Test func theLastWriteWins() throws {
        let sql = "SELECT value FROM samples WHERE time = \(Self.noon) AND labels ->> 'n' = '7'"
        #expect(try rows(try filled(), sql) == [[.real(-1)]])
    }

    @Test func argumentsAndConditionsAgree() throws {
        let fixture = try filled()
        let (start, end) = (Self.noon - 7_200_000, Self.noon + 3_600_000)
        let columns = "series, metric, labels, time, value"
        let byArguments = try rows(fixture, "SELECT \(columns) FROM samples('3.', \(start), \(end)) ORDER BY labels, time")
        let byConditions = try rows(
            fixture,
            "SELECT \(columns) FROM samples WHERE length(labels ->> 'n') = 2 AND labels ->> 'n' LIKE '3_' AND time BETWEEN \(start) AND \(end) ORDER BY labels, time"
        )
        #expect(byArguments.count == 40)
        #expect(byArguments == byConditions)
        #expect(try rows(fixture, "SELECT count(*) FROM samples(NULL, NULL, \(start))") == [[.integer(600 * 23)]])
    }

    @Test(arguments: [
        ("time > %.5", 2), ("time >= %", 3), ("time > % AND time < % + 1", 0), ("time = %", 2), ("time = % + 0.5", 0), ("time < 'abc'", 4),
        ("time > NULL", 0), ("time > % - 1 AND time <= % + 0.25", 2), ("time < -9e99", 0), ("time > -9e99", 4),
    ])
    func timesCompareAsSQLiteSays(condition: String, count: Int64) throws {
        let fixture = try StorageFixture()
        try fixture.append(["__name__": "a"], [(Self.noon - 1, 1), (Self.noon, 1), (Self.noon + 1, 1)])
        try fixture.append(["__name__": "b"], [(Self.noon, 1)])
        try fixture.storage.flush()
        let condition = condition.replacing("%.5", with: "\(Self.noon - 1).5").replacing("%", with: "\(Self.noon)")
        let ours = try rows(fixture, "SELECT count(*) FROM samples WHERE \(condition)")
        // The plus keeps the condition from the table.
        let theirs = try rows(fixture, "SELECT count(*) FROM samples WHERE \(condition.replacing("time ", with: "+time "))")
        #expect(ours == [[.integer(condition.contains(".5") && condition.hasPrefix("time >") ? 3 : count)]], "\(condition)")
        #expect(ours == theirs, "\(condition)")
    }

    @Test func onlyPagesOfTheRangeAreRead() throws {
        let fixture = try filled()
        let file = try shards(fixture)[0]
        let pages = try rows(fixture, "SELECT id, first_series FROM page ORDER BY first_series", file: 0)
        #expect(pages.count >= 3)
        try fixture.storage.close()
        // Every page of other groups is broken, and the scan does not mind.
        let connection = try SQLiteConnection(path: file)
        try connection.execute("UPDATE page SET data = x'00' WHERE first_series >= 256")
        try connection.close()
        let first = try rows(fixture, "SELECT min(series), count(DISTINCT series) FROM series WHERE series < 256", file: 0)
        #expect(first == [[.integer(0), .integer(256)]])
        #expect(try rows(fixture, "SELECT count(*) > 0 FROM samples WHERE series = 3", file: 0) == [[.integer(1)]])
        #expect(try rows(fixture, "SELECT count(*) FROM samples WHERE time < 5", file: 0) == [[.integer(0)]])
    }

    @Test func damageIsAGapThatIsTold() throws {
        let fixture = try filled()
        let files = try shards(fixture)
        try fixture.storage.close()
        let connection = try SQLiteConnection(path: files[0])
        try connection.execute("UPDATE page SET data = x'00' WHERE id = (SELECT max(id) FROM page)")
        try connection.close()
        var warnings: [String] = []
        let query = try ShardQuery(files: files, parse: { _ in [] }, warn: { warnings.append($0) })
        var count: SQLiteValue = .null
        try query.run("SELECT count(*) FROM samples", columns: { _ in }, row: { count = $0[0] })
        guard case .integer(let left) = count else { throw CancellationError() }
        #expect(left > 10_000 && left < 24_003)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(files[0] + ": page ") == true)
    }

    @Test func valuesOfAllKinds() throws {
        let fixture = try filled()
        #expect(
            try rows(fixture, "SELECT value, bits FROM samples('odd') ORDER BY time")
                == [
                    [.null, .integer(0x7ff0_0000_0000_0002)],
                    [.real(-.infinity), .integer(Int64(bitPattern: (-Double.infinity).bitPattern))],
                ])
        #expect(
            try rows(fixture, "SELECT histogram ->> 'count', histogram ->> 'sum', value FROM samples WHERE metric = 'h'")
                == [[.integer(6), .real(12.5), .null]])
        #expect(
            try rows(fixture, "SELECT lower, upper, count FROM buckets WHERE metric = 'h' ORDER BY 1")
                == [[.real(-0.001), .real(0.001), .real(1)], [.real(0.5), .real(1), .real(2)], [.real(1), .real(2), .real(3)]])
        #expect(
            try rows(fixture, "SELECT metric, time, value, exemplar FROM exemplars")
                == [[.text("h"), .integer(Self.noon), .real(2.5), .text(#"{"trace_id":"4bf9"}"#)]])
        #expect(try rows(fixture, "SELECT count(*) FROM labels WHERE name = 'n' AND value = '17'") == [[.integer(3)]])
    }

    @Test func aFileThatIsNoShardIsRefused() throws {
        let fixture = try StorageFixture()
        let path = fixture.directory + "/2026-01-01.sqlite"
        try Data("no database at all, but long enough to be looked at".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: MetricStorageError.self) { try ShardQuery(files: [path], parse: { _ in [] }, warn: { _ in }) }
        #expect(throws: MetricStorageError.self) { try ShardQuery(files: [path + "x"], parse: { _ in [] }, warn: { _ in }) }
    }

    @Test func aCopySomewhereIsReadWithoutLeavingAnything() throws {
        let fixture = try filled()
        let folder = fixture.directory + "/copy of 100%?#é"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try fixture.storage.close()
        let file = try shards(fixture)[0]
        try FileManager.default.copyItem(atPath: file, toPath: folder + "/a.sqlite")
        let query = try ShardQuery(files: [folder + "/a.sqlite"], parse: { _ in [] }, warn: { Issue.record("\($0)") })
        var count = 0
        try query.run("SELECT * FROM samples", columns: { _ in }, row: { _ in count += 1 })
        #expect(count > 1000)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.sqlite"])
    }
}
